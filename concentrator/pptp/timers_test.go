package pptp

import (
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	got := Config{}.withDefaults()
	want := Config{
		Window:      64,
		FirstWithin: 5 * time.Second,
		ReplyWithin: 30 * time.Second,
		EchoAfter:   time.Minute,
		EchoWithin:  time.Minute,
		StopWithin:  3 * time.Second,
		KeepIdle:    10 * time.Second,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if again := got.withDefaults(); again != want {
		t.Errorf("values that are set were changed: %+v", again)
	}
}

func TestEchoAfterSilence(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	want(t, e.tick(time.Minute), Send{EchoRequest{1}})
	e.sleep(59 * time.Second)
	want(t, e.recv(EchoReply{Identifier: 1, Result: EchoOK}))
	want(t, e.tick(time.Minute), Send{EchoRequest{2}})
	const detail = "no answer to Echo-Request in 1m0s"
	want(t, e.tick(time.Minute), CallEnded{ourID, CallConnectionLost, detail}, Finished{ConnEchoTimeout, detail})
	if !e.c.Deadline().IsZero() {
		t.Error("a deadline after the end")
	}
}

func TestAnythingIsASignOfLife(t *testing.T) {
	tests := []struct {
		name string
		in   Input
	}{
		{"octets of half a message", Activity{}},
		{"an Echo-Reply with another identifier", Received{EchoReply{Identifier: 4711, Result: EchoOK}}},
		{"an Echo-Reply that is an error", Received{EchoReply{Identifier: 1, Result: EchoGeneralError}}},
		{"a Set-Link-Info", Received{SetLinkInfo{PeerCallID: 9}}},
		{"a Call-Clear-Request for nothing", Received{CallClearRequest{9}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := fixtureNamed(t, "up-outgoing")
			e.sleep(30 * time.Second)
			want(t, e.do(tt.in))
			want(t, e.tick(time.Minute), Send{EchoRequest{1}}) // was postponed
			e.sleep(30 * time.Second)
			want(t, e.do(tt.in))
			want(t, e.tick(time.Minute), Send{EchoRequest{2}}) // was answered
		})
	}
}

func TestEchoRequestIsAnswered(t *testing.T) {
	for _, f := range []string{"established", "up-outgoing", "up-ours", "wait-stop-reply"} {
		e := fixtureNamed(t, f)
		want(t, e.recv(EchoRequest{0xfeedface}), Send{EchoReply{Identifier: 0xfeedface, Result: EchoOK}})
	}
}

func TestKeepIdle(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	e.recv(CallClearRequest{theirID})
	// A second dial over the same connection works.
	e.sleep(9 * time.Second)
	e.recv(outgoingRequest)
	e.do(AcceptCall{2, ourID})
	e.sleep(time.Hour)
	e.do(Activity{})
	e.recv(CallClearRequest{theirID})
	want(t, e.tick(10*time.Second), Send{StopControlConnectionRequest{StopGeneral}})
	want(t, e.recv(StopControlConnectionReply{Result: StopOK}),
		Finished{ConnStopped, "no call for 10s after the last one"})
}

func TestKeepIdleBeginsWithTheLastCall(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	m := outgoingRequest
	m.CallID = 1
	e.recv(m)
	e.do(AcceptCall{2, ourID + 1})
	e.recv(CallClearRequest{theirID})
	if got, want := e.c.Deadline(), e.now.Add(time.Minute); !got.Equal(want) {
		t.Fatalf("with a call left the deadline is in %v, want the echo", got.Sub(e.now))
	}
	e.do(ClearCall{CallID: ourID + 1, Result: DisconnectLostCarrier})
	if got := brief(e.tick(10 * time.Second)); got != "SCCR" {
		t.Errorf("got %s, want a stop", got)
	}
}

func TestAClientIsNotStoppedWhenIdle(t *testing.T) {
	e := fixtureNamed(t, "up-ours")
	e.do(ClearCall{CallID: ourID, Result: DisconnectRequest})
	want(t, e.tick(time.Minute), Send{EchoRequest{1}})
}

func TestAConnectionThatNeverCalls(t *testing.T) {
	e := establishedServer(t, Config{})
	want(t, e.tick(30*time.Second), Send{StopControlConnectionRequest{StopGeneral}})
	want(t, e.tick(3*time.Second), Finished{ConnStopped, "no call within 30s of the start"})
}

// Calls that are refused do not keep a connection.
func TestRefusedCallsBuyNoTime(t *testing.T) {
	e := establishedServer(t, Config{})
	for i := range uint32(29) {
		e.sleep(time.Second)
		e.recv(outgoingRequest)
		e.do(RefuseCall{i + 1, CallBusy, 0})
	}
	want(t, e.tick(time.Second), Send{StopControlConnectionRequest{StopGeneral}})
}

func TestStop(t *testing.T) {
	ended := CallEnded{ourID, CallClearedByUs, "stopped: local shutdown"}
	stop := Send{StopControlConnectionRequest{StopLocalShutdown}}
	finished := Finished{ConnStopped, "stopped: local shutdown"}
	tests := []struct {
		fixture string
		want    []Output
	}{
		{"idle", []Output{finished}},
		{"wait-request", []Output{finished}},
		{"wait-reply", []Output{CallEnded{ourID, CallConnectionLost, "stopped: local shutdown"}, finished}},
		{"established", []Output{stop}},
		{"requested", []Output{
			Send{OutgoingCallReply{PeerCallID: theirID, Result: CallGeneralError, Error: ErrorNoResource}}, stop}},
		{"announced", []Output{
			Send{IncomingCallReply{PeerCallID: theirID, Result: IncomingGeneralError, Error: ErrorNoResource}}, stop}},
		{"call-wait-reply", []Output{Send{CallClearRequest{ourID}}, ended, stop}},
		{"call-wait-connected", []Output{Send{CallClearRequest{ourID}}, ended, stop}},
		{"up-outgoing", []Output{Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectAdminShutdown}}, ended, stop}},
		{"up-incoming", []Output{Send{CallClearRequest{ourID}}, ended, stop}},
		{"up-ours", []Output{Send{CallClearRequest{ourID}}, ended, stop}},
		{"wait-stop-reply", nil},
		{"finished", nil},
	}
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			e := fixtureNamed(t, tt.fixture)
			twin := e.twin()
			want(t, e.do(Stop{StopLocalShutdown}), tt.want...)
			want(t, twin.do(Stop{StopLocalShutdown}), tt.want...)
			if e.c.State() == StateWaitStopReply {
				want(t, e.do(Stop{StopGeneral}))
				want(t, e.tick(3*time.Second), finished)
			}
		})
	}
}

func TestTheEndOfAStopKeepsItsCause(t *testing.T) {
	finished := Finished{ConnStopped, "stopped: general request"}
	tests := []struct {
		name string
		in   Input
		want []Output
	}{
		{"reply", Received{StopControlConnectionReply{Result: StopOK}}, []Output{finished}},
		{"reply with an error", Received{StopControlConnectionReply{StopGeneralError, ErrorBadValue}}, []Output{finished}},
		{"the peer stops, too", Received{StopControlConnectionRequest{StopGeneral}},
			[]Output{Send{StopControlConnectionReply{Result: StopOK}}, finished}},
		{"the peer closes", Lost{"EOF"}, []Output{finished}},
		{"the peer sends garbage", Malformed{&FormatError{Problem: BadLength}}, []Output{finished}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedServer(t, Config{})
			e.do(Stop{StopGeneral})
			want(t, e.do(tt.in), tt.want...)
			want(t, e.do(tt.in))
		})
	}
}

func TestLostAndMalformed(t *testing.T) {
	tests := []struct {
		name   string
		in     Input
		cause  ConnCause
		detail string
	}{
		{"lost", Lost{"connection reset by peer"}, ConnLost, "connection reset by peer"},
		{"malformed", Malformed{&FormatError{Problem: BadMessageType, Value: 2}}, ConnProtocolError,
			"malformed message: PPTP message type 2 instead of 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := fixtureNamed(t, "up-outgoing")
			want(t, e.do(tt.in), CallEnded{ourID, CallConnectionLost, tt.detail}, Finished{tt.cause, tt.detail})
			want(t, e.do(tt.in, Tick{}, Activity{}, Open{}))
		})
	}
	want(t, establishedServer(t, Config{}).do(Malformed{}))
}
