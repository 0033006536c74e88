package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/gre"
	"github.com/pptpac/pptpac/dataplane/mppe"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

// Tunnel is the packet path of one call. It implements dataplane.Tunnel.
type Tunnel struct {
	engine      *Engine
	key         callKey
	local, peer netip.Addr // outer addresses
	events      dataplane.Events

	counters  counters
	terms     atomic.Pointer[terms] // nil: IP does not pass
	scheduled atomic.Int64          // see timers
	faulted   atomic.Bool           // Events.Fault has been called
	closed    atomic.Bool

	setup  sync.Mutex // serialises Bind, Forward, StopForwarding and Close; held over netlink
	device *device    // guarded by setup

	rx receiving
	tx transmitting
}

var _ dataplane.Tunnel = (*Tunnel)(nil)

// receiving is the half that takes packets from the peer.
type receiving struct {
	mu      sync.Mutex // guards the rest
	gre     *gre.Receiver
	mppe    *mppe.Decryptor // nil: not armed
	resync  resync
	busy    bool     // a goroutine is passing packets on
	backlog [][]byte // GRE packets that came in the meantime, in order; copied
	spare   [][]byte // storage for backlog
}

// transmitting is the half that sends packets to the peer.
type transmitting struct {
	mu   sync.Mutex // guards the rest
	gre  *gre.Sender
	mppe *mppe.Encryptor // nil: not armed
}

// Open implements dataplane.Plane.
func (e *Engine) Open(spec dataplane.Spec, events dataplane.Events) (dataplane.Tunnel, error) {
	if !spec.Local.Is4() || !spec.Peer.Is4() {
		return nil, fmt.Errorf("open call %d from %s to %s: GRE is carried over IPv4 only", spec.LocalCallID, spec.Peer, spec.Local)
	}
	t := &Tunnel{
		engine: e, key: callKey{spec.Local.As4(), spec.LocalCallID},
		local: spec.Local, peer: spec.Peer, events: events,
	}
	t.rx.gre = gre.NewReceiver(gre.MaxWindow)
	t.tx.gre = gre.NewSender(spec.PeerCallID, e.window)
	if err := e.calls.add(t); err != nil {
		return nil, err
	}
	return t, nil
}

// Connect implements dataplane.Tunnel. The peer's window is not used: a call
// never waits for acknowledgements (package gre).
func (t *Tunnel) Connect(peerCallID, _ uint16) error {
	if t.closed.Load() {
		return dataplane.ErrClosed
	}
	t.tx.mu.Lock()
	defer t.tx.mu.Unlock()
	t.tx.gre.SetPeerCallID(peerCallID)
	return nil
}

// SendControl implements dataplane.Tunnel. What the kernel cannot take at the
// moment is counted and no error: PPP repeats what matters.
func (t *Tunnel) SendControl(frame []byte) error {
	switch {
	case t.closed.Load():
		return dataplane.ErrClosed
	case len(frame) < 2:
		return fmt.Errorf("send control frame: %d octets have no protocol", len(frame))
	case len(frame) > ipv4MaxTotal/2:
		return fmt.Errorf("send control frame: %d octets are too many", len(frame))
	}
	buf := t.engine.buffers.Get().(*[]byte)
	defer t.engine.buffers.Put(buf)
	*buf = t.appendControl((*buf)[:0], frame, time.Now())
	err := t.send(*buf)
	if rawsock.Transient(err) {
		return nil
	}
	return err
}

// ArmReceive implements dataplane.Tunnel.
func (t *Tunnel) ArmReceive(m dataplane.MPPE) error {
	if t.closed.Load() {
		return dataplane.ErrClosed
	}
	d, err := mppe.NewDecryptor(mppe.Params(m))
	if err != nil {
		return fmt.Errorf("arm receive: %w", err)
	}
	t.rx.mu.Lock()
	defer t.rx.mu.Unlock()
	t.rx.mppe, t.rx.resync = d, resync{}
	return nil
}

// ArmTransmit implements dataplane.Tunnel.
func (t *Tunnel) ArmTransmit(m dataplane.MPPE) error {
	if t.closed.Load() {
		return dataplane.ErrClosed
	}
	e, err := mppe.NewEncryptor(mppe.Params(m))
	if err != nil {
		return fmt.Errorf("arm transmit: %w", err)
	}
	t.tx.mu.Lock()
	defer t.tx.mu.Unlock()
	t.tx.mppe = e
	return nil
}

// DisarmMPPE implements dataplane.Tunnel.
func (t *Tunnel) DisarmMPPE() {
	t.rx.mu.Lock()
	t.rx.mppe, t.rx.resync = nil, resync{}
	t.rx.mu.Unlock()
	t.tx.mu.Lock()
	t.tx.mppe = nil
	t.tx.mu.Unlock()
}

// FlushTransmit implements dataplane.Tunnel.
func (t *Tunnel) FlushTransmit() {
	t.tx.mu.Lock()
	defer t.tx.mu.Unlock()
	if t.tx.mppe != nil {
		t.tx.mppe.Flush()
	}
}

// Counters implements dataplane.Tunnel.
func (t *Tunnel) Counters() dataplane.Counters {
	out := t.counters.snapshot()
	t.rx.mu.Lock()
	stats := t.rx.gre.Stats()
	t.rx.mu.Unlock()
	out.Lost, out.Reordered, out.Duplicates = stats.Lost, stats.Reordered, stats.Duplicates
	if stats.Duplicates != 0 {
		out.Drops[dataplane.DropDuplicate] = stats.Duplicates
	}
	return out
}

// Close implements dataplane.Tunnel. An Events method that is running is not
// waited for; none is called for packets that arrive later.
func (t *Tunnel) Close() error {
	t.setup.Lock()
	defer t.setup.Unlock()
	if t.closed.Swap(true) {
		return nil
	}
	t.engine.calls.remove(t)
	err := t.stopForwardingSetup()
	t.unbindSetup()
	if err != nil {
		return fmt.Errorf("close call %d: %w", t.key.callID, err)
	}
	return nil
}

// fault tells the session once that the tunnel cannot go on. The caller holds no
// lock of the tunnel.
func (t *Tunnel) fault(err error) {
	if !t.closed.Load() && !t.faulted.Swap(true) {
		t.events.Fault(err)
	}
}

// send hands a GRE packet to the socket.
func (t *Tunnel) send(packet []byte) error {
	err := t.engine.conn.Send(packet, t.local, t.peer)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rawsock.ErrClosed):
		return dataplane.ErrClosed
	}
	t.counters.drops.count(dropSendFailed)
	return err
}
