package concentrator

import (
	"crypto/rand"
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestCallIDsAreUniqueAndNeverZero(t *testing.T) {
	c := newCallIDs(rand.Reader, time.Minute)
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	now := time.Unix(1000, 0)
	seen := make(map[uint16]bool)
	for i := range 65535 {
		id, err := c.reserve(here, now)
		if err != nil {
			t.Fatalf("reservation %d: %v", i, err)
		}
		if id == 0 || seen[id] {
			t.Fatalf("reservation %d: id %d is zero or given twice", i, id)
		}
		seen[id] = true
	}
	if _, err := c.reserve(here, now); !errors.Is(err, errNoCallID) {
		t.Errorf("reservation of a 65,536th id: error %v, want %v", err, errNoCallID)
	}
	if _, err := c.reserve(there, now); err != nil {
		t.Errorf("another local address: %v", err)
	}
}

func TestCallIDRestsBeforeReuse(t *testing.T) {
	c := newCallIDs(rand.Reader, time.Minute)
	local := netip.MustParseAddr("192.0.2.1")
	now := time.Unix(1000, 0)
	for range 65535 {
		if _, err := c.reserve(local, now); err != nil {
			t.Fatal(err)
		}
	}
	c.release(local, 4711, now)
	if _, err := c.reserve(local, now.Add(time.Minute-1)); !errors.Is(err, errNoCallID) {
		t.Errorf("within the hold-down: error %v, want %v", err, errNoCallID)
	}
	id, err := c.reserve(local, now.Add(time.Minute))
	if err != nil || id != 4711 {
		t.Errorf("after the hold-down: id %d, error %v, want 4711", id, err)
	}
}
