package aaatest

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pptpac/pptpac/aaa"
)

// patience bounds every call of the suite; it is never used up.
const patience = 20 * time.Second

// Users is a backend that keeps users and can prove them.
type Users interface {
	aaa.Backend
	aaa.UserAdmin
	aaa.Credentials
}

// Conformance checks a backend that keeps users against the contract. open
// returns a new one, not configured yet, each time; the suite closes it.
func Conformance(t *testing.T, open func(t *testing.T) Users) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, context.Context, Users){
		"info":             checkInfo,
		"configure":        checkConfigure,
		"user-admin":       checkUserAdmin,
		"user-refusals":    checkUserRefusals,
		"methods":          checkMethods,
		"refusals":         checkRefusals,
		"domain":           checkDomain,
		"keys-required":    checkKeysRequired,
		"policy":           checkPolicy,
		"respond":          checkRespond,
		"respond-refusals": checkRespondRefusals,
		"account":          checkAccount,
		"commands":         checkCommands,
		"concurrent":       checkConcurrent,
		"close":            checkClose,
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			t.Cleanup(func() {
				if err := b.Close(); err != nil {
					t.Errorf("Close() = %v, want nil", err)
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := b.Configure(ctx, aaa.Configuration{NodeName: "node", StateDir: t.TempDir()}); err != nil {
				t.Fatalf("Configure() = %v, want nil", err)
			}
			test(t, ctx, b)
		})
	}
}

// add adds an enabled user in group ppp.
func add(t *testing.T, ctx context.Context, b Users, name, password string, change func(*aaa.User)) {
	t.Helper()
	u := aaa.User{Name: name, Group: aaa.GroupPPP, Enabled: true}
	if change != nil {
		change(&u)
	}
	if err := b.AddUser(ctx, u, aaa.Secret(password)); err != nil {
		t.Fatalf("AddUser(%s) = %v, want nil", name, err)
	}
}

func authenticate(t *testing.T, ctx context.Context, b Users, r *aaa.AuthRequest) *aaa.Verdict {
	t.Helper()
	v, err := b.Authenticate(ctx, r)
	if err != nil {
		t.Fatalf("Authenticate(%s) = %v, want a verdict", r.User, err)
	}
	return v
}

func checkInfo(t *testing.T, ctx context.Context, b Users) {
	info, err := b.Info(ctx)
	if err != nil {
		t.Fatalf("Info() = %v, want nil", err)
	}
	if info.Name == "" {
		t.Error("Info() has no name")
	}
	for _, c := range []aaa.Capability{aaa.CapAuthenticate, aaa.CapAccount, aaa.CapUserAdmin, aaa.CapCredentials} {
		if !info.Has(c) {
			t.Errorf("Info() = %v, lacks %q", info.Capabilities, c)
		}
	}
}

func checkConfigure(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "john", "pass", nil)
	err := b.Configure(ctx, aaa.Configuration{StateDir: t.TempDir(), Options: []byte(`{"no-such-key": 1}`)})
	if !errors.Is(err, aaa.ErrInvalid) || !strings.Contains(err.Error(), "no-such-key") {
		t.Errorf("Configure(unknown key) = %v, want an ErrInvalid that names it", err)
	}
	// The old configuration is in force.
	if v := authenticate(t, ctx, b, Request(t, aaa.PAP, "john", "pass")); v.Result != aaa.Accept {
		t.Errorf("after a refused configuration: %v (%s), want accept", v.Result, v.Reason)
	}
}

func checkUserAdmin(t *testing.T, ctx context.Context, b Users) {
	full := aaa.User{
		Name: "zoe", Group: aaa.GroupPPP, Enabled: true, Comment: "über", CallerID: "192.0.2.7", OnlyOne: true,
		LocalAddress: netip.MustParseAddr("10.5.17.254"), RemoteAddress: netip.MustParseAddr("10.5.17.9"),
		MaxSessionTime: 90 * time.Minute,
		Rate:           aaa.Rate{Upload: 1, Download: 2, UploadBurst: 3, DownloadBurst: 4},
		Storage:        aaa.StoreReversible,
	}
	if err := b.AddUser(ctx, full, "secret"); err != nil {
		t.Fatalf("AddUser() = %v, want nil", err)
	}
	add(t, ctx, b, "adam", "secret", nil)
	want := []aaa.User{{Name: "adam", Group: aaa.GroupPPP, Enabled: true, Storage: aaa.StoreNTHash}, full}
	compareUsers(t, ctx, b, want)

	no, text, never, group := false, "", time.Duration(0), "full"
	form, password := aaa.StoreNTHash, aaa.Secret("other")
	change := aaa.UserChange{
		Group: &group, Enabled: &no, Comment: &text, CallerID: &text, OnlyOne: &no,
		LocalAddress: &netip.Addr{}, RemoteAddress: &netip.Addr{}, MaxSessionTime: &never,
		Rate: &aaa.Rate{}, Storage: &form, Password: &password,
	}
	if err := b.SetUser(ctx, "zoe", change); err != nil {
		t.Fatalf("SetUser() = %v, want nil", err)
	}
	want[1] = aaa.User{Name: "zoe", Group: "full", Storage: aaa.StoreNTHash}
	compareUsers(t, ctx, b, want)
	if err := b.SetUser(ctx, "zoe", aaa.UserChange{}); err != nil {
		t.Fatalf("SetUser(nothing) = %v, want nil", err)
	}
	compareUsers(t, ctx, b, want)

	if err := b.RemoveUser(ctx, "adam"); err != nil {
		t.Fatalf("RemoveUser() = %v, want nil", err)
	}
	compareUsers(t, ctx, b, want[1:])
}

func compareUsers(t *testing.T, ctx context.Context, b Users, want []aaa.User) {
	t.Helper()
	got, err := b.ListUsers(ctx)
	if err != nil {
		t.Fatalf("ListUsers() = %v, want nil", err)
	}
	if diff := cmp.Diff(want, got, compareAddrs(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("ListUsers() (-want +got):\n%s", diff)
	}
}

func compareAddrs() cmp.Option {
	return cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
}

func checkUserRefusals(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "john", "pass", nil)
	reversible, bad := aaa.StoreReversible, "-"
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"add twice", b.AddUser(ctx, aaa.User{Name: "john", Group: "ppp"}, "x"), aaa.ErrExists},
		{"bad name", b.AddUser(ctx, aaa.User{Name: "-john", Group: "ppp"}, "x"), aaa.ErrInvalid},
		{"no name", b.AddUser(ctx, aaa.User{Group: "ppp"}, "x"), aaa.ErrInvalid},
		{"no password", b.AddUser(ctx, aaa.User{Name: "eve", Group: "ppp"}, ""), aaa.ErrInvalid},
		{"bad storage", b.AddUser(ctx, aaa.User{Name: "eve", Group: "ppp", Storage: "plain"}, "x"), aaa.ErrInvalid},
		{"set unknown", b.SetUser(ctx, "eve", aaa.UserChange{}), aaa.ErrNotFound},
		{"set bad group", b.SetUser(ctx, "john", aaa.UserChange{Group: &bad}), aaa.ErrInvalid},
		{"set storage alone", b.SetUser(ctx, "john", aaa.UserChange{Storage: &reversible}), aaa.ErrInvalid},
		{"remove unknown", b.RemoveUser(ctx, "eve"), aaa.ErrNotFound},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
	compareUsers(t, ctx, b, []aaa.User{{Name: "john", Group: aaa.GroupPPP, Enabled: true, Storage: aaa.StoreNTHash}})
}

func checkAccount(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "john", "pass", nil)
	began := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	start := aaa.Record{Type: aaa.Start, SessionID: "1", Time: began, User: `DOM\john`, CallerID: "192.0.2.7"}
	stop := start
	stop.Type, stop.Time, stop.TerminateCause, stop.Reason = aaa.Stop, began.Add(time.Hour), aaa.IdleTimeout, "idle for 10m"
	for _, r := range []aaa.Record{
		{Type: aaa.AccountingOn, Time: began}, start, {Type: aaa.Interim, SessionID: "1", Time: began.Add(time.Minute), User: "john"},
		stop, {Type: aaa.Stop, SessionID: "2", Time: began, User: "\xff stranger"},
	} {
		if err := b.Account(ctx, &r); err != nil {
			t.Errorf("Account(%v) = %v, want nil", r.Type, err)
		}
	}
	if err := b.Account(ctx, &aaa.Record{}); !errors.Is(err, aaa.ErrInvalid) {
		t.Errorf("Account(no type) = %v, want ErrInvalid", err)
	}
	compareUsers(t, ctx, b, []aaa.User{{
		Name: "john", Group: aaa.GroupPPP, Enabled: true, Storage: aaa.StoreNTHash,
		LastSeen: aaa.LastSeen{
			LoggedIn: began, LoggedOut: began.Add(time.Hour), CallerID: "192.0.2.7", DisconnectReason: "idle for 10m",
		},
	}})
}

// checkCommands accepts both kinds of backends: with commands and without.
func checkCommands(t *testing.T, ctx context.Context, b Users) {
	info, err := b.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	want := aaa.ErrNotSupported
	if info.Has(aaa.CapCommands) {
		want = context.Canceled
		cancel()
	}
	defer cancel()
	err = b.WatchCommands(ctx, func(context.Context, *aaa.Command) aaa.CommandResult {
		t.Error("a command nobody sent")
		return aaa.CommandResult{}
	})
	if !errors.Is(err, want) {
		t.Errorf("WatchCommands() = %v, want %v", err, want)
	}
}

func checkConcurrent(t *testing.T, ctx context.Context, b Users) {
	add(t, ctx, b, "john", "pass", nil)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 8 {
				v, err := b.Authenticate(ctx, Request(t, aaa.MSCHAPv2, "john", "pass"))
				if err != nil || v.Result != aaa.Accept {
					t.Errorf("Authenticate() = %v, %v, want accept", v, err)
				}
				if err := b.Account(ctx, &aaa.Record{Type: aaa.Start, User: "john", Time: time.Now()}); err != nil {
					t.Errorf("Account() = %v, want nil", err)
				}
				if _, err := b.ListUsers(ctx); err != nil {
					t.Errorf("ListUsers() = %v, want nil", err)
				}
			}
		})
	}
	calls.Wait()
}

func checkClose(t *testing.T, ctx context.Context, b Users) {
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if _, err := b.Authenticate(ctx, Request(t, aaa.PAP, "john", "pass")); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Authenticate() after Close = %v, want ErrUnavailable", err)
	}
	if err := b.Account(ctx, &aaa.Record{Type: aaa.Start}); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Account() after Close = %v, want ErrUnavailable", err)
	}
}
