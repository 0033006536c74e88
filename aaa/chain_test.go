package aaa_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/aaatest"
)

// answering returns a backend with one answer to everything.
func answering(v *aaa.Verdict, err error) *aaatest.Fake {
	return &aaatest.Fake{OnAuthenticate: func(context.Context, *aaa.AuthRequest) (*aaa.Verdict, error) {
		if v == nil {
			return nil, err
		}
		copied := *v
		return &copied, err
	}}
}

func TestChainAuthenticate(t *testing.T) {
	policy := &aaa.Policy{MTU: 1400}
	accept := &aaa.Verdict{Result: aaa.Accept, Success: "S=", Policy: policy}
	reject := &aaa.Verdict{Result: aaa.Reject, Code: aaa.AccountDisabled, Reason: "disabled"}
	challenge := &aaa.Verdict{Result: aaa.Challenge, State: []byte{1}}
	unknown := &aaa.Verdict{Result: aaa.UnknownUser}
	fault := answering(nil, errors.New("no such table"))
	down := answering(nil, aaa.ErrUnavailable)
	by := func(v *aaa.Verdict, name string) *aaa.Verdict {
		copied := *v
		copied.Backend = name
		return &copied
	}
	nobody := &aaa.Verdict{Result: aaa.Reject, Code: aaa.AuthFailure, Reason: "unknown user"}
	for _, c := range []struct {
		name     string
		backends []*aaatest.Fake // a, b, ...
		through  bool
		want     *aaa.Verdict
		mention  []string // in the error
		asked    int      // how many were asked
	}{
		{"first accepts", []*aaatest.Fake{answering(accept, nil), answering(reject, nil)}, false, by(accept, "a"), nil, 1},
		{"first rejects", []*aaatest.Fake{answering(reject, nil), answering(accept, nil)}, false, by(reject, "a"), nil, 1},
		{"first challenges", []*aaatest.Fake{answering(challenge, nil), answering(accept, nil)}, false, by(challenge, "a"), nil, 1},
		{"unknown goes on", []*aaatest.Fake{answering(unknown, nil), answering(accept, nil)}, false, by(accept, "b"), nil, 2},
		{"unknown everywhere", []*aaatest.Fake{answering(unknown, nil), answering(unknown, nil)}, false, nobody, nil, 2},
		{"fault refuses", []*aaatest.Fake{fault, answering(accept, nil)}, false, nil, []string{`"a"`, "no such table"}, 1},
		{"down refuses", []*aaatest.Fake{answering(unknown, nil), down}, false, nil, []string{`"b"`}, 2},
		{"fault falls through", []*aaatest.Fake{fault, answering(accept, nil)}, true, by(accept, "b"), nil, 2},
		{"fault, then unknown", []*aaatest.Fake{fault, answering(unknown, nil)}, true, nil, []string{`"a"`}, 2},
		{"faults only", []*aaatest.Fake{fault, down}, true, nil, []string{`"a"`, `"b"`}, 2},
		{"no verdict", []*aaatest.Fake{answering(nil, nil)}, false, nil, []string{"no verdict"}, 1},
		{"odd verdict", []*aaatest.Fake{answering(&aaa.Verdict{Result: 17}, nil)}, false, nil, []string{"17"}, 1},
		{"accept without response", []*aaatest.Fake{answering(&aaa.Verdict{Result: aaa.Accept}, nil)}, false, nil,
			[]string{"authenticator response"}, 1},
		{"no backends", nil, false, nil, []string{"no authentication backend"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := aaa.ChainConfig{FaultsFallThrough: c.through}
			before := 0
			for i, b := range c.backends {
				before += len(b.Requests())
				config.Authentication = append(config.Authentication,
					aaa.NamedAuthenticator{Name: string(rune('a' + i)), Backend: b})
			}
			r := &aaa.AuthRequest{User: "john", Credential: aaa.Credential{Method: aaa.MSCHAPv2}}
			got, err := aaa.NewChain(config).Authenticate(t.Context(), r)
			if (err != nil) != (c.want == nil) {
				t.Fatalf("Authenticate() = %v, %v, want %v", got, err, c.want)
			}
			if err != nil && !errors.Is(err, aaa.ErrUnavailable) {
				t.Errorf("Authenticate() = %v, want ErrUnavailable", err)
			}
			for _, m := range c.mention {
				if !strings.Contains(err.Error(), m) {
					t.Errorf("Authenticate() = %v, does not mention %q", err, m)
				}
			}
			if c.want != nil {
				if got.Policy != c.want.Policy {
					t.Errorf("policy %+v, want it as answered, %+v", got.Policy, c.want.Policy)
				}
				got.Policy, c.want.Policy = nil, nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Authenticate() (-want +got):\n%s", diff)
			}
			asked := -before
			for _, b := range c.backends {
				asked += len(b.Requests())
			}
			if asked != c.asked {
				t.Errorf("%d backends were asked, want %d", asked, c.asked)
			}
		})
	}
}

// stuck waits for the end of its context, as a backend does whose server is
// silent.
func stuck() *aaatest.Fake {
	return &aaatest.Fake{
		OnAuthenticate: func(ctx context.Context, _ *aaa.AuthRequest) (*aaa.Verdict, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		OnAccount: func(ctx context.Context, _ *aaa.Record) error {
			<-ctx.Done()
			return ctx.Err()
		},
	}
}

func TestChainBoundsEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := answering(&aaa.Verdict{Result: aaa.Accept}, nil)
		c := aaa.NewChain(aaa.ChainConfig{
			Authentication:    []aaa.NamedAuthenticator{{Name: "stuck", Backend: stuck()}, {Name: "good", Backend: good}},
			CallTimeout:       3 * time.Second,
			FaultsFallThrough: true,
		})
		began := time.Now()
		v, err := c.Authenticate(t.Context(), &aaa.AuthRequest{})
		if err != nil || v.Backend != "good" {
			t.Errorf("Authenticate() = %v, %v, want accept by good", v, err)
		}
		if got, want := time.Since(began), 3*time.Second; got != want {
			t.Errorf("it took %v, want %v", got, want)
		}
	})
}

func TestChainEndsWithItsCaller(t *testing.T) {
	good := answering(&aaa.Verdict{Result: aaa.Accept}, nil)
	c := aaa.NewChain(aaa.ChainConfig{
		Authentication:    []aaa.NamedAuthenticator{{Name: "stuck", Backend: stuck()}, {Name: "good", Backend: good}},
		FaultsFallThrough: true,
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := c.Authenticate(ctx, &aaa.AuthRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Authenticate() = %v, %v, want Canceled", v, err)
	}
	if got := len(good.Requests()); got != 0 {
		t.Errorf("the next backend was asked %d times for a caller who has gone", got)
	}
}

func TestChainAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good, late, bad := &aaatest.Fake{}, stuck(), &aaatest.Fake{OnAccount: func(context.Context, *aaa.Record) error {
			return errors.New("disk full")
		}}
		all := []aaa.NamedAccountant{{Name: "bad", Backend: bad}, {Name: "late", Backend: late}, {Name: "good", Backend: good}}
		c := aaa.NewChain(aaa.ChainConfig{Accounting: all, CallTimeout: time.Second})
		began := time.Now()
		err := c.Account(t.Context(), &aaa.Record{Type: aaa.Start, SessionID: "1"})
		if got, want := time.Since(began), time.Second; got != want {
			t.Errorf("it took %v, want %v: backends do not wait for one another", got, want)
		}
		if !errors.Is(err, aaa.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Account() = %v, want ErrUnavailable and DeadlineExceeded", err)
		}
		for _, m := range []string{`"bad"`, "disk full", `"late"`} {
			if err == nil || !strings.Contains(err.Error(), m) {
				t.Errorf("Account() = %v, does not mention %q", err, m)
			}
		}
		for _, b := range all {
			if got := len(b.Backend.(*aaatest.Fake).Records()); got != 1 {
				t.Errorf("backend %s has %d records, want 1", b.Name, got)
			}
		}
	})
	if err := aaa.NewChain(aaa.ChainConfig{}).Account(t.Context(), &aaa.Record{}); err != nil {
		t.Errorf("Account() without backends = %v, want nil", err)
	}
}

func TestTerminateCauseNames(t *testing.T) {
	seen := map[string]bool{}
	for c := aaa.UserRequest; c <= aaa.HostRequest; c++ {
		seen[c.String()] = true
	}
	if got, want := len(seen), 18; got != want {
		t.Errorf("%d different names, want %d", got, want)
	}
	for c, want := range map[aaa.TerminateCause]string{
		aaa.IdleTimeout: "Idle-Timeout", aaa.AdminReset: "Admin-Reset", 0: "cause-0", 99: "cause-99",
	} {
		if got := c.String(); got != want {
			t.Errorf("cause %d is %q, want %q", uint32(c), got, want)
		}
	}
}
