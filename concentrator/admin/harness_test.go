package admin

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane/nulltest"
	"github.com/pptpac/pptpac/pool"
)

// api is a running API of a concentrator without root: calls come in over the
// loopback and a null plane.
type api struct {
	t      *testing.T
	socket string
	server *concentrator.Server
	wire   *nulltest.Wire
	users  *fakeUsers
	log    *logBuffer
	reload func(context.Context) ([]string, error)
	stop   func() error // ends the API and waits; idempotent
}

// logBuffer keeps a log for a test that runs beside its writers.
type logBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startAPI(t *testing.T, groups Groups) *api {
	t.Helper()
	a := &api{t: t, users: &fakeUsers{}, wire: nulltest.NewWire(), log: &logBuffer{}}
	t.Cleanup(func() { a.wire.Close() })
	dir, err := os.MkdirTemp("", "admin") // not t.TempDir, which only root may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	a.socket = filepath.Join(dir, "s")
	ranges, err := pool.ParseRanges("10.5.17.1-10.5.17.50")
	if err != nil {
		t.Fatal(err)
	}
	pools, err := pool.Open(nil, []pool.Config{{Name: "pool", Ranges: ranges}}, pool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pools.Close() })
	cfg := concentrator.DefaultConfig()
	cfg.Server.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	cfg.Dynamic.LinkConfig = plainLink(cfg.Dynamic.LinkConfig)
	cfg.Dynamic.LocalAddress = pool.Ranges{{First: netip.MustParseAddr("10.5.17.254"), Last: netip.MustParseAddr("10.5.17.254")}}
	cfg.Dynamic.RemotePool = "pool"
	a.server, err = concentrator.New(concentrator.Options{
		Config: cfg, Plane: a.wire.Left, AAA: everybody{}, Pools: pools, Log: zerolog.Nop(), Rand: rand.Reader, Epoch: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = a.server.Serve(ctx) }) // ends with ctx
	t.Cleanup(func() { cancel(); running.Wait() })

	l, err := Listen(a.socket, groups)
	if err != nil {
		t.Fatal(err)
	}
	apiCtx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { // ends with apiCtx
		done <- Serve(apiCtx, l, Options{
			Server: a.server, Plane: a.wire.Left, Pools: pools, Users: a.users.of, Groups: groups,
			Reload:  func(ctx context.Context) ([]string, error) { return a.reload(ctx) },
			Version: "v", Started: time.Unix(1, 0), Log: zerolog.New(a.log),
		})
	}()
	a.stop = sync.OnceValue(func() error { stop(); return <-done })
	t.Cleanup(func() {
		if err := a.stop(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return a
}

// plainLink takes PAP and no encryption, which lets any user in by any bytes.
func plainLink(c concentrator.LinkConfig) concentrator.LinkConfig {
	c.PAP, c.MSCHAPv2, c.Encryption = true, false, ppp.EncryptionNone
	return c
}

// everybody lets everybody in.
type everybody struct{}

func (everybody) Authenticate(context.Context, *aaa.AuthRequest) (*aaa.Verdict, error) {
	return &aaa.Verdict{Result: aaa.Accept, Backend: "everybody"}, nil
}
func (everybody) Account(context.Context, *aaa.Record) error { return nil }

func (everybody) Respond(context.Context, *aaa.RespondRequest) (*aaa.Response, error) {
	return &aaa.Response{Response: []byte("x")}, nil
}

// dial brings a session of user up and returns its id.
func (a *api) dial(user string) string {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	before := len(a.server.Sessions())
	c, _, err := concentrator.Dial(ctx, concentrator.ClientOptions{
		Config: concentrator.ClientConfig{
			ConnectTo: a.server.Addrs()[0], User: user, LinkConfig: plainLink(concentrator.DefaultConfig().Dynamic.LinkConfig),
		},
		Plane: a.wire.Right, Credentials: everybody{}, Log: zerolog.Nop(), Rand: rand.Reader,
	})
	if err != nil {
		a.t.Fatalf("dial: %v", err)
	}
	a.t.Cleanup(c.Close)
	list := a.server.Sessions()
	if len(list) != before+1 {
		a.t.Fatalf("%d sessions, want %d", len(list), before+1)
	}
	return list[slices.IndexFunc(list, func(i concentrator.SessionInfo) bool { return i.User == user })].ID
}

func (a *api) sessions() adminv1connect.SessionServiceClient {
	return adminv1connect.NewSessionServiceClient(NewClient(a.socket), BaseURL)
}

func (a *api) userService() adminv1connect.UserServiceClient {
	return adminv1connect.NewUserServiceClient(NewClient(a.socket), BaseURL)
}

func (a *api) daemon() adminv1connect.DaemonServiceClient {
	return adminv1connect.NewDaemonServiceClient(NewClient(a.socket), BaseURL)
}

// connected returns an HTTP client over connections that are already there.
func connected(conns ...net.Conn) *http.Client {
	next := make(chan net.Conn, len(conns))
	for _, c := range conns {
		next <- c
	}
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		select {
		case c := <-next:
			return c, nil
		default:
			return nil, net.ErrClosed
		}
	}}}
}

// fakeUsers is a user administration that notes what it is asked.
type fakeUsers struct {
	mu       sync.Mutex // guards all below
	err      error
	list     []aaa.User
	added    []aaa.User
	password aaa.Secret
	changes  []aaa.UserChange
	removed  []string
}

func (f *fakeUsers) of(backend string) (aaa.UserAdmin, error) {
	if backend != "" {
		return nil, aaa.ErrNotSupported
	}
	return f, nil
}

func (f *fakeUsers) ListUsers(context.Context) ([]aaa.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.list, f.err
}

func (f *fakeUsers) AddUser(_ context.Context, u aaa.User, password aaa.Secret) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.added, f.password = append(f.added, u), password
	return f.err
}

func (f *fakeUsers) SetUser(_ context.Context, _ string, c aaa.UserChange) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, c)
	return f.err
}

func (f *fakeUsers) RemoveUser(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed = append(f.removed, name)
	return f.err
}
