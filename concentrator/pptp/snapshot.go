package pptp

import (
	"errors"
	"fmt"
	"time"
)

// SnapshotVersion is the version of the Snapshot written by this package.
const SnapshotVersion = 1

// ErrSnapshot is wrapped by every error of Restore.
var ErrSnapshot = errors.New("snapshot of a control connection cannot be restored")

// Snapshot is everything a Conn knows beside its Config. It can be encoded as
// JSON. Its times are wall clock; after a restart they are as good as the clock
// is. The octets a Decoder holds belong to the connection, too, and are saved
// apart (Decoder.Buffered).
type Snapshot struct {
	Version     int
	Role        Role
	State       State
	Timer       time.Time `json:",omitzero"`
	Heard       time.Time `json:",omitzero"`
	EchoSent    time.Time `json:",omitzero"`
	EchoID      uint32
	IdleAt      time.Time `json:",omitzero"`
	Cause       ConnCause `json:",omitzero"`
	Detail      string    `json:",omitzero"`
	HadCall     bool      `json:",omitzero"`
	LastRequest uint32
	LastSerial  uint16
	Calls       []CallSnapshot `json:",omitzero"` // in their order
}

// CallSnapshot is one call in a Snapshot.
type CallSnapshot struct {
	State      CallState
	Origin     Origin
	CallID     uint16
	PeerKnown  bool
	PeerCallID uint16
	PeerWindow uint16
	Speed      uint32
	Request    uint32    `json:",omitzero"`
	Withdrawn  bool      `json:",omitzero"`
	EndCause   CallCause `json:",omitzero"`
	EndDetail  string    `json:",omitzero"`
	Deadline   time.Time `json:",omitzero"`
}

// Snapshot writes the connection out, in any state; the Conn can go on. The
// error is nil: it stands for what a later version may not be able to save.
func (c *Conn) Snapshot() (Snapshot, error) {
	s := Snapshot{
		Version:     SnapshotVersion,
		Role:        c.cfg.Role,
		State:       c.state,
		Timer:       wall(c.timer),
		Heard:       wall(c.heard),
		EchoSent:    wall(c.echoSent),
		EchoID:      c.echoID,
		IdleAt:      wall(c.idleAt),
		Cause:       c.cause,
		Detail:      c.detail,
		HadCall:     c.calls.had,
		LastRequest: c.calls.lastRequest,
		LastSerial:  c.calls.lastSerial,
	}
	for _, call := range c.calls.ordered() {
		s.Calls = append(s.Calls, CallSnapshot{
			State:      call.state,
			Origin:     call.origin,
			CallID:     call.callID,
			PeerKnown:  call.peerKnown,
			PeerCallID: call.peerCallID,
			PeerWindow: call.peerWindow,
			Speed:      call.speed,
			Request:    call.request,
			Withdrawn:  call.withdrawn,
			EndCause:   call.endCause,
			EndDetail:  call.endDetail,
			Deadline:   wall(call.deadline),
		})
	}
	return s, nil
}

// wall strips the monotonic reading, which means nothing to another process.
func wall(t time.Time) time.Time { return t.Round(0) }

// Restore makes a Conn that goes on where the one of the snapshot stood. cfg
// may differ from the old one, but for its Role. Errors wrap ErrSnapshot.
func Restore(cfg Config, s Snapshot) (*Conn, error) {
	switch {
	case s.Version != SnapshotVersion:
		return nil, fmt.Errorf("%w: version %d instead of %d", ErrSnapshot, s.Version, SnapshotVersion)
	case s.Role != cfg.Role:
		return nil, fmt.Errorf("%w: it is of the other role", ErrSnapshot)
	case s.State >= connStates:
		return nil, fmt.Errorf("%w: %v", ErrSnapshot, s.State)
	}
	c := New(cfg)
	c.enter(s.State, s.Timer)
	c.heard, c.echoSent, c.echoID, c.idleAt = s.Heard, s.EchoSent, s.EchoID, s.IdleAt
	c.cause, c.detail = s.Cause, s.Detail
	c.calls.had, c.calls.lastRequest, c.calls.lastSerial = s.HadCall, s.LastRequest, s.LastSerial
	for i, saved := range s.Calls {
		if err := c.restoreCall(saved); err != nil {
			return nil, fmt.Errorf("%w: call %d: %w", ErrSnapshot, i, err)
		}
	}
	return c, nil
}

func (c *Conn) restoreCall(s CallSnapshot) error {
	if err := s.check(c.state); err != nil {
		return err
	}
	if s.State == CallStateRequested {
		if _, used := c.calls.requests[s.Request]; used {
			return fmt.Errorf("request %d occurs twice", s.Request)
		}
	} else if _, used := c.calls.ours[s.CallID]; used {
		return fmt.Errorf("call id %d occurs twice", s.CallID)
	}
	if s.PeerKnown && !s.Withdrawn {
		if _, used := c.calls.peers[s.PeerCallID]; used {
			return fmt.Errorf("call id %d of the peer occurs twice", s.PeerCallID)
		}
	}
	c.calls.insert(&call{
		state:      s.State,
		origin:     s.Origin,
		callID:     s.CallID,
		peerKnown:  s.PeerKnown,
		peerCallID: s.PeerCallID,
		peerWindow: s.PeerWindow,
		speed:      s.Speed,
		request:    s.Request,
		withdrawn:  s.Withdrawn,
		endCause:   s.EndCause,
		endDetail:  s.EndDetail,
		deadline:   s.Deadline,
	})
	return nil
}

// check refuses calls that no Conn in that state can have.
func (s CallSnapshot) check(state State) error {
	switch {
	case s.State >= callStates:
		return errors.New(s.State.String())
	case s.Origin >= callOrigins:
		return fmt.Errorf("origin %d", s.Origin)
	case (s.State == CallStateQueued) == (state == StateEstablished),
		state == StateWaitStopReply, state == StateFinished:
		return fmt.Errorf("a call that is %v on a connection that is %v", s.State, state)
	case s.State != CallStateRequested && s.CallID == 0:
		return errors.New("no call id")
	case s.Deadline.IsZero() != (s.State == CallStateQueued || s.State == CallStateUp):
		return fmt.Errorf("deadline %v of a call that is %v", s.Deadline, s.State)
	case s.Withdrawn && s.State != CallStateRequested:
		return fmt.Errorf("a call that is %v cannot be withdrawn", s.State)
	}
	return s.checkOrigin()
}

func (s CallSnapshot) checkOrigin() error {
	ok := false
	switch s.State {
	case CallStateQueued, CallStateWaitReply:
		ok = s.Origin == OriginOurs && !s.PeerKnown
	case CallStateRequested:
		ok = s.Origin != OriginOurs && s.PeerKnown
	case CallStateWaitConnected:
		ok = s.Origin == OriginIncoming && s.PeerKnown
	case CallStateUp:
		ok = s.PeerKnown
	}
	if !ok {
		return fmt.Errorf("origin %d and peer id (%t) do not go with %v", s.Origin, s.PeerKnown, s.State)
	}
	return nil
}
