package engine_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/engine"
	"github.com/pptpac/pptpac/dataplane/impair"
	"github.com/pptpac/pptpac/dataplane/netif/netiftest"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

var (
	outerServer = netip.MustParseAddr("192.0.2.1")
	outerClient = netip.MustParseAddr("192.0.2.2")
	innerServer = netip.MustParseAddr("10.5.17.254")
	innerClient = netip.MustParseAddr("10.9.0.1")
)

const mtu = 1396

// lossyConn is a real socket behind a bad path.
type lossyConn struct {
	rawsock.Conn
	mu   sync.Mutex // guards path
	path impair.Func
}

func (c *lossyConn) Send(payload []byte, src, dst netip.Addr) error {
	c.mu.Lock()
	arrive := c.path(payload)
	c.mu.Unlock()
	for _, p := range arrive {
		if err := c.Conn.Send(p, src, dst); err != nil {
			return err
		}
	}
	return nil
}

// end is an engine with a call, in a namespace of its own.
type end struct {
	ns     *netiftest.Namespace
	engine *engine.Engine
	tunnel dataplane.Tunnel
	device dataplane.Device
	events *resetter
}

// resetter answers Reset-Requests as the session of the other end would.
type resetter struct {
	mu    sync.Mutex
	other dataplane.Tunnel
	fault error
}

func (r *resetter) ControlFrame([]byte) {}

func (r *resetter) ResetNeeded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.other != nil {
		r.other.FlushTransmit()
	}
}

func (r *resetter) Fault(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = err
}

func newEnd(t *testing.T, ns *netiftest.Namespace, local, peer netip.Addr, inner, innerPeer netip.Addr, rates impair.Rates) *end {
	t.Helper()
	e := &end{ns: ns, events: &resetter{}}
	ns.Do(t, func() (err error) {
		e.engine, err = engine.New(engine.Options{OpenSocket: func() (rawsock.Conn, error) {
			conn, err := rawsock.OpenGRE()
			return &lossyConn{Conn: conn, path: impair.New(uint64(local.As4()[3]), rates)}, err
		}})
		if err != nil {
			return err
		}
		e.device, err = e.engine.OpenDevice(dataplane.DeviceSpec{
			Name: "pptp0", AltName: "pptp-dynamic-server", MTU: 1460, Local: []netip.Addr{inner}, Shared: true,
		})
		return err
	})
	t.Cleanup(func() {
		if err := e.engine.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
		e.events.mu.Lock()
		defer e.events.mu.Unlock()
		if e.events.fault != nil {
			t.Errorf("fault: %v", e.events.fault)
		}
	})
	var err error
	if e.tunnel, err = e.engine.Open(dataplane.Spec{Local: local, Peer: peer, LocalCallID: 7, PeerCallID: 7}, e.events); err != nil {
		t.Fatal(err)
	}
	return e
}

// newLink joins two namespaces by a cable, and two engines in them by a call. The
// first end does not know the second's network: it gets there by a host route.
func newLink(t *testing.T, bits int, stateless bool, rates impair.Rates) (server, client *end) {
	t.Helper()
	a, b := netiftest.New(t), netiftest.New(t)
	netiftest.Connect(t, a, b, "eth0", netip.PrefixFrom(outerServer, 24), netip.PrefixFrom(outerClient, 24))
	server = newEnd(t, a, outerServer, outerClient, innerServer, innerClient, rates)
	client = newEnd(t, b, outerClient, outerServer, innerClient, innerServer, rates)
	server.events.other, client.events.other = client.tunnel, server.tunnel
	if bits != 0 {
		up, down := key(bits, stateless, 1), key(bits, stateless, 101)
		if err := errors.Join(server.tunnel.ArmReceive(up), client.tunnel.ArmReceive(down),
			client.tunnel.ArmTransmit(up), server.tunnel.ArmTransmit(down)); err != nil {
			t.Fatal(err)
		}
	}
	f := dataplane.ForwardSpec{MTU: mtu, ClampMSS: true, RequireEncryption: bits != 0}
	for _, e := range []*end{server, client} {
		if err := e.tunnel.Bind(e.device); err != nil {
			t.Fatal(err)
		}
	}
	f.Local, f.Remote = innerServer, innerClient
	if err := server.tunnel.Forward(f); err != nil {
		t.Fatal(err)
	}
	f.Local, f.Remote = innerClient, innerServer
	if err := client.tunnel.Forward(f); err != nil {
		t.Fatal(err)
	}
	return server, client
}

func key(bits int, stateless bool, first byte) dataplane.MPPE {
	m := dataplane.MPPE{Bits: bits, Stateless: stateless, StartKey: make([]byte, 8)}
	if bits == 128 {
		m.StartKey = make([]byte, 16)
	}
	for i := range m.StartKey {
		m.StartKey[i] = first + byte(i)
	}
	return m
}

// run executes a command in the namespace and returns what it printed.
func run(t *testing.T, ns *netiftest.Namespace, name string, args ...string) (output string, err error) {
	t.Helper()
	ns.Do(t, func() error {
		var b []byte
		b, err = exec.Command(name, args...).CombinedOutput()
		output = string(b)
		return nil
	})
	return output, err
}

func TestIntegrationPing(t *testing.T) {
	for _, m := range []struct {
		bits      int
		stateless bool
	}{{0, false}, {40, true}, {56, false}, {128, true}, {128, false}} {
		t.Run(fmt.Sprintf("%d bits, stateless %v", m.bits, m.stateless), func(t *testing.T) {
			server, client := newLink(t, m.bits, m.stateless, impair.Rates{})
			for _, size := range []string{"1", "1344", "1372", "4000", "20000"} {
				if out, err := run(t, client.ns, "ping", "-n", "-c", "2", "-i", "0.1", "-W", "2", "-s", size, innerServer.String()); err != nil {
					t.Errorf("ping of %s octets: %v\n%s", size, err, out)
				}
			}
			if out, err := run(t, server.ns, "ping", "-n", "-c", "1", "-W", "2", "-s", "4000", innerClient.String()); err != nil {
				t.Errorf("ping from the server: %v\n%s", err, out)
			}
			for name, e := range map[string]*end{"server": server, "client": client} {
				c := e.tunnel.Counters()
				delete(c.Drops, dataplane.DropTooBig) // by which the client's kernel learns the MTU
				if c.RxPackets == 0 || c.TxPackets == 0 || c.LastActivity.IsZero() || len(c.Drops) != 0 {
					t.Errorf("%s: %+v", name, c)
				}
			}
		})
	}
}

// A host learns the MTU of the session, which is smaller than that of the device.
func TestIntegrationPathMTU(t *testing.T) {
	_, client := newLink(t, 128, true, impair.Rates{})
	out, err := run(t, client.ns, "ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1400", innerServer.String())
	if err == nil || !strings.Contains(out, fmt.Sprint(mtu)) {
		t.Errorf("ping: %v, want it to fail and to name %d\n%s", err, mtu, out)
	}
	out, err = run(t, client.ns, "ip", "route", "get", innerServer.String())
	if err != nil || !strings.Contains(out, fmt.Sprintf("mtu %d", mtu)) {
		t.Errorf("route: %v, want mtu %d\n%s", err, mtu, out)
	}
}

// TCP carries data whole, over a path that loses, repeats and reorders.
func TestIntegrationTCP(t *testing.T) {
	bad := impair.Rates{Loss: 0.05, Duplicate: 0.02, Reorder: 0.02}
	for _, tt := range []struct {
		name      string
		bits      int
		stateless bool
		impair.Rates
		size int
	}{
		{"clean, 128 stateless", 128, true, impair.Rates{}, 8 << 20},
		{"bad path, none", 0, false, bad, 512 << 10},
		{"bad path, 128 stateless", 128, true, bad, 512 << 10},
		// A stateful direction stands still from each loss to the flushed packet,
		// while TCP backs off: more loss takes minutes now and then.
		{"some loss, 40 stateful", 40, false, impair.Rates{Loss: 0.005}, 512 << 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, client := newLink(t, tt.bits, tt.stateless, tt.Rates)
			data := make([]byte, tt.size)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range data {
				data[i] = byte(rng.Uint32())
			}
			got, err := transfer(t, server, client, data)
			if err != nil {
				t.Fatalf("transfer: %v\nserver %+v\nclient %+v", err, server.tunnel.Counters(), client.tunnel.Counters())
			}
			if want := sha256.Sum256(data); !bytes.Equal(got, want[:]) {
				t.Errorf("digest = %x, want %x", got, want)
			}
			c := server.tunnel.Counters()
			if tt.Loss > 0 && c.Lost == 0 {
				t.Errorf("no loss was counted: %+v", c)
			}
		})
	}
}

// transfer sends data from the client to the server, and returns the digest of
// what arrived.
func transfer(t *testing.T, server, client *end, data []byte) ([]byte, error) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	var listener *net.TCPListener
	server.ns.Do(t, func() (err error) {
		listener, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: innerServer.AsSlice()})
		return err
	})
	defer listener.Close()
	if err := listener.SetDeadline(deadline); err != nil {
		return nil, err
	}
	type result struct {
		digest []byte
		err    error
	}
	received := make(chan result, 1)
	go func() { // ends with the connection, or at the deadline
		conn, err := listener.Accept()
		if err != nil {
			received <- result{nil, err}
			return
		}
		defer conn.Close()
		h := sha256.New()
		err = conn.SetDeadline(deadline)
		if err == nil {
			_, err = io.Copy(h, conn)
		}
		received <- result{h.Sum(nil), err}
	}()
	var conn *net.TCPConn
	client.ns.Do(t, func() (err error) {
		conn, err = net.DialTCP("tcp4", nil, listener.Addr().(*net.TCPAddr))
		return err
	})
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if _, err := conn.Write(data); err != nil {
		return nil, err
	}
	if err := conn.CloseWrite(); err != nil {
		return nil, err
	}
	r := <-received
	return r.digest, r.err
}

// Routes come and go with the session, the interface with the device.
func TestIntegrationKernelState(t *testing.T) {
	server, _ := newLink(t, 0, false, impair.Rates{})
	show := func() string {
		out, _ := run(t, server.ns, "ip", "route", "show", "proto", "80")
		return strings.Join(strings.Fields(out), " ")
	}
	if got, want := show(), "10.9.0.1 dev pptp0 scope link src 10.5.17.254"; got != want {
		t.Errorf("routes = %q, want %q", got, want)
	}
	server.tunnel.StopForwarding()
	if got := show(); got != "" {
		t.Errorf("routes after StopForwarding = %q, want none", got)
	}
	if out, err := run(t, server.ns, "ip", "link", "show", "dev", "pptp-dynamic-server"); err != nil {
		t.Errorf("the device has no alternative name: %v\n%s", err, out)
	}
	if err := server.device.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, server.ns, "ip", "link", "show", "dev", "pptp0"); err == nil {
		t.Errorf("the interface outlives its device:\n%s", out)
	}
	if err := server.tunnel.Close(); err != nil {
		t.Errorf("Close of the tunnel after its device = %v", err)
	}
}
