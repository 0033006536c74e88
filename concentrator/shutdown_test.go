package concentrator

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
)

// Fifty sessions whose clients neither answer nor read, and one whose backend
// hangs, are gone within shutdown-timeout, each accounted for.
func TestShutdownIsBounded(t *testing.T) {
	const timeout = 2 * time.Second
	b := startServer(t, func(c *Config) { c.Server.ShutdownTimeout = timeout })
	for range 50 {
		b.dialHeld(b.client(nil))
	}
	asked, _ := b.hang(1)
	b.held(b.client(nil))
	b.eventually("the question", func() bool { return asked.Load() == 1 })
	// From now on nobody hears anybody.
	deaf := func([]byte) [][]byte { return nil }
	b.wire.Impair(deaf, deaf)
	began := time.Now()
	b.stop()
	if took := time.Since(began); took > timeout+accountingGrace {
		t.Errorf("shutdown took %v, want at most %v", took, timeout)
	}
	for _, e := range b.server.Ended() {
		if e.Cause != CauseShutdown {
			t.Errorf("session %s ended with %s", e.ID, e.Cause)
		}
		records := b.aaa.recordsOf(e.ID)
		if e.Refused && len(records) != 0 || !e.Refused && (len(records) != 2 || records[1].TerminateCause != aaa.AdminReboot) {
			t.Errorf("session %s (refused: %v) has %d records", e.ID, e.Refused, len(records))
		}
	}
	if n := len(b.server.Ended()); n != 51 {
		t.Errorf("%d sessions ended, want 51", n)
	}
}

// Calls that come while the server stops are refused, and none outlives it.
func TestNoCallDuringShutdown(t *testing.T) {
	b := startServer(t, func(c *Config) { c.Server.ShutdownTimeout = time.Second })
	clients := make([]*rawClient, 20)
	for i := range clients {
		clients[i] = b.raw()
		clients[i].start()
	}
	go func() { // ends when the server has closed the connections
		for id := range uint16(200) {
			for _, r := range clients {
				_ = r.write(callRequest(id).AppendTo(nil))
			}
		}
	}()
	b.stop()
	if n := len(b.server.Sessions()); n != 0 || b.wire.Left.Tunnels() != 0 {
		t.Errorf("%d sessions, %d tunnels after the shutdown", n, b.wire.Left.Tunnels())
	}
	if err := b.server.Reconfigure(*b.server.Config()); err == nil {
		t.Error("a stopped server took a configuration")
	}
}

// Records of a session keep their order through faults of the backends.
func TestRecordsAreRetriedInOrder(t *testing.T) {
	f := newFakeAAA()
	f.failures.Store(accountingAttempts - 1)
	a := newAccounting(f, zerolog.Nop())
	a.start(time.Microsecond)
	for i := range 100 {
		for _, typ := range []aaa.RecordType{aaa.Start, aaa.Interim, aaa.Stop} {
			a.add(&aaa.Record{SessionID: fmt.Sprint(i), Type: typ})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a.close(ctx)
	for i := range 100 {
		records := f.recordsOf(fmt.Sprint(i))
		if len(records) != 3 || records[0].Type != aaa.Start || records[1].Type != aaa.Interim || records[2].Type != aaa.Stop {
			t.Errorf("session %d: %d records, or in another order", i, len(records))
		}
	}
}

// A record that nobody takes stands in the log, whatever the reason.
func TestNoRecordIsLostSilently(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	tests := map[string]struct {
		failures int32
		closing  context.Context
		do       func(*accounting)
		lost     int
	}{
		"refused for ever": {1e6, context.Background(), func(a *accounting) { a.add(&aaa.Record{SessionID: "x1"}) }, 1},
		"after the end":    {0, gone, func(a *accounting) { a.close(gone); a.add(&aaa.Record{SessionID: "x1"}) }, 1},
		"lane is full": {1e6, gone, func(a *accounting) {
			for range accountingQueue + 2 { // one may be under way
				a.add(&aaa.Record{SessionID: "x1"})
			}
		}, accountingQueue + 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var lines logLines
			f := newFakeAAA()
			f.failures.Store(test.failures)
			a := newAccounting(f, lines.logger())
			a.start(time.Microsecond)
			test.do(a)
			if !a.closed {
				a.close(test.closing)
			}
			if n := lines.count("accounting record lost", `"SessionID":"x1"`); n != test.lost {
				t.Errorf("%d records in the log, want %d", n, test.lost)
			}
		})
	}
}

// A listener that cannot be had leaves no device and no other listener behind.
func TestListenLeavesNothingBehind(t *testing.T) {
	b := startServer(t, nil)
	cfg := *b.server.Config()
	cfg.Server.Listen = append(cfg.Server.Listen[:1:1], b.server.Addrs()[0])
	cfg.Dynamic.Device = "other0"
	s, err := New(Options{Config: cfg, Plane: b.plane, AAA: b.aaa, Pools: b.pools, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err == nil {
		t.Fatal("a taken port was listened to")
	}
	if devices := b.wire.Left.Devices(); len(devices) != 1 || len(s.Addrs()) != 0 {
		t.Errorf("devices %v, listeners %v", devices, s.Addrs())
	}
	failure := errors.New("no /dev/net/tun")
	b.plane.openDevice.Store(&failure)
	if err := s.Listen(); !errors.Is(err, failure) {
		t.Errorf("listen: %v, want %v", err, failure)
	}
}
