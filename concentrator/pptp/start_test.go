package pptp

import (
	"testing"
	"time"
)

func serverReply(r StartResult) StartControlConnectionReply {
	return StartControlConnectionReply{
		ProtocolVersion:     0x0100,
		Result:              r,
		FramingCapabilities: 3,
		BearerCapabilities:  3,
		MaximumChannels:     65535,
		FirmwareRevision:    1,
		HostName:            "pac",
		VendorName:          "pptpac",
	}
}

func TestServerStart(t *testing.T) {
	with := func(f func(*StartControlConnectionRequest)) StartControlConnectionRequest {
		m := startRequest
		f(&m)
		return m
	}
	established := Established{Vendor: "Microsoft Windows NT", Firmware: 2600}
	tests := []struct {
		name    string
		cfg     Config
		request StartControlConnectionRequest
		want    []Output
		state   State
	}{
		{"Windows", Config{}, startRequest,
			[]Output{Send{serverReply(StartOK)}, established}, StateEstablished},
		{"no capabilities at all", Config{}, with(func(m *StartControlConnectionRequest) {
			m.FramingCapabilities, m.BearerCapabilities = 0, 0
		}), []Output{Send{serverReply(StartOK)}, established}, StateEstablished},
		{"odd capabilities", Config{}, with(func(m *StartControlConnectionRequest) {
			m.FramingCapabilities, m.BearerCapabilities, m.MaximumChannels = 0xffffffff, 0xffffffff, 0xffff
		}), []Output{Send{serverReply(StartOK)}, established}, StateEstablished},
		{"names that would spoil a log", Config{}, with(func(m *StartControlConnectionRequest) {
			m.HostName, m.VendorName = "a\nb", "\x1b[2J"
		}), []Output{Send{serverReply(StartOK)}, Established{Host: "a?b", Vendor: "?[2J", Firmware: 2600}}, StateEstablished},
		{"version 2.0", Config{}, with(func(m *StartControlConnectionRequest) { m.ProtocolVersion = 0x0200 }),
			[]Output{Send{serverReply(StartVersionUnknown)},
				Finished{ConnBadVersion, "the peer speaks PPTP version 2.0, we speak 1.0"}}, StateFinished},
		{"version 0.0", Config{}, with(func(m *StartControlConnectionRequest) { m.ProtocolVersion = 0 }),
			[]Output{Send{serverReply(StartVersionUnknown)},
				Finished{ConnBadVersion, "the peer speaks PPTP version 0.0, we speak 1.0"}}, StateFinished},
		{"over a limit", Config{Refuse: StartNotAuthorized}, startRequest,
			[]Output{Send{serverReply(StartNotAuthorized)},
				Finished{ConnRefusedByUs, "refused: requester is not authorized"}}, StateFinished},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEnd(t, server(tt.cfg))
			want(t, e.do(Open{}))
			want(t, e.recv(tt.request), tt.want...)
			if got := e.c.State(); got != tt.state {
				t.Errorf("state %v, want %v", got, tt.state)
			}
			if tt.state == StateFinished && !e.c.Deadline().IsZero() {
				t.Errorf("Deadline() = %v after the end", e.c.Deadline())
			}
		})
	}
}

func TestServerTellsHowManyCallsItTakes(t *testing.T) {
	e := newEnd(t, server(Config{MaxCalls: 5}))
	e.do(Open{})
	reply := serverReply(StartOK)
	reply.MaximumChannels = 5
	if got := messagesOf(e.recv(startRequest)); len(got) != 1 || got[0] != reply {
		t.Errorf("got %+v, want %+v", got, reply)
	}
}

func TestDuplicateStartRequest(t *testing.T) {
	e := establishedServer(t, Config{})
	want(t, e.recv(startRequest), Send{serverReply(StartAlreadyExists)})
	want(t, e.recv(outgoingRequest), CallRequested{Request: 1, PeerCallID: theirID, PeerWindow: 64, Serial: 3})
}

func TestCallsBeforeTheStartAreNotConnected(t *testing.T) {
	e := newEnd(t, server(Config{}))
	e.do(Open{})
	want(t, e.recv(outgoingRequest),
		Send{OutgoingCallReply{PeerCallID: theirID, Result: CallGeneralError, Error: ErrorNotConnected}})
	want(t, e.recv(incomingRequest),
		Send{IncomingCallReply{PeerCallID: theirID, Result: IncomingGeneralError, Error: ErrorNotConnected}})
	want(t, e.recv(EchoRequest{7}),
		Send{EchoReply{Identifier: 7, Result: EchoGeneralError, Error: ErrorNotConnected}})
	want(t, e.recv(startRequest), Send{serverReply(StartOK)}, Established{Vendor: "Microsoft Windows NT", Firmware: 2600})
}

func TestNothingFirstIsAnError(t *testing.T) {
	e := newEnd(t, server(Config{FirstWithin: 7 * time.Second}))
	want(t, e.do(Open{}))
	want(t, e.tick(7*time.Second), Finished{ConnNoFirstMessage, "no Start-Control-Connection-Request in 7s"})
}

// Neither octets nor messages that lead nowhere buy more time.
func TestFirstWithinIsNotProlonged(t *testing.T) {
	e := newEnd(t, server(Config{}))
	e.do(Open{})
	for range 4 {
		e.sleep(time.Second)
		e.do(Activity{}, Received{EchoRequest{1}}, Received{outgoingRequest})
	}
	want(t, e.tick(time.Second), Finished{ConnNoFirstMessage, "no Start-Control-Connection-Request in 5s"})
}

func TestMessagesThatCannotBeFirst(t *testing.T) {
	e := newEnd(t, server(Config{}))
	e.do(Open{})
	want(t, e.recv(CallClearRequest{1}),
		Finished{ConnProtocolError, "Call-Clear-Request before Start-Control-Connection"})
	want(t, e.recv(startRequest))
}

func TestClientStart(t *testing.T) {
	reply := func(version uint16, r StartResult, code ErrorCode) StartControlConnectionReply {
		m := startOK
		m.ProtocolVersion, m.Result, m.Error = version, r, code
		return m
	}
	established := Established{Host: "lns", Vendor: "other", Firmware: 7}
	tests := []struct {
		name  string
		reply StartControlConnectionReply
		want  []Output
		state State
	}{
		{"success", reply(0x0100, StartOK, 0), []Output{established}, StateEstablished},
		{"0 is success, too", reply(0x0100, 0, 0), []Output{established}, StateEstablished},
		{"exists", reply(0x0100, StartAlreadyExists, 0),
			[]Output{Finished{ConnRefusedByPeer, "Start-Control-Connection-Reply: command channel already exists"}}, StateFinished},
		{"general error", reply(0x0100, StartGeneralError, ErrorNoResource),
			[]Output{Finished{ConnRefusedByPeer, "Start-Control-Connection-Reply: general error: no resource"}}, StateFinished},
		{"not authorized", reply(0x0100, StartNotAuthorized, 0),
			[]Output{Finished{ConnRefusedByPeer, "Start-Control-Connection-Reply: requester is not authorized"}}, StateFinished},
		{"unknown result", reply(0x0100, 99, 0),
			[]Output{Finished{ConnRefusedByPeer, "Start-Control-Connection-Reply: unknown result 99"}}, StateFinished},
		{"our version is refused", reply(0x0200, StartVersionUnknown, 0),
			[]Output{Finished{ConnBadVersion, "the peer speaks PPTP version 2.0, we speak 1.0"}}, StateFinished},
		// "If the version is earlier and not supported, a
		// Stop-Control-Connection-Request SHOULD be sent to the peer and the
		// originator moves into the wait_stop_reply state." (RFC 2637 §3.1.1)
		{"an earlier version", reply(0x0001, StartOK, 0),
			[]Output{Send{StopControlConnectionRequest{StopProtocol}}}, StateWaitStopReply},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEnd(t, client(Config{}))
			want(t, e.do(Open{}), Send{StartControlConnectionRequest{
				ProtocolVersion:     0x0100,
				FramingCapabilities: 3,
				BearerCapabilities:  3,
				FirmwareRevision:    1,
				HostName:            "pns",
				VendorName:          "pptpac",
			}})
			want(t, e.recv(tt.reply), tt.want...)
			if got := e.c.State(); got != tt.state {
				t.Errorf("state %v, want %v", got, tt.state)
			}
		})
	}
}

func TestAStopOverTheVersionKeepsItsCause(t *testing.T) {
	e := newEnd(t, client(Config{}))
	e.do(Open{}, PlaceCall{ourID})
	bad := startOK
	bad.ProtocolVersion = 0x0001
	detail := "the peer speaks PPTP version 0.1, we speak 1.0"
	want(t, e.recv(bad),
		CallEnded{ourID, CallConnectionLost, detail}, Send{StopControlConnectionRequest{StopProtocol}})
	want(t, e.recv(StopControlConnectionReply{Result: StopOK}), Finished{ConnBadVersion, detail})
}

func TestClientWithoutAReply(t *testing.T) {
	e := newEnd(t, client(Config{}))
	e.do(Open{}, PlaceCall{ourID})
	detail := "no Start-Control-Connection-Reply in 30s"
	want(t, e.tick(30*time.Second), CallEnded{ourID, CallConnectionLost, detail}, Finished{ConnNoReply, detail})
}

func TestOpenTwice(t *testing.T) {
	e := newEnd(t, client(Config{}))
	e.do(Open{})
	want(t, e.do(Open{}))
}
