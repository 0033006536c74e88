package pptp

import (
	"testing"
	"time"
)

// Each test here holds one sentence of RFC 2637.
func TestRFC2637(t *testing.T) {
	tests := []struct {
		section, sentence string
		check             func(t *testing.T)
	}{
		{"2.2", "The Start-Control-Connection-Reply is a PPTP control message sent in reply to a received " +
			"Start-Control-Connection-Request message.", func(t *testing.T) {
			e := newEnd(t, server(Config{}))
			e.do(Open{})
			if got := brief(e.recv(startRequest)); got != "SCCR 1/0, Established" {
				t.Error(got)
			}
		}},
		{"2.3", "In addition to closing the control connection, all active user calls are implicitly cleared.",
			func(t *testing.T) {
				e := fixtureNamed(t, "up-outgoing")
				e.recv(outgoingWith(1))
				e.do(AcceptCall{2, ourID + 1})
				if got := brief(e.recv(StopControlConnectionRequest{StopGeneral})); got != "SCCR, CallEnded 6, CallEnded 6, Finished 2" {
					t.Error(got)
				}
			}},
		{"2.4", "The Stop-Control-Connection-Reply is a PPTP control message sent by one peer of a PAC-PNS control " +
			"connection upon receipt of a Stop-Control-Connection-Request from the other peer.", func(t *testing.T) {
			for _, f := range []string{"wait-request", "wait-reply", "established", "up-ours", "wait-stop-reply"} {
				m := messagesOf(fixtureNamed(t, f).recv(StopControlConnectionRequest{StopGeneral}))
				if len(m) != 1 || m[0] != (StopControlConnectionReply{Result: StopOK}) {
					t.Errorf("%s: %v", f, m)
				}
			}
		}},
		{"2.5", "The receiving peer issues an Echo-Reply to each Echo-Request received.", func(t *testing.T) {
			e := fixtureNamed(t, "established")
			if got := brief(e.recv(EchoRequest{1}, EchoRequest{1}, EchoRequest{2})); got != "EReply 1/0, EReply 1/0, EReply 1/0" {
				t.Error(got)
			}
		}},
		{"2.5", "if the sender does not receive an Echo Reply in response to an Echo-Request, it will eventually clear " +
			"the control connection.", func(t *testing.T) {
			e := fixtureNamed(t, "up-ours")
			e.tick(time.Minute)
			if got := brief(e.tick(time.Minute)); got != "CallEnded 6, Finished 5" {
				t.Error(got)
			}
		}},
		{"2.6", "The contents of the identify field from the received Echo-Request is copied to this field.",
			func(t *testing.T) {
				for _, id := range []uint32{0, 1, 0x80000000, 0xffffffff} {
					m := messagesOf(fixtureNamed(t, "established").recv(EchoRequest{id}))
					if len(m) != 1 || m[0] != (EchoReply{Identifier: id, Result: EchoOK}) {
						t.Errorf("%#x: %v", id, m)
					}
				}
			}},
		{"2.12", "The call being cleared can be either an incoming or outgoing call, in any state. The PAC responds to " +
			"this message with a Call-Disconnect-Notify message.", func(t *testing.T) {
			for _, f := range []string{"up-outgoing", "up-incoming", "call-wait-connected"} {
				m := messagesOf(fixtureNamed(t, f).recv(CallClearRequest{theirID}))
				if len(m) != 1 || m[0] != (CallDisconnectNotify{CallID: ourID, Result: DisconnectRequest}) {
					t.Errorf("%s: %v", f, m)
				}
			}
			e := fixtureNamed(t, "requested") // not answered: when our side has
			e.recv(CallClearRequest{theirID})
			if got := brief(e.do(AcceptCall{1, ourID})); got != "CDN 4/0, CallEnded 1" {
				t.Error(got)
			}
		}},
		{"2.12", "The Call ID assigned by the PNS to this call. This value is used instead of the Peer's Call ID because " +
			"the latter may not be known to the PNS if the call must be aborted during call establishment.",
			func(t *testing.T) {
				m := messagesOf(fixtureNamed(t, "call-wait-reply").do(ClearCall{CallID: ourID, Result: DisconnectRequest}))
				if len(m) != 1 || m[0] != (CallClearRequest{ourID}) {
					t.Error(m)
				}
			}},
		{"2.13", "It is issued whenever a call is disconnected, due to the receipt by the PAC of a Call-Clear-Request or " +
			"for any other reason.", func(t *testing.T) {
			for _, in := range []Input{
				Received{CallClearRequest{theirID}},
				ClearCall{CallID: ourID, Result: DisconnectLostCarrier},
				Stop{StopLocalShutdown},
			} {
				m := messagesOf(fixtureNamed(t, "up-outgoing").do(in))
				if cdn, ok := m[0].(CallDisconnectNotify); !ok || cdn.CallID != ourID {
					t.Errorf("%#v: %v", in, m)
				}
			}
		}},
		{"3.0", "Receipt of an invalid or malformed Control Connection message should be logged appropriately, and the " +
			"control connection should be closed", func(t *testing.T) {
			var d Decoder
			write(t, &d, []byte{0, 0})
			_, err := d.Next()
			out := fixtureNamed(t, "up-outgoing").do(Malformed{err})
			if got := brief(out); got != "CallEnded 6, Finished 8" {
				t.Error(got)
			}
			if got := out[1].(Finished).Detail; got != "malformed message: message length 0 cannot be, it is 16 to 220 octets" {
				t.Error(got)
			}
		}},
		{"3.1.1", "When the TCP connection is open, the originator transmits a send Start-Control-Connection-Request and " +
			"then enters the wait_ctl_reply state.", func(t *testing.T) {
			e := newEnd(t, client(Config{}))
			if got := brief(e.do(Open{})); got != "SCCR" || e.c.State() != StateWaitReply {
				t.Error(got, e.c.State())
			}
		}},
		{"3.1.1", "In the event of a local termination, the originator MUST send a Stop-Control-Connection-Request and " +
			"enter the wait_stop_reply state.", func(t *testing.T) {
			e := fixtureNamed(t, "established")
			if got := brief(e.do(Stop{StopGeneral})); got != "SCCR" || e.c.State() != StateWaitStopReply {
				t.Error(got, e.c.State())
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.section+" "+tt.sentence, tt.check)
	}
}

func outgoingWith(id uint16) OutgoingCallRequest {
	m := outgoingRequest
	m.CallID = id
	return m
}
