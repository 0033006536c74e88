// Package rawsocktest has a rawsock.Conn without a kernel: sockets on a network
// in memory.
package rawsocktest

import (
	"bytes"
	"net/netip"
	"sync"

	"github.com/pptpac/pptpac/dataplane/impair"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

// queueLen is how many packets a socket holds that nobody receives. What does
// not fit is lost, as in a kernel.
const queueLen = 8192

// Network joins sockets by their addresses.
type Network struct {
	mu    sync.Mutex // guards hosts and paths, and the order of packets
	hosts map[netip.Addr]*Conn
	paths map[route]impair.Func
}

// route is one direction between two addresses.
type route struct{ src, dst netip.Addr }

// NewNetwork returns a network that loses nothing.
func NewNetwork() *Network {
	return &Network{hosts: make(map[netip.Addr]*Conn), paths: make(map[route]impair.Func)}
}

// Impair puts f in the way of what is sent from src to dst from now on; nil takes
// it away. Every direction needs a Func of its own.
func (n *Network) Impair(src, dst netip.Addr, f impair.Func) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.paths[route{src, dst}] = f
}

// Open attaches a socket that has those addresses.
func (n *Network) Open(addrs ...netip.Addr) *Conn {
	c := &Conn{network: n, queue: make(chan rawsock.Packet, queueLen), done: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, addr := range addrs {
		n.hosts[addr] = c
	}
	return c
}

// Inject puts a packet on the network, past the path's impairment. The payload
// is copied.
func (n *Network) Inject(payload []byte, src, dst netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.arriveLocked(bytes.Clone(payload), src, dst)
}

func (n *Network) send(payload []byte, src, dst netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	path := n.paths[route{src, dst}]
	if path == nil {
		n.arriveLocked(bytes.Clone(payload), src, dst)
		return
	}
	for _, p := range path(payload) {
		n.arriveLocked(p, src, dst)
	}
}

func (n *Network) arriveLocked(payload []byte, src, dst netip.Addr) {
	c := n.hosts[dst]
	if c == nil {
		return
	}
	select {
	case c.queue <- rawsock.Packet{Src: src, Dst: dst, Payload: payload}:
	default:
	}
}

// Conn is a socket on a Network.
type Conn struct {
	network *Network
	queue   chan rawsock.Packet
	done    chan struct{}
	once    sync.Once

	mu   sync.Mutex // guards fail
	fail error
}

var _ rawsock.Conn = (*Conn)(nil)

// FailSend makes every Send return err; nil heals it.
func (c *Conn) FailSend(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = err
}

// Receive implements rawsock.Conn.
func (c *Conn) Receive(buf []byte) (rawsock.Packet, error) {
	select {
	case <-c.done:
		return rawsock.Packet{}, rawsock.ErrClosed
	case p := <-c.queue:
		p.Payload = buf[:copy(buf, p.Payload)]
		return p, nil
	}
}

// Send implements rawsock.Conn.
func (c *Conn) Send(payload []byte, src, dst netip.Addr) error {
	select {
	case <-c.done:
		return rawsock.ErrClosed
	default:
	}
	c.mu.Lock()
	fail := c.fail
	c.mu.Unlock()
	if fail != nil {
		return fail
	}
	c.network.send(payload, src, dst)
	return nil
}

// Close implements rawsock.Conn.
func (c *Conn) Close() error {
	c.once.Do(func() { close(c.done) })
	return nil
}
