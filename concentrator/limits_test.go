package concentrator

import (
	"net/netip"
	"testing"
)

var (
	alice = netip.MustParseAddr("192.0.2.1")
	bob   = netip.MustParseAddr("192.0.2.2")
)

func TestLimits(t *testing.T) {
	l := newLimits(ServerConfig{MaxSessions: 3, MaxStarting: 2, MaxPerSource: 2, MaxStartingSource: 1})
	want := func(err error, refused string) {
		t.Helper()
		switch {
		case refused == "" && err != nil:
			t.Errorf("refused: %v", err)
		case refused != "" && err == nil:
			t.Errorf("admitted, want %q", refused)
		case refused != "" && err.Error() != refused:
			t.Errorf("refused with %q, want %q", err, refused)
		}
	}
	want(l.connect(alice), "")
	want(l.connect(alice), "max-starting-per-source = 1 is reached for 192.0.2.1") // its first connection has no call yet
	l.called(alice)
	want(l.connect(alice), "")
	l.called(alice)
	want(l.connect(alice), "max-per-source = 2 is reached for 192.0.2.1")
	want(l.connect(bob), "")
	l.disconnect(alice, false)
	want(l.connect(alice), "")
	want(l.connect(netip.MustParseAddr("192.0.2.3")), "max-starting = 2 is reached")
	l.disconnect(bob, true)
	want(l.connect(netip.MustParseAddr("192.0.2.3")), "")

	want(l.call(alice), "")
	want(l.call(alice), "max-starting-per-source = 1 is reached for 192.0.2.1")
	want(l.call(bob), "")
	want(l.call(netip.MustParseAddr("192.0.2.3")), "max-starting = 2 is reached")
	l.established(alice)
	want(l.call(alice), "")
	want(l.call(bob), "max-sessions = 3 is reached")
	l.hungUp()
	l.aborted(bob)
	want(l.call(bob), "")
	if sessions, starting := l.inUse(); sessions != 0 || starting != 2 {
		t.Errorf("in use: %d sessions, %d starting, want 0, 2", sessions, starting)
	}
}

// A source that left costs no memory.
func TestLimitsForgetSources(t *testing.T) {
	l := newLimits(ServerConfig{MaxPerSource: 1})
	for i := range 1000 {
		a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		if err := l.connect(a); err != nil {
			t.Fatal(err)
		}
		if err := l.connect(a); err == nil {
			t.Fatal("second connection admitted")
		}
		if err := l.call(a); err != nil {
			t.Fatal(err)
		}
		l.aborted(a)
		l.disconnect(a, true)
	}
	if len(l.sources) != 0 {
		t.Errorf("%d sources remembered, want none", len(l.sources))
	}
}
