package pooltest

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pptpac/pptpac/pool"
)

func testUnique(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1-10.0.0.3,10.0.9.0/30,10.1.0.1"))
	seen := map[netip.Addr]bool{}
	for range 8 {
		l := r.acquire(t, "a", "")
		if l.Pool != "a" || seen[l.Addr] {
			t.Fatalf("lease %+v: wrong pool or given twice", l)
		}
		seen[l.Addr] = true
	}
	r.exhausted(t, "a", "")
}

func testConcurrent(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1-10.0.0.200"))
	var mu sync.Mutex
	held := map[netip.Addr]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				l, err := r.m.Acquire("a", pool.Request{Owner: fmt.Sprintf("%d/%d", w, i), User: fmt.Sprint(w)})
				mu.Lock()
				if err != nil || held[l.Addr] {
					t.Errorf("Acquire = %v, %v: held already: %v", l.Addr, err, held[l.Addr])
				}
				held[l.Addr] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(held) != 200 {
		t.Errorf("got %d addresses, want 200", len(held))
	}
}

func testUnknown(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1"))
	if _, err := r.m.Acquire("b", pool.Request{Owner: "x"}); !errors.Is(err, pool.ErrUnknownPool) {
		t.Errorf("Acquire = %v, want ErrUnknownPool", err)
	}
	if _, err := r.m.Leases("b"); !errors.Is(err, pool.ErrUnknownPool) {
		t.Errorf("Leases = %v, want ErrUnknownPool", err)
	}
	if _, err := r.m.Acquire("a", pool.Request{}); err == nil {
		t.Error("Acquire without an owner = nil, want an error")
	}
}

func testNextPool(t *testing.T, r *run) {
	a, b, c := Config(t, "a", "10.0.0.1"), Config(t, "b", "10.0.1.1"), Config(t, "c", "10.0.2.1")
	a.NextPool, b.NextPool = "b", "c"
	r.open(t, a, b, c)
	wantAddr(t, r.acquire(t, "b", ""), "10.0.1.1")
	wantAddr(t, r.acquire(t, "a", ""), "10.0.0.1")
	last := r.acquire(t, "a", "")
	wantAddr(t, last, "10.0.2.1")
	if last.Pool != "c" {
		t.Errorf("lease is of pool %q, want c", last.Pool)
	}
	r.exhausted(t, "a", "")
}

func testQuarantine(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1-10.0.0.2"))
	one, two := r.acquire(t, "a", "john"), r.acquire(t, "a", "mary")
	r.release(t, two)
	r.clock.Advance(30 * time.Second)
	r.release(t, one)
	r.exhausted(t, "a", "eve")
	r.clock.Advance(30*time.Second - 1)
	r.exhausted(t, "a", "eve")
	r.clock.Advance(1)
	wantAddr(t, r.acquire(t, "a", "eve"), "10.0.0.2") // longest at rest
	r.exhausted(t, "a", "")
	r.clock.Advance(30 * time.Second)
	wantAddr(t, r.acquire(t, "a", ""), "10.0.0.1")
}

func testSticky(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1-10.0.0.9"))
	john, mary := r.acquire(t, "a", "john"), r.acquire(t, "a", "mary")
	r.release(t, john)
	r.release(t, mary)
	wantEqual(t, r.acquire(t, "a", "mary").Addr, mary.Addr) // in quarantine
	r.clock.Advance(time.Hour)
	wantEqual(t, r.acquire(t, "a", "john").Addr, john.Addr) // long after
	second := r.acquire(t, "a", "john")
	if second.Addr == john.Addr {
		t.Fatal("a second session got the address of the first")
	}
	r.release(t, second)
	wantEqual(t, r.acquire(t, "a", "john").Addr, second.Addr)

	// Somebody else has it now: no claim to it any more.
	r.open(t, Config(t, "a", "10.0.0.1"))
	r.release(t, r.acquire(t, "a", "john"))
	r.clock.Advance(time.Minute)
	eve := r.acquire(t, "a", "eve")
	r.exhausted(t, "a", "john")
	r.release(t, eve)
	r.exhausted(t, "a", "john")
}

func testNaturalEdges(t *testing.T, r *run) {
	for _, c := range []struct {
		name, ranges string
		use          bool
		want         []string
	}{
		{"class C", "192.168.1.254-192.168.2.1", false, []string{"192.168.1.254", "192.168.2.1"}},
		{"class C used", "192.168.1.254-192.168.2.1", true, []string{"192.168.1.254", "192.168.1.255", "192.168.2.0", "192.168.2.1"}},
		{"class B", "172.16.255.254-172.17.0.1", false, []string{"172.16.255.254", "172.17.0.1"}},
		{"class B inside", "172.16.1.255-172.16.2.0", false, []string{"172.16.1.255", "172.16.2.0"}},
		{"class A", "10.0.0.0/31", false, []string{"10.0.0.1"}},
		{"class A inside", "10.5.17.255-10.5.18.0", false, []string{"10.5.17.255", "10.5.18.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config(t, "a", c.ranges)
			cfg.UseNetworkAndBroadcast = c.use
			r.open(t, cfg)
			for _, want := range c.want {
				wantAddr(t, r.acquire(t, "a", ""), want)
			}
			r.exhausted(t, "a", "")
			wantEqual(t, r.m.Pools()[0].Size, len(c.want))
		})
	}
}

func testExclude(t *testing.T, r *run) {
	cfg := Config(t, "a", "10.0.0.1-10.0.0.3")
	cfg.Exclude = []netip.Addr{netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.9.9.9")}
	r.open(t, cfg)
	wantEqual(t, r.m.Pools()[0].Size, 2)
	wantAddr(t, r.acquire(t, "a", ""), "10.0.0.1")
	wantAddr(t, r.acquire(t, "a", ""), "10.0.0.3")
	r.exhausted(t, "a", "")
}

func testRelease(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1"))
	l := r.acquire(t, "a", "john")
	other := l
	other.Owner = "somebody-else"
	if err := r.m.Release(other); !errors.Is(err, pool.ErrNotOwner) {
		t.Fatalf("Release by another owner = %v, want ErrNotOwner", err)
	}
	r.exhausted(t, "a", "")
	r.release(t, l)
	r.release(t, l)
	r.release(t, pool.Lease{})
	r.clock.Advance(time.Minute)
	again := r.acquire(t, "a", "eve")
	if err := r.m.Release(l); !errors.Is(err, pool.ErrNotOwner) {
		t.Fatalf("late Release = %v, want ErrNotOwner", err)
	}
	r.release(t, again)
}

func testClaim(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1-10.0.0.2"))
	fixed := netip.MustParseAddr("10.0.0.1")
	req := pool.Request{Owner: "o1", User: "john"}
	l, err := r.m.Claim(fixed, req)
	if err != nil || l.Pool != "a" {
		t.Fatalf("Claim = %+v, %v, want a lease of pool a", l, err)
	}
	if again, err := r.m.Claim(fixed, req); err != nil || again != l {
		t.Fatalf("Claim by the owner = %+v, %v, want the same lease", again, err)
	}
	if _, err := r.m.Claim(fixed, pool.Request{Owner: "o2"}); !errors.Is(err, pool.ErrInUse) {
		t.Fatalf("second Claim = %v, want ErrInUse", err)
	}
	wantAddr(t, r.acquire(t, "a", ""), "10.0.0.2")
	r.exhausted(t, "a", "")
	r.release(t, l)
	if _, err := r.m.Claim(fixed, pool.Request{Owner: "o3", User: "eve"}); err != nil {
		t.Fatalf("Claim in quarantine: %v", err)
	}

	outside, err := r.m.Claim(netip.MustParseAddr("192.0.2.7"), req)
	if err != nil || outside.Pool != "" {
		t.Fatalf("Claim outside = %+v, %v, want a lease of no pool", outside, err)
	}
	if _, err := r.m.Claim(outside.Addr, pool.Request{Owner: "o2"}); !errors.Is(err, pool.ErrInUse) {
		t.Fatalf("second Claim outside = %v, want ErrInUse", err)
	}
	r.release(t, outside)
	if _, err := r.m.Claim(outside.Addr, pool.Request{Owner: "o2"}); err != nil {
		t.Fatalf("Claim after Release: %v", err)
	}
	for _, bad := range []netip.Addr{{}, netip.MustParseAddr("::1"), netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("127.0.0.1")} {
		if _, err := r.m.Claim(bad, req); err == nil {
			t.Errorf("Claim(%v) = nil, want an error", bad)
		}
	}
}
