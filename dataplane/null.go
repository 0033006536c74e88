package dataplane

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Null is a Plane without any kernel: it carries control frames to a hook and
// no IP at all. It lets the control plane be tested and measured without root;
// nulltest.Wire joins two of them to a link. The zero value is ready for use.
type Null struct {
	// SendControl, if not nil, is given every control frame that a tunnel
	// sends, with the call as it was opened and the peer's call id as it is
	// known now. It is called on the goroutine of Tunnel.SendControl and must
	// not call that tunnel; frame is borrowed until return. It is set before
	// the first Open.
	SendControl func(call Spec, frame []byte)

	mu      sync.Mutex // guards the rest, and every NullTunnel
	tunnels map[nullKey]*nullTunnel
	devices map[string]*nullDevice
	drops   map[DropReason]uint64
	closed  bool
}

var _ Plane = (*Null)(nil)

type nullKey struct {
	local  netip.Addr
	callID uint16
}

// OpenDevice implements Plane. A name can be open once.
func (n *Null) OpenDevice(spec DeviceSpec) (Device, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, ErrClosed
	}
	if n.devices[spec.Name] != nil {
		return nil, fmt.Errorf("open device %s: the name is in use", spec.Name)
	}
	if n.devices == nil {
		n.devices = make(map[string]*nullDevice)
	}
	d := &nullDevice{plane: n, spec: spec}
	n.devices[spec.Name] = d
	return d, nil
}

// Open implements Plane.
func (n *Null) Open(spec Spec, events Events) (Tunnel, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, ErrClosed
	}
	key := nullKey{spec.Local, spec.LocalCallID}
	if n.tunnels[key] != nil {
		return nil, fmt.Errorf("open call %d at %s: %w", spec.LocalCallID, spec.Local, ErrCallIDInUse)
	}
	if n.tunnels == nil {
		n.tunnels = make(map[nullKey]*nullTunnel)
	}
	t := &nullTunnel{plane: n, events: events, state: NullState{Spec: spec}}
	n.tunnels[key] = t
	return t, nil
}

// Counters implements Plane.
func (n *Null) Counters() PlaneCounters {
	n.mu.Lock()
	defer n.mu.Unlock()
	drops := make(map[DropReason]uint64, len(n.drops))
	for reason, count := range n.drops {
		drops[reason] = count
	}
	return PlaneCounters{Drops: drops}
}

// Close implements Plane.
func (n *Null) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, t := range n.tunnels {
		t.closed = true
	}
	n.closed, n.tunnels, n.devices = true, nil, nil
	return nil
}

// Deliver gives a control frame to the session of a call, as if it had come in
// GRE from peer. It calls Events.ControlFrame and tells whether it did.
func (n *Null) Deliver(local, peer netip.Addr, callID uint16, frame []byte) bool {
	n.mu.Lock()
	t := n.tunnels[nullKey{local, callID}]
	switch {
	case t == nil:
		n.dropLocked(DropUnknownCall)
	case t.state.Spec.Peer != peer:
		n.dropLocked(DropWrongPeer)
		t = nil
	case len(frame) < 2:
		n.dropLocked(DropMalformed)
		t = nil
	default:
		t.rxFrames++
	}
	n.mu.Unlock()
	if t == nil {
		return false
	}
	t.events.ControlFrame(frame)
	return true
}

// Traffic counts IP octets of a call as if packets had passed at that time: rx
// from the peer, tx to the peer, each as one packet unless zero.
func (n *Null) Traffic(local netip.Addr, callID uint16, rx, tx uint64, at time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.tunnels[nullKey{local, callID}]
	if t == nil || t.state.Forwarding == nil {
		return false
	}
	if t.traffic == nil {
		t.traffic = &Counters{}
	}
	c := t.traffic
	c.RxOctets += rx
	c.TxOctets += tx
	c.RxPackets += min(rx, 1)
	c.TxPackets += min(tx, 1)
	c.LastActivity = at
	return true
}

// Lookup returns the events of a call, for a test to raise ResetNeeded or
// Fault, and a copy of what its session has set so far.
func (n *Null) Lookup(local netip.Addr, callID uint16) (Events, NullState, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.tunnels[nullKey{local, callID}]
	if t == nil {
		return nil, NullState{}, false
	}
	return t.events, t.state, true
}

// Tunnels returns how many calls are open.
func (n *Null) Tunnels() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.tunnels)
}

// Devices returns what is open, by name.
func (n *Null) Devices() map[string]DeviceSpec {
	n.mu.Lock()
	defer n.mu.Unlock()
	specs := make(map[string]DeviceSpec, len(n.devices))
	for name, d := range n.devices {
		specs[name] = d.spec
	}
	return specs
}

func (n *Null) dropLocked(reason DropReason) {
	if n.drops == nil {
		n.drops = make(map[DropReason]uint64)
	}
	n.drops[reason]++
}

type nullDevice struct {
	plane *Null
	spec  DeviceSpec
}

func (d *nullDevice) Name() string { return d.spec.Name }

func (d *nullDevice) SetRoutes(routes []netip.Prefix) error {
	d.plane.mu.Lock()
	defer d.plane.mu.Unlock()
	if d.plane.devices[d.spec.Name] != d {
		return ErrClosed
	}
	d.spec.Routes = slices.Clone(routes)
	return nil
}

func (d *nullDevice) Close() error {
	d.plane.mu.Lock()
	defer d.plane.mu.Unlock()
	if d.plane.devices[d.spec.Name] == d {
		delete(d.plane.devices, d.spec.Name)
	}
	return nil
}
