package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/rawsock"
	"github.com/pptpac/pptpac/dataplane/rawsock/rawsocktest"
	"github.com/pptpac/pptpac/dataplane/tun"
	"github.com/pptpac/pptpac/dataplane/tun/tuntest"
)

var (
	outerServer = netip.MustParseAddr("192.0.2.1")
	outerClient = netip.MustParseAddr("192.0.2.2")
	innerServer = netip.MustParseAddr("10.5.17.254")
	innerClient = netip.MustParseAddr("10.5.17.1")
	stranger    = netip.MustParseAddr("203.0.113.66")
)

const (
	serverCall = 1000
	clientCall = 0 // legal, and the hardest to get right
)

// recorder is an Events that keeps what it is told.
type recorder struct {
	mu     sync.Mutex
	frames [][]byte
	resets int
	faults []error
}

func (r *recorder) ControlFrame(frame []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, slices.Clone(frame))
}

func (r *recorder) ResetNeeded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resets++
}

func (r *recorder) Fault(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, err)
}

func (r *recorder) control() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.frames)
}

func (r *recorder) resetsSeen() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.resets
}

func (r *recorder) faultsSeen() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.faults)
}

// fakeNet is a Net that keeps what is set, and refuses what is there already.
type fakeNet struct {
	mu     sync.Mutex
	state  map[string]bool // "route DEV DST src SRC", "address DEV ADDR"
	config map[string]netif.Config
	refuse error // of AddRoute
}

var _ Net = (*fakeNet)(nil)

func newFakeNet() *fakeNet {
	return &fakeNet{state: make(map[string]bool), config: make(map[string]netif.Config)}
}

func (n *fakeNet) Configure(device string, c netif.Config) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.config[device] = c
	return nil
}

func (n *fakeNet) SetMTU(device string, mtu int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.config[device]
	c.MTU = mtu
	n.config[device] = c
	return nil
}

func (n *fakeNet) mtu(device string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.config[device].MTU
}

func (n *fakeNet) set(key string, want bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case want && n.state[key]:
		return fmt.Errorf("%s: %w", key, netif.ErrExists)
	case !want && !n.state[key]:
		return fmt.Errorf("%s: %w", key, netif.ErrNotFound)
	case want:
		n.state[key] = true
	default:
		delete(n.state, key)
	}
	return nil
}

func (n *fakeNet) AddAddress(device string, addr netip.Addr) error {
	return n.set(fmt.Sprintf("address %s %s", device, addr), true)
}

func (n *fakeNet) DelAddress(device string, addr netip.Addr) error {
	return n.set(fmt.Sprintf("address %s %s", device, addr), false)
}

func (n *fakeNet) AddRoute(device string, dst netip.Prefix, _ netip.Addr) error {
	if n.refuse != nil {
		return n.refuse
	}
	return n.set(fmt.Sprintf("route %s %s", device, dst), true)
}

func (n *fakeNet) DelRoute(device string, dst netip.Prefix) error {
	return n.set(fmt.Sprintf("route %s %s", device, dst), false)
}

func (n *fakeNet) Close() error { return nil }

func (n *fakeNet) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []string{}
	for key := range n.state {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// host is an engine over fakes.
type host struct {
	t      *testing.T
	engine *Engine
	conn   *rawsocktest.Conn
	net    *fakeNet
	tuns   map[string]*tuntest.Device
}

func newHost(t *testing.T, network *rawsocktest.Network, addrs ...netip.Addr) *host {
	t.Helper()
	h := &host{t: t, net: newFakeNet(), tuns: make(map[string]*tuntest.Device), conn: network.Open(addrs...)}
	engine, err := New(Options{
		OpenSocket: func() (rawsock.Conn, error) { return h.conn, nil },
		OpenNet:    func() (Net, error) { return h.net, nil },
		OpenTUN: func(name string) (tun.Device, error) {
			if h.tuns[name] != nil {
				return nil, errors.New("name in use")
			}
			h.tuns[name] = tuntest.New(name)
			return h.tuns[name], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.engine = engine
	return h
}

func (h *host) close() {
	h.t.Helper()
	if err := h.engine.Close(); err != nil {
		h.t.Errorf("close engine: %v", err)
	}
}

func (h *host) device(spec dataplane.DeviceSpec) dataplane.Device {
	h.t.Helper()
	if spec.MTU == 0 {
		spec.MTU = 1460
	}
	d, err := h.engine.OpenDevice(spec)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func (h *host) open(spec dataplane.Spec) (*Tunnel, *recorder) {
	h.t.Helper()
	r := &recorder{}
	tunnel, err := h.engine.Open(spec, r)
	if err != nil {
		h.t.Fatal(err)
	}
	return tunnel.(*Tunnel), r
}

// end is one end of a call that passes IP.
type end struct {
	*host
	tunnel *Tunnel
	events *recorder
	tun    *tuntest.Device
}

// link is a call with both ends.
type link struct {
	network        *rawsocktest.Network
	server, client end
}

func (l *link) close() {
	l.server.close()
	l.client.close()
}

// newLink joins two engines; IP passes on the terms of f, whose addresses are
// filled in.
func newLink(t *testing.T, f dataplane.ForwardSpec) *link {
	t.Helper()
	if f.MTU == 0 {
		f.MTU = 1400
	}
	l := &link{network: rawsocktest.NewNetwork()}
	l.server = newEnd(t, l.network, f, outerServer, outerClient, serverCall, clientCall, innerServer, innerClient)
	l.client = newEnd(t, l.network, f, outerClient, outerServer, clientCall, serverCall, innerClient, innerServer)
	return l
}

func newEnd(t *testing.T, network *rawsocktest.Network, f dataplane.ForwardSpec, local, peer netip.Addr,
	localCall, peerCall uint16, innerLocal, innerPeer netip.Addr,
) end {
	t.Helper()
	e := end{host: newHost(t, network, local)}
	d := e.device(dataplane.DeviceSpec{Name: "pptp0", Local: []netip.Addr{innerLocal}, Shared: true})
	e.tun = e.tuns["pptp0"]
	e.tunnel, e.events = e.open(dataplane.Spec{Local: local, Peer: peer, LocalCallID: localCall, PeerCallID: peerCall})
	f.Local, f.Remote = innerLocal, innerPeer
	if err := errors.Join(e.tunnel.Bind(d), e.tunnel.Forward(f)); err != nil {
		t.Fatal(err)
	}
	return e
}

// arm sets keys for both directions, as CCP would.
func (l *link) arm(t *testing.T, bits int, stateless bool) {
	t.Helper()
	up, down := mppeKey(bits, stateless, 0x11), mppeKey(bits, stateless, 0x22)
	err := errors.Join(
		l.server.tunnel.ArmReceive(up), l.client.tunnel.ArmReceive(down),
		l.client.tunnel.ArmTransmit(up), l.server.tunnel.ArmTransmit(down),
	)
	if err != nil {
		t.Fatal(err)
	}
}

func mppeKey(bits int, stateless bool, fill byte) dataplane.MPPE {
	m := dataplane.MPPE{Bits: bits, Stateless: stateless, StartKey: make([]byte, 8)}
	if bits == 128 {
		m.StartKey = make([]byte, 16)
	}
	for i := range m.StartKey {
		m.StartKey[i] = fill + byte(i)
	}
	return m
}

// udp makes an IPv4 packet of size octets whose payload begins with n.
func udp(src, dst netip.Addr, n uint32, size int) []byte {
	p := make([]byte, max(size, 32))
	p[0] = 0x45
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	binary.BigEndian.PutUint16(p[4:], uint16(n))
	p[8], p[9] = 64, protoUDP
	s, d := src.As4(), dst.As4()
	copy(p[12:], s[:])
	copy(p[16:], d[:])
	binary.BigEndian.PutUint16(p[20:], 4000)
	binary.BigEndian.PutUint16(p[22:], 9)
	binary.BigEndian.PutUint16(p[24:], uint16(len(p)-20))
	binary.BigEndian.PutUint32(p[28:], n)
	for i := 32; i < len(p); i++ {
		p[i] = byte(i) ^ byte(n)
	}
	ipv4(p).setChecksum()
	return p
}

// numberOf is the n of a packet made by udp.
func numberOf(p []byte) uint32 { return binary.BigEndian.Uint32(p[28:]) }
