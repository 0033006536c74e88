// Package pooltest is the conformance suite of pool.Manager: what every
// implementation has to do, whatever it keeps its leases in.
package pooltest

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pptpac/pptpac/pool"
)

// Harness makes the managers that Run tests. Both functions end the test when
// they fail, and see to it that what they open is closed with the test.
type Harness struct {
	// Open gives a manager of these pools without a lease. The time is what now
	// returns.
	Open func(t *testing.T, cfgs []pool.Config, now func() time.Time) pool.Manager
	// Crash ends the manager as if its process had died, and gives the manager
	// of the next process. Leases wait a minute for Adopt.
	Crash func(t *testing.T, m pool.Manager, cfgs []pool.Config, now func() time.Time) pool.Manager
}

// Clock is a clock that goes only when it is told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock that stands at noon.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets d pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Config is a pool of these ranges with a quarantine of a minute.
func Config(t *testing.T, name, ranges string) pool.Config {
	t.Helper()
	rs, err := pool.ParseRanges(ranges)
	if err != nil {
		t.Fatal(err)
	}
	return pool.Config{Name: name, Ranges: rs, Quarantine: time.Minute}
}

// Run tests the managers that h makes.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *run)
	}{
		{"addresses are given once", testUnique},
		{"many at once", testConcurrent},
		{"unknown pool", testUnknown},
		{"next pool", testNextPool},
		{"quarantine", testQuarantine},
		{"the same user gets his address back", testSticky},
		{"natural class edges", testNaturalEdges},
		{"excluded addresses", testExclude},
		{"release", testRelease},
		{"claim", testClaim},
		{"configure keeps leases", testConfigure},
		{"configure there and back", testConfigureBack},
		{"configure refuses contradictions", testConfigureBad},
		{"listing", testListing},
		{"a crash keeps leases for their owners", testCrashAdopt},
		{"a crash quarantines leases", testCrashQuarantine},
		{"close", testClose},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, &run{Harness: h, clock: NewClock()}) })
	}
}

// run is one test with its clock and manager.
type run struct {
	Harness
	clock *Clock
	m     pool.Manager
	count int
}

func (r *run) open(t *testing.T, cfgs ...pool.Config) {
	t.Helper()
	r.m = r.Open(t, cfgs, r.clock.Now)
}

// acquire leases an address for a new owner.
func (r *run) acquire(t *testing.T, name, user string) pool.Lease {
	t.Helper()
	r.count++
	l, err := r.m.Acquire(name, pool.Request{Owner: fmt.Sprintf("session-%d", r.count), User: user})
	if err != nil {
		t.Fatalf("Acquire(%q) for %q: %v", name, user, err)
	}
	return l
}

// exhausted wants the pool to have nothing for the user.
func (r *run) exhausted(t *testing.T, name, user string) {
	t.Helper()
	l, err := r.m.Acquire(name, pool.Request{Owner: "too-late", User: user})
	if !errors.Is(err, pool.ErrExhausted) {
		t.Fatalf("Acquire(%q) for %q = %v, %v, want ErrExhausted", name, user, l.Addr, err)
	}
}

func (r *run) release(t *testing.T, l pool.Lease) {
	t.Helper()
	if err := r.m.Release(l); err != nil {
		t.Fatalf("Release(%v): %v", l.Addr, err)
	}
}

func wantAddr(t *testing.T, got pool.Lease, want string) {
	t.Helper()
	if got.Addr != netip.MustParseAddr(want) {
		t.Fatalf("got %v, want %s", got.Addr, want)
	}
}

func wantEqual(t *testing.T, got, want any) {
	t.Helper()
	ignore := []cmp.Option{cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateApproxTime(0), cmpopts.EquateEmpty()}
	if d := cmp.Diff(want, got, ignore...); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
}
