package concentrator

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// CVE-2021-42870, CVE-2022-21972: calls that are cleared before, after and
// while they come up.
func TestCallsThatComeAndGo(t *testing.T) {
	runControlInputs(t, []controlInput{
		{name: "clear before the call", do: func(b *bench) {
			r := b.raw()
			r.send(startRequest, pptp.CallClearRequest{CallID: 1}, callRequest(1), pptp.CallClearRequest{CallID: 1})
			r.nc.Close()
		}},
		{name: "clear after the call, then silence", server: func(c *Config) { c.Server.SetupTimeout = 200 * time.Millisecond }, do: func(b *bench) {
			r := b.raw()
			r.start()
			r.call(1)
			r.send(pptp.CallClearRequest{CallID: 1})
			reply[pptp.CallDisconnectNotify](r)
			r.nc.Close()
		}},
		{name: "start, call, clear, gone at once, fifty times", do: func(b *bench) {
			for i := range 50 {
				r := b.raw()
				r.send(startRequest, callRequest(uint16(i)), pptp.CallClearRequest{CallID: uint16(i)})
				if i%2 == 0 {
					r.reset()
				} else {
					r.nc.Close()
				}
			}
		}},
		{name: "clear, stop and FIN in one segment", do: func(b *bench) {
			for range 20 {
				r := b.raw()
				r.start()
				r.call(9)
				r.send(pptp.CallClearRequest{CallID: 9}, stopRequest)
				_ = r.nc.CloseWrite()
				r.closed()
			}
			for _, e := range b.server.Ended() {
				if e.Cause != CauseUserRequest {
					b.t.Errorf("ended with %s: %q, want %s", e.Cause, e.Reason, CauseUserRequest)
				}
			}
		}},
		{name: "clear, stop and FIN at the same time", do: func(b *bench) {
			for range 20 {
				r := b.raw()
				r.start()
				r.call(9)
				var all sync.WaitGroup
				all.Go(func() { r.send(pptp.CallClearRequest{CallID: 9}) })
				all.Go(func() { r.send(stopRequest) })
				all.Go(func() { _ = r.nc.CloseWrite() })
				all.Wait()
				r.closed()
			}
		}},
		{name: "second start, second call with the same id", do: func(b *bench) {
			r := b.raw()
			r.start()
			r.call(4)
			r.send(startRequest)
			if m := reply[pptp.StartControlConnectionReply](r); m.Result != pptp.StartAlreadyExists {
				b.t.Errorf("second start: %s", m.Result)
			}
			r.send(callRequest(4))
			if m := reply[pptp.OutgoingCallReply](r); m.Result != pptp.CallGeneralError || m.Error != pptp.ErrorBadCallID {
				b.t.Errorf("second call: %s, %s", m.Result, m.Error)
			}
			r.nc.Close()
		}},
		{name: "call before the start", do: func(b *bench) {
			r := b.raw()
			r.send(callRequest(4))
			if m := reply[pptp.OutgoingCallReply](r); m.Result != pptp.CallGeneralError || m.Error != pptp.ErrorNotConnected || m.PeerCallID != 4 {
				b.t.Errorf("call: %s, %s for %d", m.Result, m.Error, m.PeerCallID)
			}
			r.nc.Close()
		}},
		{name: "bad version", do: func(b *bench) {
			r := b.raw()
			r.send(pptp.StartControlConnectionRequest{ProtocolVersion: 0x0201})
			if m := reply[pptp.StartControlConnectionReply](r); m.Result != pptp.StartVersionUnknown {
				b.t.Errorf("start: %s", m.Result)
			}
			r.closed()
		}},
		{name: "call ids are echoed as they are", do: func(b *bench) { // accel-ppp d76b2f6c
			r := b.raw()
			r.start()
			ours := r.call(0x1234)
			r.send(pptp.CallClearRequest{CallID: 0x1234})
			if m := reply[pptp.CallDisconnectNotify](r); m.CallID != ours || m.Result != pptp.DisconnectRequest {
				b.t.Errorf("notify for call %#x: %s, want %#x", m.CallID, m.Result, ours)
			}
			r.nc.Close()
		}},
		{name: "an incoming call of an old PAC", do: func(b *bench) {
			r := b.raw()
			r.start()
			r.send(pptp.IncomingCallRequest{CallID: 0x2001, DialingNumber: "5551212"})
			m := reply[pptp.IncomingCallReply](r)
			if m.Result != pptp.IncomingConnect || m.PeerCallID != 0x2001 {
				b.t.Fatalf("incoming call: %s for %#x", m.Result, m.PeerCallID)
			}
			r.send(pptp.IncomingCallConnected{PeerCallID: m.CallID, RecvWindow: 16})
			b.eventually("PPP to begin", func() bool {
				_, state, ok := b.wire.Left.Lookup(netip.MustParseAddr("127.0.0.1"), m.CallID)
				return ok && state.Spec.PeerCallID == 0x2001 && state.Spec.PeerWindow == 16
			})
			r.send(pptp.CallDisconnectNotify{CallID: 0x2001, Result: pptp.DisconnectLostCarrier})
			r.nc.Close()
		}},
		{name: "five calls of one connection", do: func(b *bench) {
			r := b.raw()
			r.start()
			ids := map[uint16]bool{}
			for i := range uint16(5) {
				ids[r.call(i)] = true // peer call id 0 is one of them
			}
			if n := len(b.server.Sessions()); n != 5 || len(ids) != 5 {
				b.t.Errorf("%d sessions with %d call ids, want 5", n, len(ids))
			}
			r.send(pptp.CallClearRequest{CallID: 2})
			reply[pptp.CallDisconnectNotify](r)
			b.eventually("one call to end", func() bool { return len(b.server.Sessions()) == 4 })
			r.reset()
		}},
		{name: "two clients with the same call id", do: func(b *bench) {
			one, two := b.raw(), b.raw()
			one.start()
			two.start()
			if one.call(0) == two.call(0) {
				b.t.Error("two calls with the same id of ours")
			}
			one.reset()
			two.nc.Close()
		}},
	})
}

// Every wait for a client is bounded, and the end names what was waited for.
func TestSilentClients(t *testing.T) {
	short := func(c *Config) {
		c.Server.FirstTimeout, c.Server.SetupTimeout = 100*time.Millisecond, 200*time.Millisecond
	}
	tests := []struct {
		name   string
		server func(*Config)
		do     func(*rawClient)
		cause  Cause // "": no session
		reason string
	}{
		{name: "before the start", server: short, do: func(*rawClient) {}},
		{name: "half a message", server: short, do: func(r *rawClient) { _ = r.write(startRequest.AppendTo(nil)[:100]) }},
		{name: "after the start", server: short, do: func(r *rawClient) { r.start() }},
		{name: "after the call", server: short, do: func(r *rawClient) { r.start(); r.call(1) }, cause: CauseNoFrames, reason: "no PPP frame from 127.0.0.1 in 0 s: is GRE (protocol 47) blocked?"},
		{name: "incoming call that is never connected", server: short, do: func(r *rawClient) {
			r.start()
			r.send(pptp.IncomingCallRequest{CallID: 3})
		}, cause: CauseSetupTimeout, reason: "no Incoming-Call-Connected within 200ms"},
		{name: "dead at the end of echoes", server: func(c *Config) {
			c.Server.EchoInterval, c.Server.EchoTimeout = 50*time.Millisecond, 50*time.Millisecond
		},
			do: func(r *rawClient) { r.start(); r.call(1) }, cause: CauseLostCarrier, reason: "the control connection was lost: no answer to Echo-Request in 50ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := startServer(t, test.server, func(s *Server) { s.timing.goodbye = 50 * time.Millisecond })
			r := b.raw()
			test.do(r)
			if test.cause != "" {
				// The calls' deadlines are the machine's, too: either may be first.
				if e := b.ended(1); e.Cause != test.cause && e.Cause != CauseLostCarrier || e.Cause == test.cause && e.Reason != test.reason {
					t.Errorf("ended with %s: %q, want %s: %q", e.Cause, e.Reason, test.cause, test.reason)
				}
				r.nc.Close()
			}
			r.closed()
			b.idle()
		})
	}
}

// A client behind a firewall that drops GRE gives up by itself: the end has to
// say why all the same.
func TestBlockedGREIsNamedAtTheEnd(t *testing.T) {
	for name, end := range map[string]func(*rawClient){
		"clear": func(r *rawClient) { r.send(pptp.CallClearRequest{CallID: 1}) },
		"stop":  func(r *rawClient) { r.send(stopRequest) },
		"FIN":   func(r *rawClient) { r.nc.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			b := startServer(t, nil, func(s *Server) { s.timing.noFramesEnd = 0 })
			r := b.raw()
			r.start()
			r.call(1)
			b.eventually("PPP to begin", func() bool { return len(b.server.Sessions()) == 1 })
			end(r)
			e := b.ended(1)
			if e.Cause != CauseNoFrames || !strings.HasPrefix(e.Reason, "no PPP frame from 127.0.0.1 in 0 s: is GRE (protocol 47) blocked? Then ") {
				t.Errorf("ended with %s: %q", e.Cause, e.Reason)
			}
		})
	}
}

// A TCP connection that breaks after any number of PPP frames leaves nothing.
func TestTCPBreaksDuringSetup(t *testing.T) {
	runControlInputs(t, []controlInput{{name: "after every frame", do: func(b *bench) {
		for n := 1; n <= 20; n++ {
			var mu sync.Mutex
			frames, broken := 0, make(chan struct{})
			var h *heldClient
			cut := func(p []byte) [][]byte {
				mu.Lock()
				defer mu.Unlock()
				if frames++; frames == n {
					close(broken)
				}
				return [][]byte{p}
			}
			b.wire.Impair(cut, cut)
			h = b.held(b.client(nil))
			select {
			case <-broken:
			case <-h.up: // fewer frames than that
			}
			if n%2 == 0 {
				_ = h.nc.SetLinger(0)
			}
			h.nc.Close()
			<-h.Done()
		}
		b.wire.Impair(nil, nil)
		b.idle()
	}}})
}

// Whatever ends a session and however much of it at once: one end.
func TestOneEndForABurstOfEnds(t *testing.T) {
	b := startServer(t, nil)
	for i := range 10 {
		h := b.dialHeld(b.client(nil))
		sessions := b.server.Sessions()
		var burst []byte
		for _, m := range []pptp.Message{pptp.CallClearRequest{CallID: h.call.callID}, stopRequest} {
			burst = m.AppendTo(burst)
		}
		if err := h.tunnel.SendControl([]byte{0xc0, 0x21, 5, 200, 0, 4}); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := b.server.Terminate(sessions[0].ID, ""); err != nil {
				t.Error(err)
			}
		}
		_, _ = h.nc.Write(burst)
		_ = h.nc.CloseWrite()
		<-h.Done()
		b.ended(i + 1)
	}
	b.idle()
	if n := len(b.server.Ended()); n != 10 {
		t.Errorf("%d ended sessions, want 10", n)
	}
}

// A client whose TCP is reset in mid-call ends as a lost carrier.
func TestResetInMidCall(t *testing.T) {
	b := startServer(t, nil)
	h := b.dialHeld(b.client(nil))
	_ = h.nc.SetLinger(0)
	h.nc.Close()
	if e := b.ended(1); e.Cause != CauseLostCarrier || !strings.Contains(e.Reason, "the peer ") {
		t.Errorf("ended with %s: %q", e.Cause, e.Reason)
	}
	b.idle()
}
