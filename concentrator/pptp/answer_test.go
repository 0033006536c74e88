package pptp

import (
	"testing"
	"time"
)

// asked is what the fixtures' Outgoing-Call-Request becomes.
var asked = CallRequested{Request: 1, PeerCallID: theirID, PeerWindow: 64, Serial: 3}

func TestOutgoingCallAccepted(t *testing.T) {
	e := establishedServer(t, Config{Window: 32})
	want(t, e.recv(outgoingRequest), asked)
	want(t, e.do(AcceptCall{Request: 1, CallID: ourID}),
		Send{OutgoingCallReply{
			CallID:       ourID,
			PeerCallID:   theirID,
			Result:       CallConnectedOK,
			ConnectSpeed: 100000000,
			RecvWindow:   32,
		}},
		CallConnected{CallID: ourID, PeerCallID: theirID, PeerWindow: 64, Speed: 100000000})
	// A second answer to the same request is nothing.
	want(t, e.do(AcceptCall{Request: 1, CallID: ourID}, RefuseCall{Request: 1, Result: CallBusy}))
}

// MS-PTPT §4: Windows Vista puts a GUID into the sub-address.
func TestCallRequestedIsPrintable(t *testing.T) {
	e := establishedServer(t, Config{})
	m := outgoingRequest
	m.PhoneNumber, m.SubAddress, m.RecvWindow, m.MaximumBPS = "1\t2", "\xe3W*", 0, 0
	want(t, e.recv(m), CallRequested{Request: 1, PeerCallID: theirID, Serial: 3, Number: "1?2", SubAddress: "?W*"})
	out := e.do(AcceptCall{Request: 1, CallID: ourID})
	if got := out[0].(Send).Message.(OutgoingCallReply).ConnectSpeed; got == 0 {
		t.Error("a connect speed of 0 for a peer that names no maximum")
	}
}

func TestOutgoingCallRefused(t *testing.T) {
	tests := []struct {
		name   string
		refuse RefuseCall
		result CallResult
		err    ErrorCode
	}{
		{"busy", RefuseCall{1, CallBusy, 0}, CallBusy, 0},
		{"do not accept", RefuseCall{1, CallDoNotAccept, 0}, CallDoNotAccept, 0},
		{"no resource", RefuseCall{1, CallGeneralError, ErrorNoResource}, CallGeneralError, ErrorNoResource},
		{"connected is no refusal", RefuseCall{1, CallConnectedOK, ErrorBadValue}, CallGeneralError, ErrorBadValue},
		{"no result", RefuseCall{Request: 1}, CallGeneralError, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedServer(t, Config{})
			e.recv(outgoingRequest)
			want(t, e.do(tt.refuse), Send{OutgoingCallReply{PeerCallID: theirID, Result: tt.result, Error: tt.err}})
			// The call id of the peer is free again.
			again := asked
			again.Request = 2
			want(t, e.recv(outgoingRequest), again)
		})
	}
}

func TestIncomingCallOfAnOldPAC(t *testing.T) {
	e := establishedServer(t, Config{})
	want(t, e.recv(incomingRequest),
		CallRequested{Request: 1, Incoming: true, PeerCallID: theirID, Serial: 4, Number: "0301234"})
	want(t, e.do(AcceptCall{Request: 1, CallID: ourID}),
		Send{IncomingCallReply{CallID: ourID, PeerCallID: theirID, Result: IncomingConnect, RecvWindow: 64}})
	want(t, e.recv(IncomingCallConnected{PeerCallID: theirID})) // not our id
	want(t, e.recv(IncomingCallConnected{PeerCallID: ourID, ConnectSpeed: 64000, RecvWindow: 8}),
		CallConnected{CallID: ourID, PeerCallID: theirID, PeerWindow: 8, Speed: 64000})
	want(t, e.recv(IncomingCallConnected{PeerCallID: ourID})) // once is enough
}

func TestIncomingCallRefused(t *testing.T) {
	for _, tt := range []struct {
		give CallResult
		want IncomingCallResult
	}{
		{CallBusy, IncomingDoNotAccept},
		{CallDoNotAccept, IncomingDoNotAccept},
		{CallGeneralError, IncomingGeneralError},
	} {
		e := establishedServer(t, Config{})
		e.recv(incomingRequest)
		want(t, e.do(RefuseCall{1, tt.give, ErrorNone}), Send{IncomingCallReply{PeerCallID: theirID, Result: tt.want}})
	}
}

func TestIncomingCallIsNotConnectedInTime(t *testing.T) {
	e := establishedServer(t, Config{})
	e.recv(incomingRequest)
	e.do(AcceptCall{Request: 1, CallID: ourID})
	want(t, e.tick(30*time.Second),
		Send{CallClearRequest{ourID}}, // we are its PNS
		CallEnded{ourID, CallNotAnswered, "no Incoming-Call-Connected in 30s"})
}

func TestPeerCallIDZero(t *testing.T) {
	e := establishedServer(t, Config{})
	m := outgoingRequest
	m.CallID = 0
	want(t, e.recv(m), CallRequested{Request: 1, PeerCallID: 0, PeerWindow: 64, Serial: 3})
	out := e.do(AcceptCall{Request: 1, CallID: ourID})
	if got := out[1]; got != (CallConnected{CallID: ourID, PeerCallID: 0, PeerWindow: 64, Speed: 100000000}) {
		t.Errorf("got %+v", got)
	}
	want(t, e.recv(m), Send{OutgoingCallReply{PeerCallID: 0, Result: CallGeneralError, Error: ErrorBadCallID}})
	want(t, e.recv(CallClearRequest{CallID: 0}),
		Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectRequest}},
		CallEnded{ourID, CallClearedByPeer, "Call-Clear-Request of the peer"})
	want(t, e.recv(CallClearRequest{CallID: 0}))
}

func TestSeveralCallsOnOneConnection(t *testing.T) {
	e := establishedServer(t, Config{MaxCalls: 5})
	for i := range uint16(5) {
		m := outgoingRequest
		m.CallID = 100 + i
		if got := brief(e.recv(m)); got != "CallRequested" {
			t.Fatalf("call %d: %s", i, got)
		}
		if got := brief(e.do(AcceptCall{Request: uint32(i) + 1, CallID: 1000 + i})); got != "OCReply 1/0, CallConnected" {
			t.Fatalf("call %d: %s", i, got)
		}
	}
	m := outgoingRequest
	m.CallID = 200
	want(t, e.recv(m), Send{OutgoingCallReply{PeerCallID: 200, Result: CallBusy}})
	want(t, e.recv(CallClearRequest{102}),
		Send{CallDisconnectNotify{CallID: 1002, Result: DisconnectRequest}},
		CallEnded{1002, CallClearedByPeer, "Call-Clear-Request of the peer"})
	want(t, e.recv(m), CallRequested{Request: 6, PeerCallID: 200, PeerWindow: 64, Serial: 3})
}

// While our side thinks, the same id asked for again is a mistake of the peer.
func TestTheSamePeerIDTwice(t *testing.T) {
	e := establishedServer(t, Config{})
	e.recv(outgoingRequest)
	refusal := Send{OutgoingCallReply{PeerCallID: theirID, Result: CallGeneralError, Error: ErrorBadCallID}}
	want(t, e.recv(outgoingRequest), refusal)
	e.do(AcceptCall{Request: 1, CallID: ourID})
	want(t, e.recv(outgoingRequest), refusal)
	want(t, e.recv(CallClearRequest{theirID}),
		Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectRequest}},
		CallEnded{ourID, CallClearedByPeer, "Call-Clear-Request of the peer"})
}

func TestWithdrawnRequest(t *testing.T) {
	cleared := CallEnded{ourID, CallClearedByPeer, "Call-Clear-Request of the peer"}
	dropped := CallEnded{ourID, CallDisconnectedByPeer, "Call-Disconnect-Notify of the peer: lost carrier"}
	tests := []struct {
		name     string
		request  Message
		withdraw Message
		answer   Input
		want     []Output
	}{
		{"accepted", outgoingRequest, CallClearRequest{theirID}, AcceptCall{1, ourID},
			[]Output{Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectRequest}}, cleared}},
		{"refused", outgoingRequest, CallClearRequest{theirID}, RefuseCall{1, CallBusy, 0},
			[]Output{Send{OutgoingCallReply{PeerCallID: theirID, Result: CallBusy}}}},
		{"incoming accepted", incomingRequest, CallDisconnectNotify{CallID: theirID, Result: DisconnectLostCarrier},
			AcceptCall{1, ourID}, []Output{dropped}},
		{"incoming refused", incomingRequest, CallDisconnectNotify{CallID: theirID}, RefuseCall{1, CallBusy, 0}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedServer(t, Config{})
			e.recv(tt.request)
			want(t, e.recv(tt.withdraw))
			want(t, e.do(tt.answer), tt.want...)
			if n := e.c.calls.count(); n != 0 {
				t.Errorf("%d calls left", n)
			}
		})
	}
}

func TestARequestOurSideForgets(t *testing.T) {
	e := establishedServer(t, Config{})
	e.recv(outgoingRequest)
	want(t, e.tick(30*time.Second), Send{OutgoingCallReply{PeerCallID: theirID, Result: CallTimeout}},
		Send{StopControlConnectionRequest{StopGeneral}}) // and no other call ever came
	want(t, e.do(AcceptCall{1, ourID}),
		CallEnded{ourID, CallConnectionLost, "the control connection is wait-stop-reply"})
}

func TestAcceptingTooLateFreesTheCallID(t *testing.T) {
	tests := []struct {
		name string
		then []Input
		want CallEnded
	}{
		{"refused before", []Input{RefuseCall{1, CallBusy, 0}},
			CallEnded{ourID, CallClearedByUs, "the request for this call was already refused"}},
		{"lost", []Input{Lost{"reset"}}, CallEnded{ourID, CallConnectionLost, "the control connection is finished"}},
		{"stopped", []Input{Stop{StopGeneral}},
			CallEnded{ourID, CallConnectionLost, "the control connection is wait-stop-reply"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedServer(t, Config{})
			e.recv(outgoingRequest)
			e.do(tt.then...)
			want(t, e.do(AcceptCall{1, ourID}), tt.want)
		})
	}
}

func TestAcceptWithACallIDThatCannotBe(t *testing.T) {
	e := establishedServer(t, Config{})
	e.recv(outgoingRequest)
	e.do(AcceptCall{1, ourID})
	for _, id := range []uint16{0, ourID} {
		m := outgoingRequest
		m.CallID = 77
		out := e.recv(m)
		request := out[0].(CallRequested).Request
		want(t, e.do(AcceptCall{request, id}),
			Send{OutgoingCallReply{PeerCallID: 77, Result: CallGeneralError, Error: ErrorNoResource}})
	}
	want(t, e.do(AcceptCall{99, 0}))
}
