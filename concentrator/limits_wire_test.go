package concentrator

import (
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// Every limit is answered with its own result on the wire.
func TestLimitsOnTheWire(t *testing.T) {
	tests := []struct {
		name   string
		server func(*Config)
		result pptp.CallResult
	}{
		{"max-calls", func(c *Config) { c.Server.MaxCalls = 1 }, pptp.CallBusy},
		{"max-sessions", func(c *Config) { c.Server.MaxSessions = 1 }, pptp.CallBusy},
		{"max-starting", func(c *Config) { c.Server.MaxStarting = 1 }, pptp.CallBusy},
		{"max-starting-per-source", func(c *Config) { c.Server.MaxStartingSource = 1 }, pptp.CallBusy},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := startServer(t, test.server)
			r := b.raw()
			r.start()
			r.call(1)
			r.send(callRequest(2))
			if m := reply[pptp.OutgoingCallReply](r); m.Result != test.result || m.PeerCallID != 2 {
				t.Errorf("second call: %s for %d, want %s for 2", m.Result, m.PeerCallID, test.result)
			}
			r.send(pptp.IncomingCallRequest{CallID: 3})
			if m := reply[pptp.IncomingCallReply](r); m.Result != pptp.IncomingDoNotAccept || m.PeerCallID != 3 {
				t.Errorf("incoming call: %s for %d, want %s", m.Result, m.PeerCallID, pptp.IncomingDoNotAccept)
			}
			r.send(pptp.CallClearRequest{CallID: 1})
			reply[pptp.CallDisconnectNotify](r)
			b.idleCalls()
			r.call(4)
		})
	}
}

// idleCalls waits for the calls, not for the connections.
func (b *bench) idleCalls() {
	b.t.Helper()
	b.eventually("calls to end", func() bool {
		sessions, starting := b.server.limits.inUse()
		return sessions+starting == 0 && len(b.server.Sessions()) == 0
	})
}

func TestDisabledServerDoesNotAccept(t *testing.T) {
	b := startServer(t, func(c *Config) { c.Dynamic.Enabled = false })
	r := b.raw()
	r.start()
	r.send(callRequest(2))
	if m := reply[pptp.OutgoingCallReply](r); m.Result != pptp.CallDoNotAccept {
		t.Errorf("call: %s, want %s", m.Result, pptp.CallDoNotAccept)
	}
}

func TestMaxPerSourceIsToldAndBounded(t *testing.T) {
	b := startServer(t, func(c *Config) { c.Server.MaxPerSource = 2 }, func(s *Server) { s.timing.refuse = 200 * time.Millisecond })
	first, second := b.raw(), b.raw()
	first.start()
	second.start()
	third := b.raw()
	third.send(startRequest, callRequest(1))
	if m := reply[pptp.StartControlConnectionReply](third); m.Result != pptp.StartNotAuthorized {
		t.Errorf("third connection: %s, want %s", m.Result, pptp.StartNotAuthorized)
	}
	third.closed()
	// Refused ones that say nothing are closed, and many at once, too.
	silent := make([]*rawClient, 3*refusalsAtOnce)
	for i := range silent {
		silent[i] = b.raw()
	}
	for _, r := range silent {
		r.closed()
	}
	first.reset()
	b.eventually("a place", func() bool {
		r := b.raw()
		r.send(startRequest)
		m, ok := r.next().(pptp.StartControlConnectionReply)
		r.nc.Close()
		return ok && m.Result == pptp.StartOK
	})
}

// exhausted is a listener without file descriptors.
type exhausted struct {
	net.Listener
	mu       sync.Mutex
	failures int
	left     int
}

func (l *exhausted) Accept() (net.Conn, error) {
	l.mu.Lock()
	if l.left > 0 {
		l.left--
		l.failures++
		l.mu.Unlock()
		return nil, fmt.Errorf("accept: %w", syscall.EMFILE)
	}
	l.mu.Unlock()
	return l.Listener.Accept()
}

func TestAcceptWithoutDescriptors(t *testing.T) {
	const pause = 20 * time.Millisecond
	var l *exhausted
	b := startServer(t, nil, func(s *Server) {
		l = &exhausted{Listener: s.listeners[0], left: 5}
		s.listeners[0] = l
		s.timing.acceptPause = pause
	})
	began := time.Now()
	b.works() // it recovers
	if took := time.Since(began); took < 4*pause {
		t.Errorf("five failures in %v: it turns at full speed", took)
	}
	if l.failures != 5 {
		t.Errorf("%d failures, want 5", l.failures)
	}
}
