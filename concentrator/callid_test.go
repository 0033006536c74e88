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
	c.release(local, 4712, now.Add(time.Second))
	c.release(local, 4713, now.Add(2*time.Second))
	// 4711 has rested enough; 4712 is the one that rested longest when there is
	// nothing else.
	for _, step := range []struct {
		after time.Duration
		want  uint16
	}{{time.Minute, 4711}, {time.Minute, 4712}, {time.Minute, 4713}} {
		if id, err := c.reserve(local, now.Add(step.after)); err != nil || id != step.want {
			t.Errorf("after %s: id %d, error %v, want %d", step.after, id, err, step.want)
		}
	}
	if _, err := c.reserve(local, now.Add(time.Hour)); !errors.Is(err, errNoCallID) {
		t.Errorf("all in use: error %v, want %v", err, errNoCallID)
	}
}

// While others are free, an id is not used again within the hold-down.
func TestCallIDHoldDown(t *testing.T) {
	c := newCallIDs(rand.Reader, time.Minute)
	local, now := netip.MustParseAddr("192.0.2.1"), time.Unix(1000, 0)
	seen := map[uint16]bool{}
	for i := range 60000 {
		id, err := c.reserve(local, now.Add(time.Duration(i)*time.Millisecond))
		if err != nil || seen[id] {
			t.Fatalf("reservation %d: id %d again, error %v", i, id, err)
		}
		seen[id] = true
		c.release(local, id, now.Add(time.Duration(i)*time.Millisecond))
	}
	if used := len(c.tables[local].used); used != 60000 {
		t.Errorf("%d ids are resting, want 60000", used)
	}
	if _, err := c.reserve(local, now.Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if used := len(c.tables[local].used); used != 1 {
		t.Errorf("%d ids are in use after the hold-down, want 1", used)
	}
}
