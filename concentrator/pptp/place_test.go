package pptp

import (
	"testing"
	"time"
)

func ourRequest(id, serial uint16) Send {
	return Send{OutgoingCallRequest{
		CallID:       id,
		SerialNumber: serial,
		MinimumBPS:   300,
		MaximumBPS:   100000000,
		BearerType:   3,
		FramingType:  3,
		RecvWindow:   64,
	}}
}

func TestPlaceCall(t *testing.T) {
	e := establishedClient(t, Config{})
	want(t, e.do(PlaceCall{ourID}), ourRequest(ourID, 1))
	want(t, e.do(PlaceCall{ourID}, PlaceCall{0})) // in use; not an id
	want(t, e.recv(OutgoingCallReply{
		CallID:       theirID,
		PeerCallID:   ourID,
		Result:       CallConnectedOK,
		ConnectSpeed: 5317890,
		RecvWindow:   16384,
	}), CallConnected{CallID: ourID, PeerCallID: theirID, PeerWindow: 16384, Speed: 5317890})
}

func TestCallsPlacedBeforeTheStartAreSentAfterIt(t *testing.T) {
	e := newEnd(t, client(Config{}))
	want(t, e.do(PlaceCall{3}))
	e.do(Open{})
	want(t, e.do(PlaceCall{2}, PlaceCall{1}))
	want(t, e.do(ClearCall{CallID: 2, Result: DisconnectRequest}), CallEnded{2, CallClearedByUs, "cleared: on request"})
	want(t, e.recv(startOK), Established{Host: "lns", Vendor: "other", Firmware: 7}, ourRequest(3, 1), ourRequest(1, 2))
}

func TestPlacedCallIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		reply  OutgoingCallReply
		detail string
	}{
		{"busy", OutgoingCallReply{Result: CallBusy}, "busy"},
		{"no resource", OutgoingCallReply{Result: CallGeneralError, Error: ErrorNoResource}, "general error: no resource"},
		{"with a cause", OutgoingCallReply{Result: CallNoCarrier, Cause: 17}, "no carrier (user busy)"},
		{"result 0", OutgoingCallReply{}, "unknown result 0"},
		{"result 255", OutgoingCallReply{Result: 255}, "unknown result 255"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedClient(t, Config{})
			e.do(PlaceCall{ourID})
			tt.reply.PeerCallID = ourID
			want(t, e.recv(tt.reply), CallEnded{ourID, CallRefusedByPeer, "Outgoing-Call-Reply: " + tt.detail})
			want(t, e.do(PlaceCall{ourID}), ourRequest(ourID, 2))
		})
	}
}

func TestPlacedCallIsNotAnswered(t *testing.T) {
	e := establishedClient(t, Config{ReplyWithin: 20 * time.Second})
	e.do(PlaceCall{ourID})
	e.sleep(5 * time.Second)
	e.do(PlaceCall{ourID + 1}, Activity{})
	want(t, e.tick(15*time.Second), Send{CallClearRequest{ourID}},
		CallEnded{ourID, CallNotAnswered, "no Outgoing-Call-Reply in 20s"})
	want(t, e.recv(OutgoingCallReply{CallID: 1, PeerCallID: ourID, Result: CallConnectedOK}))
	want(t, e.tick(5*time.Second), Send{CallClearRequest{ourID + 1}},
		CallEnded{ourID + 1, CallNotAnswered, "no Outgoing-Call-Reply in 20s"})
}

func TestPeerGivesOneCallIDTwice(t *testing.T) {
	e := establishedClient(t, Config{})
	e.do(PlaceCall{1}, PlaceCall{2})
	e.recv(OutgoingCallReply{CallID: theirID, PeerCallID: 1, Result: CallConnectedOK})
	want(t, e.recv(OutgoingCallReply{CallID: theirID, PeerCallID: 2, Result: CallConnectedOK}),
		Send{CallClearRequest{2}},
		CallEnded{2, CallRefusedByPeer, "Outgoing-Call-Reply: with a call id of another call"})
	want(t, e.recv(CallDisconnectNotify{CallID: theirID}),
		CallEnded{1, CallDisconnectedByPeer, "Call-Disconnect-Notify of the peer: no reason given"})
}

func TestPlaceCallTooLate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		end    []Input
		detail string
	}{
		{"stopping", []Input{Stop{StopGeneral}}, "the control connection is wait-stop-reply"},
		{"finished", []Input{Lost{"reset"}}, "the control connection is finished"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := establishedClient(t, Config{})
			e.do(tt.end...)
			want(t, e.do(PlaceCall{ourID}), CallEnded{ourID, CallConnectionLost, tt.detail})
		})
	}
}
