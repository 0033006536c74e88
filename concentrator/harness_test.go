package concentrator

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane/nulltest"
	"github.com/pptpac/pptpac/pool"
)

// bench is a server on loopback and the wire between it and its clients.
type bench struct {
	t      testing.TB
	server *Server
	aaa    *fakeAAA
	pools  *gatedPools
	plane  *faultyPlane // of the server
	wire   *nulltest.Wire
	raws   []*net.TCPConn // of raw clients
	stop   func()         // ends the server politely and waits
}

// startServer starts a server whose configuration change may alter, and itself
// before, when it listens and does not serve yet.
func startServer(t testing.TB, change func(*Config), before ...func(*Server)) *bench {
	t.Helper()
	ranges := mustRanges(t, "10.5.17.1-10.5.17.50")
	cfg := DefaultConfig()
	cfg.Server.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	cfg.Dynamic.LocalAddress = mustRanges(t, "10.5.17.254")
	cfg.Dynamic.RemotePool = "pool"
	cfg.Dynamic.KeyLengths = ppp.Key40 | ppp.Key56 | ppp.Key128
	if change != nil {
		change(&cfg)
	}
	pools, err := pool.Open(nil, []pool.Config{
		{Name: "pool", Ranges: ranges},
		{Name: "tiny", Ranges: mustRanges(t, "10.9.9.1-10.9.9.2")},
		{Name: "big", Ranges: mustRanges(t, "10.64.0.0/10")},
	}, pool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, aaa: newFakeAAA(), pools: &gatedPools{Manager: pools}, wire: nulltest.NewWire()}
	b.plane = &faultyPlane{Null: b.wire.Left}
	b.server, err = New(Options{
		Config: cfg, Plane: b.plane, AAA: b.aaa, Pools: b.pools, Log: testLog(t), Rand: rand.Reader, Epoch: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.server.Listen(); err != nil {
		t.Fatal(err)
	}
	for _, f := range before {
		f(b.server)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := b.server.Serve(ctx); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	b.stop = func() { cancel(); <-done }
	t.Cleanup(func() {
		b.stop()
		b.wire.Close()
		pools.Close()
	})
	return b
}

func testLog(t testing.TB) zerolog.Logger {
	if !testing.Verbose() {
		return zerolog.New(io.Discard)
	}
	return zerolog.New(zerolog.NewTestWriter(t))
}

func mustRanges(t testing.TB, s string) pool.Ranges {
	t.Helper()
	r, err := pool.ParseRanges(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// client returns the options of a client that the default server accepts.
func (b *bench) client(change func(*ClientConfig)) ClientOptions {
	cfg := ClientConfig{ConnectTo: b.server.Addrs()[0], User: "john", LinkConfig: DefaultConfig().Dynamic.LinkConfig}
	if change != nil {
		change(&cfg)
	}
	return ClientOptions{Config: cfg, Plane: b.wire.Right, Credentials: credentials("secret"), Log: testLog(b.t), Rand: rand.Reader}
}

// dial expects the call to come about.
func (b *bench) dial(o ClientOptions) (*Client, ClientUp) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	c, up, err := Dial(ctx, o)
	if err != nil {
		b.t.Fatalf("dial: %v", err)
	}
	b.t.Cleanup(c.Close)
	return c, up
}

// dialError expects the call to be refused.
func (b *bench) dialError(o ClientOptions) error {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	c, up, err := Dial(ctx, o)
	if err == nil {
		c.Close()
		b.t.Fatalf("dial succeeded: %+v", up)
	}
	return err
}

// ended waits until n sessions have ended and returns the latest.
func (b *bench) ended(n int) EndedSession {
	b.t.Helper()
	var list []EndedSession
	b.eventually("the end of the session", func() bool {
		list = b.server.Ended()
		return len(list) >= n
	})
	return list[0]
}

// eventually polls, bounded.
func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			b.t.Fatalf("timed out waiting for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
