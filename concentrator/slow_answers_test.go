package concentrator

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pptpac/pptpac/aaa"
)

// hang makes the first n questions to AAA wait until the returned function is
// called, whatever their context says; asked tells how many wait.
func (b *bench) hang(n int32) (asked *atomic.Int32, release func()) {
	gate := make(chan struct{})
	asked = new(atomic.Int32)
	b.aaa.before = func(context.Context) error {
		if asked.Add(1) <= n {
			<-gate
		}
		return nil
	}
	open := new(atomic.Bool)
	release = func() {
		if open.CompareAndSwap(false, true) {
			close(gate)
		}
	}
	b.t.Cleanup(release)
	return asked, release
}

// A backend that hangs and heeds no context holds up nobody but the caller: not
// other sessions, not the end of this one. What it says later counts nothing.
func TestHungBackend(t *testing.T) {
	ends := map[string]struct {
		do    func(*bench, *heldClient)
		cause Cause
	}{
		"terminated": {func(b *bench, _ *heldClient) {
			if err := b.server.Terminate(b.server.Sessions()[0].ID, ""); err != nil {
				b.t.Error(err)
			}
		}, CauseAdmin},
		"client gone": {func(_ *bench, h *heldClient) { h.nc.Close() }, CauseLostCarrier},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			b := startServer(t, nil)
			b.aaa.policies["john"] = &aaa.Policy{MaxSessions: 1, ReplaceOldest: true}
			asked, release := b.hang(1)
			h := b.held(b.client(nil))
			b.eventually("the question", func() bool { return asked.Load() == 1 })
			end.do(b, h)
			if e := b.ended(1); e.Cause != end.cause || !e.Refused {
				t.Errorf("ended with %s: %q (refused: %v), want %s", e.Cause, e.Reason, e.Refused, end.cause)
			}
			other, _ := b.dial(b.client(nil))
			release()
			b.server.answers.Wait()
			if n := len(b.server.Sessions()); n != 1 || other.Err() != nil {
				t.Errorf("%d sessions after the late verdict, client %v; want the other one", n, other.Err())
			}
			other.Close()
			b.idle()
		})
	}
}

// An accept that comes when the session is already saying good-bye must not
// throw the user's other session out.
func TestVerdictDuringGoodbyeReplacesNobody(t *testing.T) {
	b := startServer(t, nil)
	b.aaa.policies["john"] = &aaa.Policy{MaxSessions: 1, ReplaceOldest: true}
	first, _ := b.dial(b.client(nil))
	s := &session{srv: b.server, ending: &ending{cause: CauseAdmin}, attempt: 1}
	s.judged(verdictEvent{attempt: 1, verdict: &aaa.Verdict{Result: aaa.Accept, Policy: b.aaa.policies["john"]}})
	if s.hasSlot || first.Err() != nil || b.server.registry.countUser("john") != 1 {
		t.Errorf("slot taken: %v, first session: %v", s.hasSlot, first.Err())
	}
}

// A pool that hangs: the session can be ended, and the address that comes after
// its end goes back.
func TestHungPool(t *testing.T) {
	for name, perSession := range map[string]bool{"shared device": false, "device per session": true} {
		t.Run(name, func(t *testing.T) {
			b := startServer(t, func(c *Config) { c.Dynamic.InterfacePerSession = perSession })
			gate, asked := make(chan struct{}), make(chan struct{}, 10)
			wait := func() { asked <- struct{}{}; <-gate }
			b.pools.gate.Store(&wait)
			h := b.held(b.client(nil))
			<-asked
			if err := b.server.Terminate(b.server.Sessions()[0].ID, "test"); err != nil {
				t.Error(err)
			}
			<-h.Done()
			if e := b.ended(1); e.Cause != CauseAdmin || !e.Refused {
				t.Errorf("ended with %s: %q", e.Cause, e.Reason)
			}
			b.pools.gate.Store(nil)
			b.works()
			close(gate)
			b.server.answers.Wait()
			b.idle()
			if devices := b.wire.Left.Devices(); len(devices) != 1 && !perSession || len(devices) != 0 && perSession {
				t.Errorf("devices left open: %v", devices)
			}
		})
	}
}

// A pool that never answers is not waited for longer than a set-up may take.
func TestSetupTimeoutNamesThePool(t *testing.T) {
	b := startServer(t, func(c *Config) { c.Server.SetupTimeout = 200 * time.Millisecond })
	gate := make(chan struct{})
	wait := func() { <-gate }
	b.pools.gate.Store(&wait)
	defer close(gate)
	err := b.dialError(b.client(nil))
	if e := b.ended(1); e.Cause != CauseSetupTimeout || e.Reason != "no answer from the address pool within 200ms" {
		t.Errorf("ended with %s: %q; the client says %v", e.Cause, e.Reason, err)
	}
}

// A data plane that fails when IP should pass: no accounting, everything back.
func TestStopDuringLayerUp(t *testing.T) {
	b := startServer(t, nil)
	failure := errors.New("no route to anywhere")
	b.plane.forward.Store(&failure)
	err := b.dialError(b.client(nil))
	e := b.ended(1)
	if e.Cause != CauseDataPlane || e.Reason != "no route to anywhere" || !e.Refused || !e.Connected.IsZero() {
		t.Errorf("ended with %s: %q (refused: %v); the client says %v", e.Cause, e.Reason, e.Refused, err)
	}
	b.plane.forward.Store(nil)
	b.idle()
	b.works()
	b.idle()
}

// A client that negotiates LCP anew in an open session keeps its address, its
// slot and its accounting.
func TestRenegotiation(t *testing.T) {
	var lines logLines
	b := startServer(t, nil, func(s *Server) { s.log = lines.logger() })
	b.aaa.policies["john"] = &aaa.Policy{MaxSessions: 1}
	h := b.dialHeld(b.client(nil))
	before := b.server.Sessions()[0]
	for i := range 3 {
		// A Configure-Request out of the blue takes the link down to LCP.
		if err := h.tunnel.SendControl([]byte{0xc0, 0x21, 1, byte(100 + i), 0, 4}); err != nil {
			t.Fatal(err)
		}
		b.eventually("the link to come back", func() bool {
			return lines.count("link negotiated anew") >= i+1 && lines.count("connected again") >= i+1 || h.Err() != nil
		})
		if h.Err() != nil {
			t.Fatal(h.Err())
		}
	}
	after := b.server.Sessions()[0]
	if after.Remote != before.Remote || after.Stage != StageConnected || !after.Connected.Equal(before.Connected) || b.pools.leased() != 1 {
		t.Errorf("session was %+v, is %+v, with %d addresses leased", before, after, b.pools.leased())
	}
	if n := b.server.registry.countUser("john"); n != 1 {
		t.Errorf("john has %d slots, want 1", n)
	}
	h.Close()
	b.idle()
	for _, stage := range stages[:len(stages)-1] {
		if n := lines.count(`"level":"info"`, `"stage":"`+string(stage)+`"`); n != 1 {
			t.Errorf("stage %s is told %d times, want once", stage, n)
		}
	}
}

// Nothing that lets somebody in is in the log, at any level.
func TestLogHasNoSecrets(t *testing.T) {
	var lines logLines
	b := startServer(t, func(c *Config) { c.Dynamic.PAP, c.Dynamic.Encryption = true, 0 }, func(s *Server) {
		s.log = lines.logger()
		s.accounting.log = s.log
		s.timing.recordPause = time.Millisecond
	})
	b.aaa.failures.Store(1000) // so that records are logged
	const password = "pa55word-in-clear"
	b.aaa.passwords["john"] = password
	for _, pap := range []bool{true, false} {
		o := b.client(func(c *ClientConfig) { c.PAP, c.MSCHAPv2, c.Encryption = pap, !pap, 0 })
		o.Credentials = credentials(password)
		c, _ := b.dial(o)
		c.Close()
		o.Credentials = credentials("wr0ng-in-clear")
		_ = b.dialError(o)
	}
	b.stop()
	text := lines.text()
	for _, secret := range []string{password, "wr0ng-in-clear"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !strings.Contains(text, "accounting record lost") || !strings.Contains(text, "wrong password") {
		t.Error("the log does not tell of lost records and refused users")
	}
}
