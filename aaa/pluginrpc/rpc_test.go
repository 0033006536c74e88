package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/aaatest"
)

// connect returns a client of backend over real gRPC, without a process.
func connect(t *testing.T, backend aaa.Backend) *Client {
	t.Helper()
	wire := bufconn.Listen(1 << 16)
	server := grpc.NewServer(ServerOptions()...)
	Register(server, backend)
	served := make(chan error, 1)
	go func() { served <- server.Serve(wire) }()
	conn, err := grpc.NewClient("passthrough:///backend", append(DialOptions(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return wire.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("close connection: %v", err)
		}
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return NewClient(conn)
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestVerdictsAndFaultsAreKeptApart(t *testing.T) {
	fault := fmt.Errorf("%w: no answer from 192.0.2.1", aaa.ErrUnavailable)
	for _, c := range []struct {
		name    string
		verdict *aaa.Verdict
		err     error
		want    error
		mention string
	}{
		{"reject", &aaa.Verdict{Result: aaa.Reject, Code: aaa.AuthFailure, Reason: "wrong password"}, nil, nil, ""},
		{"accept", &aaa.Verdict{Result: aaa.Accept, Policy: &aaa.Policy{MTU: 1400}}, nil, nil, ""},
		{"fault", nil, fault, aaa.ErrUnavailable, "192.0.2.1"},
		{"neither", nil, nil, nil, "neither verdict nor error"},
		{"unknown result", &aaa.Verdict{Result: 99}, nil, nil, "known result"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := connect(t, &aaatest.Fake{OnAuthenticate: func(context.Context, *aaa.AuthRequest) (*aaa.Verdict, error) {
				return c.verdict, c.err
			}})
			got, err := client.Authenticate(bounded(t), &aaa.AuthRequest{User: "john"})
			if c.mention == "" {
				if diff := cmp.Diff(c.verdict, got, cmpopts.EquateComparable(netip.Addr{})); err != nil || diff != "" {
					t.Errorf("Authenticate() = %v (-want +got):\n%s", err, diff)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.mention) || (c.want != nil && !errors.Is(err, c.want)) {
				t.Errorf("Authenticate() = %v, %v, want a fault that mentions %q", got, err, c.mention)
			}
		})
	}
}

func TestCapabilitiesThatAreLacking(t *testing.T) {
	client := connect(t, &aaatest.Fake{})
	ctx := bounded(t)
	_, list := client.ListUsers(ctx)
	_, respond := client.Respond(ctx, &aaa.RespondRequest{})
	for name, err := range map[string]error{
		"ListUsers": list, "Respond": respond,
		"AddUser":    client.AddUser(ctx, aaa.User{}, "x"),
		"SetUser":    client.SetUser(ctx, "john", aaa.UserChange{}),
		"RemoveUser": client.RemoveUser(ctx, "john"),
		"WatchCommands": client.WatchCommands(ctx, func(context.Context, *aaa.Command) aaa.CommandResult {
			return aaa.CommandResult{}
		}),
	} {
		if !errors.Is(err, aaa.ErrNotSupported) {
			t.Errorf("%s = %v, want ErrNotSupported", name, err)
		}
	}
}

func TestCommandsAndTheirResults(t *testing.T) {
	fake := &aaatest.Fake{Commands: make(chan *aaa.Command), Results: make(chan aaa.CommandResult)}
	client := connect(t, fake)
	ctx, cancel := context.WithCancel(bounded(t))
	watched := make(chan error, 1)
	go func() {
		watched <- client.WatchCommands(ctx, func(_ context.Context, c *aaa.Command) aaa.CommandResult {
			return aaa.CommandResult{Matched: 1, ErrorCause: uint32(c.Type), Reason: c.User}
		})
	}()
	for _, user := range []string{"john", "mary"} {
		fake.Commands <- &aaa.Command{Type: aaa.Disconnect, User: user}
		got, want := <-fake.Results, aaa.CommandResult{Matched: 1, ErrorCause: uint32(aaa.Disconnect), Reason: user}
		if got != want {
			t.Errorf("result %+v, want %+v", got, want)
		}
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Errorf("WatchCommands() = %v, want Canceled", err)
	}
}

// Results go to the command that they answer, in whatever order they come.
func TestCommandsAtOnce(t *testing.T) {
	const n = maxCommands
	b := &manyCommands{Fake: &aaatest.Fake{}, n: n, results: make(chan [2]string, n)}
	client := connect(t, b)
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	var arrived sync.WaitGroup
	arrived.Add(n)
	watched := make(chan error, 1)
	go func() {
		watched <- client.WatchCommands(ctx, func(_ context.Context, c *aaa.Command) aaa.CommandResult {
			arrived.Done()
			arrived.Wait() // all of them are under way at once
			return aaa.CommandResult{Reason: c.User}
		})
	}()
	for range n {
		if r := <-b.results; r[0] != r[1] {
			t.Errorf("command %s has the result of %s", r[0], r[1])
		}
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Errorf("WatchCommands() = %v, want Canceled", err)
	}
}

type manyCommands struct {
	*aaatest.Fake
	n       int
	results chan [2]string
}

func (m *manyCommands) WatchCommands(ctx context.Context, handle func(context.Context, *aaa.Command) aaa.CommandResult) error {
	var all sync.WaitGroup
	for i := range m.n {
		all.Go(func() {
			user := fmt.Sprint(i)
			m.results <- [2]string{user, handle(ctx, &aaa.Command{Type: aaa.Disconnect, User: user}).Reason}
		})
	}
	all.Wait()
	<-ctx.Done()
	return ctx.Err()
}

// A backend that gives up at its deadline answers, and is not taken for hung.
func TestBackendHasLessTimeThanThePlugin(t *testing.T) {
	left := make(chan time.Duration, 1)
	client := connect(t, &aaatest.Fake{OnAccount: func(ctx context.Context, _ *aaa.Record) error {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return context.DeadlineExceeded
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := client.Account(ctx, &aaa.Record{Type: aaa.Start}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Account() = %v, want DeadlineExceeded", err)
	}
	if ctx.Err() != nil {
		t.Fatal("the host's own deadline has passed")
	}
	if got := <-left; got <= 0 || got > 9500*time.Millisecond {
		t.Errorf("the backend had %v, want at most 9.5s of 10s", got)
	}
}

func TestPanicFailsOneCall(t *testing.T) {
	client := connect(t, &aaatest.Fake{OnAuthenticate: func(_ context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
		if r.User == "odd" {
			panic("as the test wants")
		}
		return &aaa.Verdict{Result: aaa.UnknownUser}, nil
	}})
	ctx := bounded(t)
	if v, err := client.Authenticate(ctx, &aaa.AuthRequest{User: "odd"}); err == nil {
		t.Errorf("Authenticate(odd) = %v, want an error", v)
	}
	if v, err := client.Authenticate(ctx, &aaa.AuthRequest{User: "john"}); err != nil || v.Result != aaa.UnknownUser {
		t.Errorf("Authenticate(john) = %v, %v, want unknown-user", v, err)
	}
}

func TestTooLargeAMessageFailsItsCallOnly(t *testing.T) {
	client := connect(t, &aaatest.Fake{})
	ctx := bounded(t)
	if err := client.Account(ctx, &aaa.Record{Type: aaa.Start, User: strings.Repeat("x", MaxMessage)}); err == nil {
		t.Error("Account(too large) = nil, want an error")
	}
	if err := client.Account(ctx, &aaa.Record{Type: aaa.Start}); err != nil {
		t.Errorf("Account() = %v, want nil", err)
	}
}

// More users than fit into one message.
func TestListOfManyUsers(t *testing.T) {
	b := &manyUsers{Fake: &aaatest.Fake{}}
	for i := range 3*usersPerMessage + 1 {
		b.users = append(b.users, aaa.User{Name: fmt.Sprint(i), Comment: strings.Repeat("c", 10000)})
	}
	got, err := connect(t, b).ListUsers(bounded(t))
	if err != nil {
		t.Fatalf("ListUsers() = %v, want nil", err)
	}
	if len(got) != len(b.users) {
		t.Fatalf("%d users, want %d", len(got), len(b.users))
	}
	for i := range got {
		if got[i] != b.users[i] {
			t.Fatalf("user %d is %v, want %v", i, got[i].Name, b.users[i].Name)
		}
	}
}

type manyUsers struct {
	*aaatest.Fake
	aaa.UserAdmin
	users []aaa.User
}

func (m *manyUsers) ListUsers(context.Context) ([]aaa.User, error) { return m.users, nil }
