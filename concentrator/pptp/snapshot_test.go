package pptp

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inputsOfOurSide is every input that is not a message, but Open.
func inputsOfOurSide() []Input {
	return []Input{
		Open{}, Activity{}, Tick{},
		AcceptCall{1, ourID}, AcceptCall{1, ourID + 1}, RefuseCall{1, CallBusy, ErrorNone},
		PlaceCall{ourID + 2}, ClearCall{ourID, DisconnectLostCarrier, ErrorNone},
		Stop{StopGeneral}, Lost{"gone"}, Malformed{errors.New("garbage")},
	}
}

// From every state, a Conn that was written out and read back does what its
// unsaved twin does, for every input and then until its end.
func TestRestoredConnGoesOn(t *testing.T) {
	var inputs []Input
	for _, m := range everyMessage() {
		inputs = append(inputs, Received{m})
	}
	inputs = append(inputs, inputsOfOurSide()...)
	for _, f := range fixtures() {
		t.Run(f.name, func(t *testing.T) {
			for _, in := range inputs {
				for _, wait := range []time.Duration{0, 4 * time.Second, 70 * time.Second} {
					one := f.make(t)
					two := one.twin()
					one.sleep(wait)
					two.sleep(wait)
					if diff := cmp.Diff(one.do(in), two.do(in)); diff != "" {
						t.Fatalf("%#v after %v (-one +twin):\n%s", in, wait, diff)
					}
					two = two.twin()
					for range 20 {
						d := one.c.Deadline()
						if !d.Equal(two.c.Deadline()) {
							t.Fatalf("%#v: deadlines %v and %v", in, d, two.c.Deadline())
						}
						if d.IsZero() {
							break
						}
						one.now, two.now = d, d
						if diff := cmp.Diff(one.do(Tick{}), two.do(Tick{})); diff != "" {
							t.Fatalf("%#v, ticking (-one +twin):\n%s", in, diff)
						}
					}
				}
			}
		})
	}
}

func TestRestoredEchoAndIdle(t *testing.T) {
	e := fixtureNamed(t, "up-ours")
	e.tick(time.Minute)
	want(t, e.twin().tick(time.Minute),
		CallEnded{ourID, CallConnectionLost, "no answer to Echo-Request in 1m0s"},
		Finished{ConnEchoTimeout, "no answer to Echo-Request in 1m0s"})
	e = fixtureNamed(t, "up-outgoing")
	e.recv(CallClearRequest{theirID})
	e = e.twin()
	want(t, e.tick(10*time.Second), Send{StopControlConnectionRequest{StopGeneral}})
	want(t, e.twin().tick(3*time.Second), Finished{ConnStopped, "no call for 10s after the last one"})
}

// Several calls that wait keep the order of their deadlines.
func TestRestoredOrderOfCalls(t *testing.T) {
	e := fixtureNamed(t, "announced")
	e.recv(outgoingWith(1))
	e.do(AcceptCall{1, ourID})
	e.do(PlaceCall{9})
	e.recv(outgoingWith(2))
	twin := e.twin()
	e.sleep(30 * time.Second)
	twin.sleep(30 * time.Second)
	out := e.do(Tick{})
	if len(messagesOf(out)) != 4 {
		t.Errorf("%s, want four messages", brief(out))
	}
	if diff := cmp.Diff(out, twin.do(Tick{})); diff != "" {
		t.Errorf("(-one +twin):\n%s", diff)
	}
}

func TestRestoreRefuses(t *testing.T) {
	call := func(f func(*CallSnapshot)) func(*Snapshot) {
		return func(s *Snapshot) { f(&s.Calls[0]) }
	}
	tests := []struct {
		name    string
		fixture string
		spoil   func(*Snapshot)
	}{
		{"no version", "up-outgoing", func(s *Snapshot) { s.Version = 0 }},
		{"a later version", "up-outgoing", func(s *Snapshot) { s.Version = SnapshotVersion + 1 }},
		{"the other role", "up-outgoing", func(s *Snapshot) { s.Role = Client }},
		{"an unknown state", "up-outgoing", func(s *Snapshot) { s.State = connStates }},
		{"an unknown state of a call", "up-outgoing", call(func(c *CallSnapshot) { c.State = callStates })},
		{"an unknown origin", "up-outgoing", call(func(c *CallSnapshot) { c.Origin = callOrigins })},
		{"a call id of 0", "up-outgoing", call(func(c *CallSnapshot) { c.CallID = 0 })},
		{"no id of the peer", "up-outgoing", call(func(c *CallSnapshot) { c.PeerKnown = false })},
		{"withdrawn after it was up", "up-outgoing", call(func(c *CallSnapshot) { c.Withdrawn = true })},
		{"queued when established", "up-outgoing", call(func(c *CallSnapshot) { c.State = CallStateQueued })},
		{"up before the start", "up-outgoing", func(s *Snapshot) { s.State = StateWaitRequest }},
		{"a call behind the end", "up-outgoing", func(s *Snapshot) { s.State = StateFinished }},
		{"a call while stopping", "up-outgoing", func(s *Snapshot) { s.State = StateWaitStopReply }},
		{"a wait without end", "requested", call(func(c *CallSnapshot) { c.Deadline = time.Time{} })},
		{"an end of what does not wait", "up-outgoing", call(func(c *CallSnapshot) { c.Deadline = epoch })},
		{"a request of ours", "requested", call(func(c *CallSnapshot) { c.Origin = OriginOurs })},
		{"two calls with one id", "up-outgoing", func(s *Snapshot) {
			other := s.Calls[0]
			other.PeerCallID++
			s.Calls = append(s.Calls, other)
		}},
		{"two calls with one id of the peer", "up-outgoing", func(s *Snapshot) {
			other := s.Calls[0]
			other.CallID++
			s.Calls = append(s.Calls, other)
		}},
		{"two equal requests", "requested", func(s *Snapshot) {
			other := s.Calls[0]
			other.PeerCallID++
			s.Calls = append(s.Calls, other)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := fixtureNamed(t, tt.fixture)
			s, err := e.c.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Restore(e.c.cfg, s); err != nil {
				t.Fatalf("before it was spoilt: %v", err)
			}
			tt.spoil(&s)
			if c, err := Restore(e.c.cfg, s); c != nil || !errors.Is(err, ErrSnapshot) {
				t.Errorf("Restore = %v, %v, want ErrSnapshot", c, err)
			}
		})
	}
}
