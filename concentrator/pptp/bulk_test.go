package pptp

import (
	"math/rand/v2"
	"testing"
	"time"
)

// held counts everything a peer can make a Conn remember.
func held(c *Conn) int {
	return len(c.calls.ours) + len(c.calls.requests) + len(c.calls.peers) + c.calls.waiting.Len()
}

// CVE-2022-23270 was 20 pipelined Echo-Requests; here it is 10,000 of anything.
func TestPipelinedMessagesHoldNothing(t *testing.T) {
	const count = 10_000
	for _, m := range everyMessage() {
		t.Run(m.ControlType().String(), func(t *testing.T) {
			e := fixtureNamed(t, "up-outgoing")
			before := held(e.c)
			for range count {
				if out := e.recv(m); len(out) > 3 {
					t.Fatalf("%d outputs for one message", len(out))
				}
			}
			if got := held(e.c); got > before+3 {
				t.Errorf("holds %d, before %d", got, before)
			}
		})
	}
}

func TestPendingRequestsAreBounded(t *testing.T) {
	tests := []struct {
		name     string
		maxCalls int
		want     int
	}{
		{"no limit of calls", 0, maxPending},
		{"a limit", 10, 10},
		{"a limit beyond what may wait", 10 * maxPending, maxPending},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedServer(t, Config{MaxCalls: tt.maxCalls})
			asked, busy := 0, 0
			for id := range 10_000 {
				m := outgoingRequest
				m.CallID = uint16(id)
				switch got := brief(e.recv(m)); got {
				case "CallRequested":
					asked++
				case "OCReply 4/0":
					busy++
				default:
					t.Fatalf("call %d: %s", id, got)
				}
			}
			if asked != tt.want || busy != 10_000-tt.want {
				t.Errorf("%d asked and %d busy, want %d asked", asked, busy, tt.want)
			}
		})
	}
}

// Requests that are withdrawn at once must not make room for more.
func TestWithdrawnRequestsAreBounded(t *testing.T) {
	e := establishedServer(t, Config{})
	for range 10_000 {
		e.recv(outgoingRequest, CallClearRequest{theirID})
	}
	if got := len(e.c.calls.requests); got != maxPending {
		t.Errorf("%d requests held, want %d", got, maxPending)
	}
	e.sleep(30 * time.Second)
	e.do(Tick{})
	if got := held(e.c); got != 0 {
		t.Errorf("%d held after they expired", got)
	}
}

// Calls that come and go leave nothing behind.
func TestChurnOfCallsHoldsNothing(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	before := held(e.c)
	m := outgoingRequest
	m.CallID = 9
	for range 100_000 {
		out := e.recv(m)
		e.do(AcceptCall{out[0].(CallRequested).Request, 9})
		e.recv(CallClearRequest{9})
	}
	if got := held(e.c); got != before {
		t.Errorf("holds %d, before %d", got, before)
	}
}

// All the calls the ids allow fit on one connection.
func TestEveryCallID(t *testing.T) {
	e := establishedServer(t, Config{})
	for id := 1; id <= 65535; id++ {
		m := outgoingRequest
		m.CallID = uint16(id)
		e.recv(m)
		if got := brief(e.do(AcceptCall{uint32(id), uint16(id)})); got != "OCReply 1/0, CallConnected" {
			t.Fatalf("call %d: %s", id, got)
		}
	}
	out := e.recv(StopControlConnectionRequest{StopGeneral})
	if got, want := len(out), 65535+2; got != want {
		t.Errorf("%d outputs, want %d", got, want)
	}
}

// contract checks what the owner of a Conn relies on, over any outputs.
type contract struct {
	t        testing.TB
	open     map[uint16]bool // call ids we gave and that have not ended
	finished bool
}

func (k *contract) gave(id uint16) { k.open[id] = true }

func (k *contract) see(out []Output) {
	k.t.Helper()
	for _, o := range out {
		if k.finished {
			if ended, ok := o.(CallEnded); !ok || !k.open[ended.CallID] {
				k.t.Fatalf("%#v after Finished", o)
			}
		}
		switch o := o.(type) {
		case Send:
			b := o.Message.AppendTo(nil)
			if _, err := ParseMessage(b); err != nil {
				k.t.Fatalf("we sent %#v: %v", o.Message, err)
			}
			if o.Message.ControlType() == TypeSetLinkInfo {
				k.t.Fatal("we sent a Set-Link-Info")
			}
		case CallConnected:
			if !k.open[o.CallID] {
				k.t.Fatalf("%#v of a call that is not open", o)
			}
		case CallEnded:
			if !k.open[o.CallID] {
				k.t.Fatalf("%#v of a call that is not open", o)
			}
			if o.Cause == 0 || o.Detail == "" {
				k.t.Fatalf("%#v does not say why", o)
			}
			delete(k.open, o.CallID)
		case Finished:
			k.finished = true
			if len(k.open) != 0 {
				k.t.Fatalf("Finished with open calls %v", k.open)
			}
			if o.Cause == 0 {
				k.t.Fatalf("%#v does not say why", o)
			}
		}
	}
}

// A seeded monkey: inputs of both sides in any order keep the contract, and
// every connection ends when nobody talks any more.
func TestAnyOrderOfInputs(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		cfg := server(Config{MaxCalls: r.IntN(4)})
		if seed%2 == 1 {
			cfg = client(cfg)
		}
		e := newEnd(t, cfg)
		k := &contract{t: t, open: map[uint16]bool{}}
		if r.IntN(8) > 0 {
			k.see(e.do(Open{}))
			if cfg.Role == Server {
				k.see(e.recv(startRequest))
			} else {
				k.see(e.recv(startOK))
			}
		}
		for range 200 {
			monkey(e, k, r.IntN)
		}
		if e.c.State() == StateIdle {
			k.see(e.do(Open{}))
		}
		for range 10_000 {
			d := e.c.Deadline()
			if d.IsZero() {
				break
			}
			e.now = d
			k.see(e.do(Tick{}))
		}
		if e.c.State() != StateFinished {
			t.Fatalf("seed %d: state %v although nobody talks", seed, e.c.State())
		}
	}
}

// monkey does one thing that n chooses. The Conn may be restored on the way.
func monkey(e *end, k *contract, n func(int) int) {
	id := uint16(n(4))
	switch n(16) {
	case 0:
		e.sleep(time.Duration(n(40)) * time.Second)
		k.see(e.do(Tick{}))
	case 1:
		if d := e.c.Deadline(); !d.IsZero() && d.After(e.now) {
			e.now = d
		}
		k.see(e.do(Tick{}))
	case 2, 3:
		accept := AcceptCall{Request: uint32(n(12)), CallID: id + 10}
		_, used := e.c.calls.ours[accept.CallID]
		if e.c.calls.requests[accept.Request] != nil && used {
			return // a mistake the owner does not make: nobody would end the id
		}
		k.gave(accept.CallID)
		k.see(e.do(accept))
	case 4:
		k.see(e.do(RefuseCall{Request: uint32(n(12)), Result: CallBusy}))
	case 5:
		k.gave(id + 10)
		k.see(e.do(PlaceCall{id + 10}))
	case 6:
		k.see(e.do(ClearCall{CallID: id + 10, Result: DisconnectAdminShutdown}))
	case 7:
		if n(20) == 0 {
			k.see(e.do([]Input{Stop{StopGeneral}, Lost{"gone"}, Malformed{&FormatError{Problem: BadLength}}}[n(3)]))
		}
	case 8:
		e.c = e.twin().c
	default:
		messages := everyMessage()
		m := messages[n(len(messages))]
		if m.ControlType() == TypeStopControlConnectionRequest && n(10) > 0 {
			return
		}
		k.see(e.recv(withIDs(m, id, uint16(n(4))+10)))
	}
}

// withIDs gives a message other call ids: theirs for what the peer assigned.
func withIDs(m Message, theirs, ours uint16) Message {
	switch m := m.(type) {
	case OutgoingCallRequest:
		m.CallID = theirs
		return m
	case OutgoingCallReply:
		m.CallID, m.PeerCallID, m.Result = theirs, ours, CallResult(theirs%3)
		return m
	case IncomingCallRequest:
		m.CallID = theirs
		return m
	case IncomingCallConnected:
		m.PeerCallID = ours
		return m
	case CallClearRequest:
		m.CallID = theirs
		return m
	case CallDisconnectNotify:
		m.CallID = theirs
		return m
	case SetLinkInfo:
		m.PeerCallID = ours
		return m
	}
	return m
}
