package pptp

import "testing"

func TestClearCall(t *testing.T) {
	ended := CallEnded{ourID, CallClearedByUs, "cleared: admin shutdown"}
	cmd := ClearCall{CallID: ourID, Result: DisconnectAdminShutdown}
	tests := []struct {
		fixture string
		want    []Output
	}{
		// "a PPTP control message sent by the PAC to the PNS" with "the Call ID
		// assigned by the PAC to this call" (RFC 2637 §2.13)
		{"up-outgoing", []Output{Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectAdminShutdown}}, ended}},
		// "The Call ID assigned by the PNS to this call" (RFC 2637 §2.12)
		{"up-incoming", []Output{Send{CallClearRequest{ourID}}, ended}},
		{"up-ours", []Output{Send{CallClearRequest{ourID}}, ended}},
		{"call-wait-reply", []Output{Send{CallClearRequest{ourID}}, ended}},
		{"call-wait-connected", []Output{Send{CallClearRequest{ourID}}, ended}},
		{"wait-reply", []Output{ended}}, // the peer knows nothing of it
		{"established", nil},
		{"wait-stop-reply", nil},
		{"finished", nil},
	}
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			e := fixtureNamed(t, tt.fixture)
			want(t, e.do(cmd), tt.want...)
			want(t, e.do(cmd)) // over is over
		})
	}
}

func fixtureNamed(t *testing.T, name string) *end {
	t.Helper()
	for _, f := range fixtures() {
		if f.name == name {
			return f.make(t)
		}
	}
	t.Fatalf("no fixture %q", name)
	return nil
}

func TestClearCallTellsTheError(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	want(t, e.do(ClearCall{ourID, DisconnectGeneralError, ErrorNoResource}),
		Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectGeneralError, Error: ErrorNoResource}},
		CallEnded{ourID, CallClearedByUs, "cleared: general error: no resource"})
}

// A client answers our Call-Disconnect-Notify with Call-Clear-Request; CVE-2021-42870
// was such a message about a call that is gone.
func TestClearRequestAfterOurDisconnect(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	e.do(ClearCall{CallID: ourID, Result: DisconnectLostCarrier})
	want(t, e.recv(CallClearRequest{theirID}))
	want(t, e.recv(CallClearRequest{ourID}))
	want(t, e.recv(CallDisconnectNotify{CallID: theirID}))
	again := asked
	again.Request = 2
	want(t, e.recv(outgoingRequest), again)
}

func TestClearRequestDoesNotNameOurCallID(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	want(t, e.recv(CallClearRequest{ourID}))
	want(t, e.recv(CallClearRequest{theirID}),
		Send{CallDisconnectNotify{CallID: ourID, Result: DisconnectRequest}},
		CallEnded{ourID, CallClearedByPeer, "Call-Clear-Request of the peer"})
}

func TestDisconnectNotify(t *testing.T) {
	tests := []struct {
		name    string
		message CallDisconnectNotify
		detail  string
	}{
		{"lost carrier", CallDisconnectNotify{Result: DisconnectLostCarrier}, "lost carrier"},
		{"Windows", CallDisconnectNotify{}, "no reason given"},
		{"with everything", CallDisconnectNotify{Result: 2, Error: 6, Cause: 31, Statistics: "tx 5\n"},
			"general error: error of the access concentrator (normal, unspecified), statistics: tx 5?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := fixtureNamed(t, "up-ours")
			tt.message.CallID = theirID
			want(t, e.recv(tt.message),
				CallEnded{ourID, CallDisconnectedByPeer, "Call-Disconnect-Notify of the peer: " + tt.detail})
		})
	}
}

// Some servers send the client's call id; that is taken only where it cannot
// be mistaken.
func TestDisconnectNotifyWithOurCallID(t *testing.T) {
	wrong := CallDisconnectNotify{CallID: ourID, Result: DisconnectAdminShutdown}
	ended := CallEnded{ourID, CallDisconnectedByPeer, "Call-Disconnect-Notify of the peer: admin shutdown"}
	t.Run("the only call", func(t *testing.T) {
		want(t, fixtureNamed(t, "up-ours").recv(wrong), ended)
	})
	t.Run("not answered yet", func(t *testing.T) {
		want(t, fixtureNamed(t, "call-wait-reply").recv(wrong), ended)
	})
	t.Run("one of two", func(t *testing.T) {
		e := fixtureNamed(t, "up-ours")
		e.do(PlaceCall{ourID + 1})
		want(t, e.recv(wrong))
	})
	t.Run("we are the PAC", func(t *testing.T) {
		want(t, fixtureNamed(t, "up-outgoing").recv(wrong))
	})
}

func TestSetLinkInfo(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	for _, accm := range []uint32{0xffffffff, 0} { // Windows sends it twice
		want(t, e.recv(SetLinkInfo{PeerCallID: ourID, SendACCM: accm, ReceiveACCM: 0xa0000}),
			LinkInfo{CallID: ourID, SendACCM: accm, RecvACCM: 0xa0000})
	}
	want(t, e.recv(SetLinkInfo{PeerCallID: theirID}))
}

func TestWANErrorNotifyIsBorne(t *testing.T) {
	e := fixtureNamed(t, "up-ours")
	want(t, e.recv(WANErrorNotify{PeerCallID: ourID, CRCErrors: 9}))
	want(t, e.recv(WANErrorNotify{PeerCallID: 9}))
}
