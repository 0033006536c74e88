package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

// everyWord says everything that can be said about a user.
const everyWord = "group=ppp enabled=no comment=hello caller-id=192.0.2.7 only-one=yes local-address=10.5.17.200 " +
	"remote-address=10.5.17.9 max-session-time=1d2h storage=reversible tx-bit-rate=8000000 rx-bit-rate=1000000"

func TestUsersAdd(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		want       *adminv1.AddUserRequest
	}{
		{"only a name", "name=john", &adminv1.AddUserRequest{
			User: &adminv1.User{Name: "john", Group: "ppp", Enabled: true}, Password: "secret"}},
		{"every word", "name=john --backend other " + everyWord, &adminv1.AddUserRequest{Backend: "other",
			User: &adminv1.User{
				Name: "john", Group: "ppp", Comment: "hello", CallerId: "192.0.2.7", OnlyOne: true, LocalAddress: "10.5.17.200",
				RemoteAddress: "10.5.17.9", MaxSessionTime: seconds(26 * 3600), Storage: "reversible", TxBitRate: 8000000, RxBitRate: 1000000,
			}, Password: "secret"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeDaemon(t)
			on(f.socket, "secret\n", append([]string{"users", "add", "--password-stdin"}, strings.Fields(tt.args)...)...).check(t, 0, "")
			if diff := cmp.Diff(tt.want, f.added, protocmp.Transform()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
	for _, key := range userKeys {
		if !strings.Contains(" "+everyWord, " "+key+"=") {
			t.Errorf("the test says nothing about %s", key)
		}
	}
}

func TestUsersSet(t *testing.T) {
	yes, no := true, false
	p := func(s string) *string { return &s }
	n := func(v uint64) *uint64 { return &v }
	for _, tt := range []struct {
		name, args string
		want       *adminv1.UserChange
	}{
		{"every word", "john " + everyWord, &adminv1.UserChange{
			Group: p("ppp"), Enabled: &no, Comment: p("hello"), CallerId: p("192.0.2.7"), OnlyOne: &yes, LocalAddress: p("10.5.17.200"),
			RemoteAddress: p("10.5.17.9"), MaxSessionTime: seconds(26 * 3600), Storage: p("reversible"), Password: p("secret"),
			TxBitRate: n(8000000), RxBitRate: n(1000000),
		}},
		{"as the manual names it", "name=john only-one=yes", &adminv1.UserChange{OnlyOne: &yes}},
		{"empty clears", "john comment= caller-id= local-address= remote-address= max-session-time=0", &adminv1.UserChange{
			Comment: p(""), CallerId: p(""), LocalAddress: p(""), RemoteAddress: p(""), MaxSessionTime: seconds(0)}},
		{"a password too", "john group=ppp --password-stdin", &adminv1.UserChange{Group: p("ppp"), Password: p("secret")}},
		{"nothing: the daemon refuses it", "john", &adminv1.UserChange{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeDaemon(t)
			args := append([]string{"users", "set"}, strings.Fields(tt.args)...)
			if strings.Contains(tt.args, "storage=") {
				args = append(args, "--password-stdin")
			}
			on(f.socket, "secret\n", args...).check(t, 0, "")
			want := []*adminv1.SetUserRequest{{Name: "john", Change: tt.want}}
			if diff := cmp.Diff(want, f.set, protocmp.Transform()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsersPasswd(t *testing.T) {
	f := newFakeDaemon(t)
	on(f.socket, "secret\n", "users", "passwd", "john", "--password-stdin", "storage=reversible").check(t, 0, "")
	password, storage := "secret", "reversible"
	want := []*adminv1.SetUserRequest{{Name: "john", Change: &adminv1.UserChange{Password: &password, Storage: &storage}}}
	if diff := cmp.Diff(want, f.set, protocmp.Transform()); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// TestOtherGroupsAreTold: design.md lets a user have any group, and only ppp in.
func TestOtherGroupsAreTold(t *testing.T) {
	f := newFakeDaemon(t)
	const note = "note: john cannot dial in: that takes group=ppp\n"
	on(f.socket, "x", "users", "add", "name=john", "group=full", "--password-stdin").check(t, 0, note)
	on(f.socket, "", "users", "set", "john", "group=full").check(t, 0, note)
	on(f.socket, "", "users", "set", "john", "comment=x").check(t, 0, "")
}

// TestSeveralUsers: a slip in one name does not spare the others.
func TestSeveralUsers(t *testing.T) {
	f := newFakeDaemon(t)
	f.missing = "b"
	on(f.socket, "", "users", "disable", "a", "b", "c").check(t, 1, "no such user")
	var names []string
	for _, r := range f.set {
		names = append(names, r.GetName())
		if r.Change.Enabled == nil || r.Change.GetEnabled() {
			t.Errorf("%s: change %v", r.GetName(), r.GetChange())
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Errorf("users that were tried (-want +got):\n%s", diff)
	}
	on(f.socket, "", "users", "enable", "name=d").check(t, 0, "")
	if last := f.set[len(f.set)-1]; last.GetName() != "d" || !last.GetChange().GetEnabled() {
		t.Errorf("enable sent %v", last)
	}
	on(f.socket, "", "users", "remove", "a", "c").check(t, 0, "")
	if diff := cmp.Diff([]string{"a", "c"}, f.removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
}

func TestUsersList(t *testing.T) {
	f := newFakeDaemon(t)
	f.users = []*adminv1.User{{
		Name: "john", Group: "ppp", Enabled: true, CallerId: "192.0.2.7", OnlyOne: true, RemoteAddress: "10.5.17.9",
		MaxSessionTime: seconds(3600), Storage: "nt-hash", LastLoggedIn: at("10:00:00"), Comment: "at home",
	}}
	expect(t, on(f.socket, "", "users", "list"), `
NAME  GROUP  ENABLED  CALLER-ID  ONLY-ONE  REMOTE-ADDRESS  LAST-LOGGED-IN       COMMENT
john  ppp    yes      192.0.2.7  yes       10.5.17.9       2026-03-01 10:00:00  at home
`)
	o := on(f.socket, "", "user", "list", "-o", "json")
	for _, want := range []string{`"max-session-time": 3600,`, `"enabled": true,`, `"last-logged-in": "2026-03-01T10:00:00Z",`, `"last-logged-out": null,`} {
		if !strings.Contains(o.out, want) {
			t.Errorf("no %s in:\n%s", want, o.out)
		}
	}
}
