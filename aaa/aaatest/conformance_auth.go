package aaatest

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// methods are those that a backend with users checks itself.
func methods() []aaa.Method {
	return []aaa.Method{aaa.PAP, aaa.CHAP, aaa.MSCHAPv1, aaa.MSCHAPv2}
}

func checkMethods(t *testing.T, ctx context.Context, b Users) {
	const password = "Geheim3 ü€😀"
	add(t, ctx, b, "rev", password, func(u *aaa.User) { u.Storage = aaa.StoreReversible })
	add(t, ctx, b, "hash", password, nil)
	for _, user := range []string{"rev", "hash"} {
		for _, method := range methods() {
			t.Run(user+"/"+string(method), func(t *testing.T) {
				r := Request(t, method, user, password)
				v := authenticate(t, ctx, b, r)
				if user == "hash" && method == aaa.CHAP {
					if v.Result != aaa.Reject || v.Reason == "" {
						t.Fatalf("%v (%q), want a reject with a reason", v.Result, v.Reason)
					}
					return
				}
				if v.Result != aaa.Accept {
					t.Fatalf("%v (%q), want accept", v.Result, v.Reason)
				}
				want := PeerKeys(t, r, password)
				if want != nil {
					swapped := want.Swap()
					want = &swapped
					if user == "hash" && method == aaa.MSCHAPv1 {
						want.Send64, want.Recv64 = nil, nil
					}
				}
				if diff := cmp.Diff(want, v.Keys); diff != "" {
					t.Errorf("keys differ from the peer's (-want +got):\n%s", diff)
				}
				if method == aaa.MSCHAPv2 {
					checkSuccess(t, r, password, v.Success)
				}

				wrong := Request(t, method, user, password+"x")
				if v := authenticate(t, ctx, b, wrong); v.Result != aaa.Reject || v.Code != aaa.AuthFailure || v.Keys != nil || v.Success != "" {
					t.Errorf("wrong password: %+v, want a reject with code 691 and nothing else", v)
				}
				for n := range r.Credential.Response {
					short := *r
					short.Credential.Response = r.Credential.Response[:n]
					if v := authenticate(t, ctx, b, &short); v.Result != aaa.Reject {
						t.Errorf("response of %d octets: %v, want reject", n, v.Result)
					}
				}
			})
		}
	}
}

func checkSuccess(t *testing.T, r *aaa.AuthRequest, password, success string) {
	t.Helper()
	response, err := mschap.ParseResponseV2(r.Credential.Response)
	if err != nil {
		t.Fatal(err)
	}
	want := mschap.AuthenticatorResponse(mschap.NTHash(password), response.NT,
		response.PeerChallenge[:], r.Credential.Challenge, r.User)
	if success != want {
		t.Errorf("Success = %q, want %q", success, want)
	}
}

func checkRefusals(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "disabled", "pass", func(u *aaa.User) { u.Enabled = false })
	add(t, ctx, b, "admin", "pass", func(u *aaa.User) { u.Group = "full" })
	add(t, ctx, b, "elsewhere", "pass", func(u *aaa.User) { u.CallerID = "192.0.2.8" })
	add(t, ctx, b, "here", "pass", func(u *aaa.User) { u.CallerID = "::ffff:192.0.2.7" })
	for _, c := range []struct {
		user, password string
		result         aaa.Result
		code           aaa.ErrorCode
	}{
		{"disabled", "pass", aaa.Reject, aaa.AccountDisabled},
		{"disabled", "wrong", aaa.Reject, aaa.AuthFailure}, // does not tell a stranger
		{"admin", "pass", aaa.Reject, aaa.NoDialIn},
		{"elsewhere", "pass", aaa.Reject, aaa.NoDialIn},
		{"here", "pass", aaa.Accept, 0},
		{"nobody", "pass", aaa.UnknownUser, 0},
		{"", "", aaa.UnknownUser, 0},
		{"\xff\x00", "pass", aaa.UnknownUser, 0},
	} {
		t.Run(c.user+"/"+c.password, func(t *testing.T) {
			v := authenticate(t, ctx, b, Request(t, aaa.MSCHAPv2, c.user, c.password))
			if v.Result != c.result || v.Code != c.code {
				t.Errorf("%v code %d (%q), want %v code %d", v.Result, v.Code, v.Reason, c.result, c.code)
			}
			if c.result == aaa.Reject && v.Reason == "" {
				t.Error("a reject without a reason")
			}
			if c.result != aaa.Accept && (v.Keys != nil || v.Policy != nil || v.Success != "") {
				t.Errorf("%v grants something: %+v", v.Result, v)
			}
		})
	}
}

func checkDomain(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "john", "pass", nil)
	add(t, ctx, b, "john@example.org", "other", nil)
	for _, c := range []struct{ sent, password, known string }{
		{"john", "pass", ""},
		{`OFFICE\john`, "pass", "john"},
		{"john@example.org", "other", ""},
		{`OFFICE\john@example.org`, "other", "john@example.org"},
	} {
		t.Run(c.sent, func(t *testing.T) {
			r := Request(t, aaa.MSCHAPv2, c.sent, c.password)
			v := authenticate(t, ctx, b, r)
			if v.Result != aaa.Accept {
				t.Fatalf("%v (%q), want accept", v.Result, v.Reason)
			}
			if v.Policy == nil || v.Policy.User != c.known {
				t.Errorf("policy %+v, want user %q", v.Policy, c.known)
			}
			checkSuccess(t, r, c.password, v.Success)
		})
	}
}

func checkKeysRequired(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "rev", "pass", func(u *aaa.User) { u.Storage = aaa.StoreReversible })
	add(t, ctx, b, "hash", "pass", nil)
	for _, c := range []struct {
		name   string
		user   string
		method aaa.Method
		bits   []int
		want   aaa.Result
	}{
		{"pap", "rev", aaa.PAP, []int{128}, aaa.Reject},
		{"chap", "rev", aaa.CHAP, nil, aaa.Reject},
		{"v1 hash 40", "hash", aaa.MSCHAPv1, []int{40, 56}, aaa.Reject},
		{"v1 hash 128", "hash", aaa.MSCHAPv1, []int{40, 128}, aaa.Accept},
		{"v1 rev 40", "rev", aaa.MSCHAPv1, []int{40}, aaa.Accept},
		{"v2 hash 40", "hash", aaa.MSCHAPv2, []int{40}, aaa.Accept},
		{"v2 hash any", "hash", aaa.MSCHAPv2, nil, aaa.Accept},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request(t, c.method, c.user, "pass")
			r.MPPE, r.MPPEBits = true, c.bits
			v := authenticate(t, ctx, b, r)
			if v.Result != c.want || (c.want == aaa.Reject) != (v.Reason != "") {
				t.Errorf("%v (%q), want %v", v.Result, v.Reason, c.want)
			}
			if v.Code == aaa.AuthFailure {
				t.Error("lack of keys is told as a wrong password")
			}
		})
	}
}

func checkPolicy(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "john", "pass", func(u *aaa.User) {
		u.OnlyOne = true
		u.LocalAddress = netip.MustParseAddr("10.5.17.254")
		u.RemoteAddress = netip.MustParseAddr("10.5.17.9")
		u.MaxSessionTime = time.Hour
		u.Rate = aaa.Rate{Upload: 64000, Download: 128000}
	})
	v := authenticate(t, ctx, b, Request(t, aaa.MSCHAPv2, "john", "pass"))
	want := &aaa.Policy{
		LocalAddress:   netip.MustParseAddr("10.5.17.254"),
		RemoteAddress:  netip.MustParseAddr("10.5.17.9"),
		SessionTimeout: time.Hour,
		MaxSessions:    1,
		Rate:           aaa.Rate{Upload: 64000, Download: 128000},
		Group:          aaa.GroupPPP,
	}
	if diff := cmp.Diff(want, v.Policy, compareAddrs()); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

// checkRespond has each user answer a server that is the backend itself.
func checkRespond(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "rev", "pass", func(u *aaa.User) { u.Storage = aaa.StoreReversible })
	add(t, ctx, b, "hash", "pass", nil)
	for _, c := range []struct {
		user   string
		method aaa.Method
	}{
		{"rev", aaa.PAP}, {"rev", aaa.CHAP}, {"rev", aaa.MSCHAPv1}, {"rev", aaa.MSCHAPv2},
		{"hash", aaa.MSCHAPv1}, {"hash", aaa.MSCHAPv2},
	} {
		t.Run(c.user+"/"+string(c.method), func(t *testing.T) {
			r := Request(t, c.method, c.user, "not used")
			response, err := b.Respond(ctx, &aaa.RespondRequest{
				User: c.user, Method: c.method, ID: r.Credential.ID, Challenge: r.Credential.Challenge,
				PeerChallenge: []byte("fedcba9876543210"),
			})
			if err != nil {
				t.Fatalf("Respond() = %v, want nil", err)
			}
			r.Credential.Response = response.Response
			v := authenticate(t, ctx, b, r)
			if v.Result != aaa.Accept {
				t.Fatalf("%v (%q), want accept", v.Result, v.Reason)
			}
			if v.Success != response.Authenticator {
				t.Errorf("authenticator %q, want the server's %q", response.Authenticator, v.Success)
			}
			if (v.Keys == nil) != (response.Keys == nil) {
				t.Fatalf("keys: %v at the client, %v at the server", response.Keys, v.Keys)
			}
			if v.Keys != nil {
				if diff := cmp.Diff(v.Keys.Swap(), *response.Keys); diff != "" {
					t.Errorf("keys of the two ends differ (-server +client):\n%s", diff)
				}
			}
		})
	}
}

func checkRespondRefusals(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "hash", "pass", nil)
	add(t, ctx, b, "disabled", "pass", func(u *aaa.User) { u.Enabled = false })
	full := make([]byte, 16)
	for _, c := range []struct {
		name string
		r    aaa.RespondRequest
		want error
	}{
		{"unknown", aaa.RespondRequest{User: "nobody", Method: aaa.MSCHAPv2, Challenge: full, PeerChallenge: full}, aaa.ErrNotFound},
		{"disabled", aaa.RespondRequest{User: "disabled", Method: aaa.MSCHAPv2, Challenge: full, PeerChallenge: full}, aaa.ErrInvalid},
		{"chap from hash", aaa.RespondRequest{User: "hash", Method: aaa.CHAP, Challenge: full}, aaa.ErrInvalid},
		{"pap from hash", aaa.RespondRequest{User: "hash", Method: aaa.PAP}, aaa.ErrInvalid},
		{"v1 challenge", aaa.RespondRequest{User: "hash", Method: aaa.MSCHAPv1, Challenge: full}, aaa.ErrInvalid},
		{"v2 challenge", aaa.RespondRequest{User: "hash", Method: aaa.MSCHAPv2, Challenge: full[:8], PeerChallenge: full}, aaa.ErrInvalid},
		{"v2 peer challenge", aaa.RespondRequest{User: "hash", Method: aaa.MSCHAPv2, Challenge: full}, aaa.ErrInvalid},
		{"method", aaa.RespondRequest{User: "hash", Method: "spap", Challenge: full}, aaa.ErrInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := b.Respond(ctx, &c.r); !errors.Is(err, c.want) {
				t.Errorf("Respond() = %v, want %v", err, c.want)
			}
		})
	}
}
