package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
)

func code(t *testing.T, err error, want connect.Code, text string) {
	t.Helper()
	if got := connect.CodeOf(err); err == nil || got != want || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v (%v), want %v with %q", err, got, want, text)
	}
}

func TestSessionsOverTheSocket(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	john, evil := a.dial("john"), a.dial("evil\xff\x1b")
	ctx := context.Background()
	ids := func(f *adminv1.SessionFilter) (list []string) {
		t.Helper()
		r, err := a.sessions().ListSessions(ctx, connect.NewRequest(&adminv1.ListSessionsRequest{Filter: f}))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Msg.GetSessions() {
			list = append(list, s.GetId())
		}
		return list
	}
	if got := ids(nil); !slices.Contains(got, john) || !slices.Contains(got, evil) || len(got) != 2 {
		t.Errorf("sessions %q, want %s and %s", got, john, evil)
	}
	if got := ids(&adminv1.SessionFilter{User: "john"}); len(got) != 1 || got[0] != john {
		t.Errorf("john's sessions are %q", got)
	}
	shown, err := a.sessions().ShowSession(ctx, connect.NewRequest(&adminv1.ShowSessionRequest{Id: john}))
	if err != nil {
		t.Fatal(err)
	}
	if s := shown.Msg.GetSession(); s.GetUser() != "john" || s.GetStage() != "connected" || s.GetAddress() != "10.5.17.1" || s.GetCaller() != "127.0.0.1" {
		t.Errorf("session %v", s)
	}
	_, err = a.sessions().ShowSession(ctx, connect.NewRequest(&adminv1.ShowSessionRequest{Id: "none"}))
	code(t, err, connect.CodeNotFound, `"none"`)

	_, err = a.sessions().TerminateSessions(ctx, connect.NewRequest(&adminv1.TerminateSessionsRequest{}))
	code(t, err, connect.CodeInvalidArgument, "say which sessions")
	_, err = a.sessions().TerminateSessions(ctx, connect.NewRequest(&adminv1.TerminateSessionsRequest{Filter: &adminv1.SessionFilter{Caller: "home"}}))
	code(t, err, connect.CodeInvalidArgument, "caller=home: not an IPv4 address")
	_, err = a.sessions().ListSessions(ctx, connect.NewRequest(&adminv1.ListSessionsRequest{Filter: &adminv1.SessionFilter{Address: "10.5"}}))
	code(t, err, connect.CodeInvalidArgument, "address=10.5: not an IPv4 address")
	if len(a.server.Sessions()) != 2 {
		t.Error("a refused terminate has ended a session")
	}
	none, err := a.sessions().TerminateSessions(ctx, connect.NewRequest(&adminv1.TerminateSessionsRequest{Filter: &adminv1.SessionFilter{User: "jane"}}))
	if err != nil || len(none.Msg.GetIds()) != 0 {
		t.Errorf("terminate of nobody = %v, %v", none, err)
	}
	done, err := a.sessions().TerminateSessions(ctx, connect.NewRequest(&adminv1.TerminateSessionsRequest{
		Filter: &adminv1.SessionFilter{User: "john"}, Reason: "lunch"}))
	if err != nil || len(done.Msg.GetIds()) != 1 || done.Msg.GetIds()[0] != john {
		t.Fatalf("terminate john = %v, %v", done, err)
	}
	for deadline := time.Now().Add(20 * time.Second); len(a.server.Ended()) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the session does not end")
		}
	}
	ended, err := a.sessions().ListSessions(ctx, connect.NewRequest(&adminv1.ListSessionsRequest{Ended: true}))
	if err != nil || len(ended.Msg.GetSessions()) != 1 {
		t.Fatalf("ended sessions: %v, %v", ended, err)
	}
	if s := ended.Msg.GetSessions()[0]; s.GetId() != john || s.GetCause() != "admin-terminate" || !strings.Contains(s.GetReason(), "lunch") || s.GetEnded() == nil {
		t.Errorf("ended session %v", s)
	}
	if shown, err = a.sessions().ShowSession(ctx, connect.NewRequest(&adminv1.ShowSessionRequest{Id: john})); err != nil || shown.Msg.GetSession().GetEnded() == nil {
		t.Errorf("the ended session shows as %v, %v", shown, err)
	}
	all, err := a.sessions().TerminateSessions(ctx, connect.NewRequest(&adminv1.TerminateSessionsRequest{All: true}))
	if err != nil || len(all.Msg.GetIds()) != 1 || all.Msg.GetIds()[0] != evil {
		t.Errorf("terminate all = %v, %v", all, err)
	}
}

func TestFilters(t *testing.T) {
	s := &adminv1.Session{Id: "1", User: "john", Caller: "192.0.2.7", Address: "10.5.17.1", Server: "dynamic"}
	right := []func(*adminv1.SessionFilter){
		func(f *adminv1.SessionFilter) { f.Id = []string{"0", "1"} },
		func(f *adminv1.SessionFilter) { f.User = "john" },
		func(f *adminv1.SessionFilter) { f.Caller = "192.0.2.7" },
		func(f *adminv1.SessionFilter) { f.Address = "10.5.17.1" },
		func(f *adminv1.SessionFilter) { f.Server = "dynamic" },
	}
	wrong := []func(*adminv1.SessionFilter){
		func(f *adminv1.SessionFilter) { f.Id = []string{"0", "", "11"} },
		func(f *adminv1.SessionFilter) { f.User = "John" },
		func(f *adminv1.SessionFilter) { f.Caller = "192.0.2.70" },
		func(f *adminv1.SessionFilter) { f.Address = "10.5.17.10" },
		func(f *adminv1.SessionFilter) { f.Server = "dynami" },
	}
	if n := (&adminv1.SessionFilter{}).ProtoReflect().Descriptor().Fields().Len(); n != len(right) {
		t.Fatalf("the filter has %d fields, the test %d", n, len(right))
	}
	// Each field is absent, right or wrong: all 243 combinations.
	for c := range 243 {
		f, want, empty := &adminv1.SessionFilter{}, true, true
		for i, rest := 0, c; i < len(right); i, rest = i+1, rest/3 {
			switch rest % 3 {
			case 1:
				right[i](f)
				empty = false
			case 2:
				wrong[i](f)
				want, empty = false, false
			}
		}
		if got := matches(f, s); got != want {
			t.Errorf("matches(%v) = %t, want %t", f, got, want)
		}
		if got := isEmpty(f); got != empty {
			t.Errorf("isEmpty(%v) = %t, want %t", f, got, empty)
		}
	}
	if !matches(nil, s) || !isEmpty(nil) {
		t.Error("no filter is not an empty one")
	}
}

func TestUsersOverTheSocket(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	ctx, client := context.Background(), a.userService()
	_, err := client.AddUser(ctx, connect.NewRequest(&adminv1.AddUserRequest{
		User: &adminv1.User{Name: "john", Group: "ppp", RemoteAddress: "10.5.17.9"}, Password: "secret"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []aaa.User{{Name: "john", Group: "ppp", RemoteAddress: netip.MustParseAddr("10.5.17.9")}}
	if diff := cmp.Diff(want, a.users.added, cmp.Comparer(func(x, y netip.Addr) bool { return x == y })); diff != "" || a.users.password.Reveal() != "secret" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	if log := a.log.String(); strings.Contains(log, "secret") || !strings.Contains(log, `"user":"john","by-uid":`) {
		t.Errorf("log %s", log)
	}
	t.Run("refusals before the backend", func(t *testing.T) {
		rate, bad := uint64(5), "10.5"
		_, err := client.AddUser(ctx, connect.NewRequest(&adminv1.AddUserRequest{User: &adminv1.User{LocalAddress: "x"}}))
		code(t, err, connect.CodeInvalidArgument, "local-address=x")
		for _, tt := range []struct {
			change *adminv1.UserChange
			want   string
		}{
			{nil, "nothing to change"},
			{&adminv1.UserChange{}, "nothing to change"},
			{&adminv1.UserChange{TxBitRate: &rate}, "can only be set together"},
			{&adminv1.UserChange{RxBitRate: &rate}, "can only be set together"},
			{&adminv1.UserChange{LocalAddress: &bad}, "local-address=10.5: not an IPv4 address"},
			{&adminv1.UserChange{RemoteAddress: &bad}, "remote-address=10.5: not an IPv4 address"},
		} {
			_, err := client.SetUser(ctx, connect.NewRequest(&adminv1.SetUserRequest{Name: "john", Change: tt.change}))
			code(t, err, connect.CodeInvalidArgument, tt.want)
		}
		if len(a.users.changes) != 0 {
			t.Errorf("the backend was asked: %v", a.users.changes)
		}
	})
	t.Run("no such backend", func(t *testing.T) {
		_, err := client.ListUsers(ctx, connect.NewRequest(&adminv1.ListUsersRequest{Backend: "radius"}))
		code(t, err, connect.CodeUnimplemented, "not supported by this backend")
	})
	t.Run("errors of the backend", func(t *testing.T) {
		for _, tt := range []struct {
			err  error
			code connect.Code
			text string
		}{
			{fmt.Errorf("%w: john", aaa.ErrNotFound), connect.CodeNotFound, "no such user: john"},
			{fmt.Errorf("%w: john", aaa.ErrExists), connect.CodeAlreadyExists, "user exists: john"},
			{fmt.Errorf("%w: name is empty", aaa.ErrInvalid), connect.CodeInvalidArgument, "name is empty"},
			{fmt.Errorf("%w: x", aaa.ErrNotSupported), connect.CodeUnimplemented, "not supported by this backend: x"},
			{fmt.Errorf(`%w: backend "local" is down`, aaa.ErrUnavailable), connect.CodeUnavailable, `backend unavailable: backend "local" is down`},
			{fmt.Errorf("ask: %w", context.DeadlineExceeded), connect.CodeDeadlineExceeded, "ask: context deadline exceeded"},
			{fmt.Errorf("ask: %w", context.Canceled), connect.CodeCanceled, "ask: context canceled"},
			{errors.New("disk full"), connect.CodeInternal, "disk full"},
		} {
			a.users.err = tt.err
			_, list := client.ListUsers(ctx, connect.NewRequest(&adminv1.ListUsersRequest{}))
			_, add := client.AddUser(ctx, connect.NewRequest(&adminv1.AddUserRequest{}))
			comment := ""
			_, set := client.SetUser(ctx, connect.NewRequest(&adminv1.SetUserRequest{Change: &adminv1.UserChange{Comment: &comment}}))
			_, remove := client.RemoveUser(ctx, connect.NewRequest(&adminv1.RemoveUserRequest{}))
			for _, err := range []error{list, add, set, remove} {
				code(t, err, tt.code, tt.text)
				if c, ok := errors.AsType[*connect.Error](err); ok && c.Message() != tt.text {
					t.Errorf("text %q, want %q", c.Message(), tt.text)
				}
			}
		}
	})
}

func TestReload(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	a.reload = func(context.Context) ([]string, error) { return []string{"w"}, nil }
	r, err := a.daemon().Reload(context.Background(), connect.NewRequest(&adminv1.ReloadRequest{}))
	if err != nil || len(r.Msg.GetWarnings()) != 1 {
		t.Errorf("reload = %v, %v", r, err)
	}
	a.reload = func(context.Context) ([]string, error) { return nil, errors.New("x.toml:3: mtu: bad") }
	_, err = a.daemon().Reload(context.Background(), connect.NewRequest(&adminv1.ReloadRequest{}))
	code(t, err, connect.CodeFailedPrecondition, "x.toml:3: mtu: bad")
}

// TestProtocols: what doc.go promises.
func TestProtocols(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	t.Run("plain HTTP with JSON", func(t *testing.T) {
		r, err := NewClient(a.socket).Post(BaseURL+"/pptpac.admin.v1.DaemonService/Version", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var m struct{ Version, Started string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.Version != "v" || m.Started != "1970-01-01T00:00:01Z" {
			t.Errorf("answer %+v, %v", m, err)
		}
	})
	t.Run("gRPC", func(t *testing.T) {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		h := &http.Client{Transport: &http.Transport{Protocols: &protocols, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial("unix", a.socket)
		}}}
		client := adminv1connect.NewPoolServiceClient(h, BaseURL, connect.WithGRPC())
		r, err := client.ListPools(context.Background(), connect.NewRequest(&adminv1.ListPoolsRequest{}))
		if err != nil || len(r.Msg.GetPools()) != 1 || r.Msg.GetPools()[0].GetSize() != 50 {
			t.Errorf("pools %v, %v", r, err)
		}
		_, err = client.ListLeases(context.Background(), connect.NewRequest(&adminv1.ListLeasesRequest{Pool: "none"}))
		code(t, err, connect.CodeNotFound, `"none"`)
	})
	t.Run("no such path", func(t *testing.T) {
		r, err := NewClient(a.socket).Get(BaseURL + "/")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("status %d, want 404", r.StatusCode)
		}
	})
}

func TestHugeRequestIsRefused(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	_, err := a.userService().RemoveUser(context.Background(), connect.NewRequest(&adminv1.RemoveUserRequest{Name: strings.Repeat("x", maxRequest+1)}))
	code(t, err, connect.CodeResourceExhausted, "")
	if len(a.users.removed) != 0 {
		t.Error("the backend was asked")
	}
	if _, err := a.userService().RemoveUser(context.Background(), connect.NewRequest(&adminv1.RemoveUserRequest{Name: strings.Repeat("x", maxRequest-100)})); err != nil {
		t.Errorf("a request of almost %d octets: %v", maxRequest, err)
	}
}

// TestSlowClientsBlockNobody: each of them has sent half of a request.
func TestSlowClientsBlockNobody(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	for _, half := range []string{"", "POST /ppt", "POST /pptpac.admin.v1.UserService/ListUsers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"} {
		for range 20 {
			c, err := net.Dial("unix", a.socket)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, half); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := a.daemon().Version(ctx, connect.NewRequest(&adminv1.VersionRequest{})); err != nil {
		t.Errorf("version: %v", err)
	}
	began := time.Now()
	if err := a.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > politeTime+5*time.Second {
		t.Errorf("the slow ones hold up the end for %v", took)
	}
}

// TestServeEndsWithItsCalls: what the daemon closes next must not be in use.
func TestServeEndsWithItsCalls(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	entered, leave := make(chan struct{}), make(chan struct{})
	a.reload = func(context.Context) ([]string, error) { close(entered); <-leave; return nil, nil }
	answered := make(chan error, 1)
	go func() { // ends with the call
		_, err := a.daemon().Reload(context.Background(), connect.NewRequest(&adminv1.ReloadRequest{}))
		answered <- err
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- a.stop() }() // ends with the API
	select {
	case <-stopped:
		t.Error("serve has returned in the middle of a call")
	case <-time.After(100 * time.Millisecond):
	}
	close(leave)
	if err := <-answered; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

// TestAPanicEndsOneCall: the daemon and the next call go on, and the log tells.
func TestAPanicEndsOneCall(t *testing.T) {
	a := startAPI(t, Groups{-1, -1})
	a.reload = func(context.Context) ([]string, error) { panic("BUG: of the test") }
	if _, err := a.daemon().Reload(context.Background(), connect.NewRequest(&adminv1.ReloadRequest{})); err == nil {
		t.Error("no error")
	}
	if _, err := a.daemon().Version(context.Background(), connect.NewRequest(&adminv1.VersionRequest{})); err != nil {
		t.Errorf("the next call: %v", err)
	}
	if !strings.Contains(a.log.String(), "BUG: of the test") {
		t.Errorf("log %s", a.log)
	}
}
