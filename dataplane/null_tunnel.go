package dataplane

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// NullState is what a session has asked of a tunnel of a Null plane.
type NullState struct {
	Spec       Spec         // with the peer's call id and window as of Connect
	Device     string       // name of the device of Bind
	Receive    *MPPE        // nil: not armed
	Transmit   *MPPE        // nil: not armed
	Forwarding *ForwardSpec // nil: no IP passes
	Flushes    int          // calls of FlushTransmit
}

// nullTunnel has no lock of its own: ten thousand of them are idle.
type nullTunnel struct {
	plane    *Null
	events   Events
	state    NullState
	traffic  *Counters // nil until there is some
	rxFrames uint64
	closed   bool
}

var _ Tunnel = (*nullTunnel)(nil)

// set changes the state unless the tunnel is closed.
func (t *nullTunnel) set(change func(*NullState)) error {
	t.plane.mu.Lock()
	defer t.plane.mu.Unlock()
	if t.closed {
		return ErrClosed
	}
	change(&t.state)
	return nil
}

func (t *nullTunnel) Connect(peerCallID, peerWindow uint16) error {
	return t.set(func(s *NullState) { s.Spec.PeerCallID, s.Spec.PeerWindow = peerCallID, peerWindow })
}

func (t *nullTunnel) SendControl(frame []byte) error {
	if len(frame) < 2 {
		return fmt.Errorf("send control frame: %d octets have no protocol", len(frame))
	}
	var call Spec
	if err := t.set(func(s *NullState) { call = s.Spec }); err != nil {
		return err
	}
	if t.plane.SendControl != nil {
		t.plane.SendControl(call, frame)
	}
	return nil
}

func (t *nullTunnel) Bind(d Device) error {
	return t.set(func(s *NullState) { s.Device = d.Name() })
}

func (t *nullTunnel) ArmReceive(m MPPE) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("arm receive: %w", err)
	}
	m.StartKey = bytes.Clone(m.StartKey)
	return t.set(func(s *NullState) { s.Receive = &m })
}

func (t *nullTunnel) ArmTransmit(m MPPE) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("arm transmit: %w", err)
	}
	m.StartKey = bytes.Clone(m.StartKey)
	return t.set(func(s *NullState) { s.Transmit = &m })
}

func (t *nullTunnel) DisarmMPPE() {
	_ = t.set(func(s *NullState) { s.Receive, s.Transmit = nil, nil })
}

func (t *nullTunnel) FlushTransmit() {
	_ = t.set(func(s *NullState) { s.Flushes++ })
}

func (t *nullTunnel) Forward(f ForwardSpec) error {
	return t.set(func(s *NullState) { s.Forwarding = &f })
}

func (t *nullTunnel) StopForwarding() {
	_ = t.set(func(s *NullState) { s.Forwarding = nil })
}

func (t *nullTunnel) Counters() Counters {
	t.plane.mu.Lock()
	defer t.plane.mu.Unlock()
	var c Counters
	if t.traffic != nil {
		c = *t.traffic
	}
	c.RxFrames = t.rxFrames
	c.Drops = map[DropReason]uint64{}
	return c
}

const nullSnapshotVersion = 1

func (t *nullTunnel) Snapshot() (Snapshot, error) {
	var state NullState
	if err := t.set(func(s *NullState) { state = *s }); err != nil {
		return Snapshot{}, err
	}
	data, err := json.Marshal(state)
	if err != nil {
		return Snapshot{}, fmt.Errorf("snapshot of null tunnel: %w", err)
	}
	return Snapshot{Version: nullSnapshotVersion, Data: data}, nil
}

func (t *nullTunnel) Restore(snap Snapshot) error {
	if snap.Version != nullSnapshotVersion {
		return fmt.Errorf("restore null tunnel: version %d, want %d", snap.Version, nullSnapshotVersion)
	}
	var state NullState
	if err := json.Unmarshal(snap.Data, &state); err != nil {
		return fmt.Errorf("restore null tunnel: %w", err)
	}
	return t.set(func(s *NullState) {
		// The call is the one that was opened; only its peer's side was learnt.
		state.Spec.Local, state.Spec.Peer, state.Spec.LocalCallID = s.Spec.Local, s.Spec.Peer, s.Spec.LocalCallID
		// A device is bound, and forwarding asked for, by the successor.
		state.Device, state.Forwarding = s.Device, s.Forwarding
		*s = state
	})
}

func (t *nullTunnel) Close() error {
	t.plane.mu.Lock()
	defer t.plane.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	delete(t.plane.tunnels, nullKey{t.state.Spec.Local, t.state.Spec.LocalCallID})
	return nil
}
