package pooltest

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/pptpac/pptpac/pool"
)

func testConfigure(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1-10.0.0.2"))
	john, mary := r.acquire(t, "a", "john"), r.acquire(t, "a", "mary")
	r.release(t, mary)
	// 10.0.0.1 is in no pool any more, 10.0.0.2 is in another.
	if err := r.m.Configure([]pool.Config{Config(t, "b", "10.0.0.2-10.0.0.3")}); err != nil {
		t.Fatal(err)
	}
	entries, err := r.m.Leases("")
	if err != nil {
		t.Fatal(err)
	}
	john.Pool, mary.Pool = "", "b"
	wantEqual(t, entries, []pool.Entry{
		{Lease: john, State: pool.Leased},
		{Lease: mary, State: pool.Quarantined, Until: r.clock.Now().Add(time.Minute)},
	})
	wantAddr(t, r.acquire(t, "b", "eve"), "10.0.0.3")
	r.exhausted(t, "b", "eve")
	wantAddr(t, r.acquire(t, "b", "mary"), "10.0.0.2")

	// A lease outside of all pools is still a lease.
	if _, err := r.m.Claim(john.Addr, pool.Request{Owner: "x"}); !errors.Is(err, pool.ErrInUse) {
		t.Fatalf("Claim = %v, want ErrInUse", err)
	}
	if err := r.m.Configure([]pool.Config{Config(t, "a", "10.0.0.1-10.0.0.2")}); err != nil {
		t.Fatal(err)
	}
	r.exhausted(t, "a", "john")
	r.release(t, john)
	wantAddr(t, r.acquire(t, "a", "john"), "10.0.0.1")
}

func testConfigureBack(t *testing.T, r *run) {
	a := Config(t, "a", "10.0.0.1")
	r.open(t, a)
	r.release(t, r.acquire(t, "a", "john"))
	if err := r.m.Configure([]pool.Config{Config(t, "b", "10.0.1.1")}); err != nil {
		t.Fatal(err)
	}
	entries, err := r.m.Leases("")
	if err != nil || len(entries) != 0 {
		t.Fatalf("Leases = %v, %v, want none of a pool that is gone", entries, err)
	}
	if err := r.m.Configure([]pool.Config{a}); err != nil {
		t.Fatal(err)
	}
	r.exhausted(t, "a", "eve") // it is still john's quarantine
	john := r.acquire(t, "a", "john")
	wantAddr(t, john, "10.0.0.1")

	// An address of a pool that is gone may be claimed.
	r.release(t, john)
	if err := r.m.Configure(nil); err != nil {
		t.Fatal(err)
	}
	fixed, err := r.m.Claim(john.Addr, pool.Request{Owner: "f"})
	if err != nil || fixed.Pool != "" {
		t.Fatalf("Claim = %+v, %v", fixed, err)
	}
	r.release(t, fixed)
}

func testConfigureBad(t *testing.T, r *run) {
	good := Config(t, "good", "10.0.0.1")
	r.open(t, good)
	a, b := Config(t, "a", "10.1.0.0/24"), Config(t, "b", "10.1.0.255-10.1.1.7")
	loopA, loopB := Config(t, "a", "10.1.0.1"), Config(t, "b", "10.1.0.2")
	loopA.NextPool, loopB.NextPool = "b", "a"
	self := good
	self.NextPool = "good"
	lost := good
	lost.NextPool = "nowhere"
	negative := good
	negative.Quarantine = -1
	for name, cfgs := range map[string][]pool.Config{
		"address in two pools": {a, b},
		"name twice":           {a, Config(t, "a", "10.9.0.1")},
		"no name":              {Config(t, "", "10.9.0.1")},
		"no ranges":            {{Name: "a"}},
		"loop":                 {loopA, loopB},
		"loop to itself":       {self},
		"unknown next pool":    {lost},
		"negative quarantine":  {negative},
	} {
		if err := r.m.Configure(cfgs); err == nil {
			t.Errorf("%s: Configure = nil, want an error", name)
		}
	}
	wantAddr(t, r.acquire(t, "good", ""), "10.0.0.1") // nothing has changed
}

func testListing(t *testing.T, r *run) {
	b := Config(t, "b", "10.0.1.0/28")
	b.NextPool = "a"
	r.open(t, b, Config(t, "a", "10.0.0.1-10.0.0.4"))
	one, two := r.acquire(t, "a", "john"), r.acquire(t, "a", "mary")
	r.clock.Advance(time.Second)
	r.release(t, two)
	fixed, err := r.m.Claim(netip.MustParseAddr("192.0.2.1"), pool.Request{Owner: "f", User: "fix"})
	if err != nil {
		t.Fatal(err)
	}
	stats := r.m.Pools()
	for i := range stats {
		stats[i].Ranges = nil
	}
	wantEqual(t, stats, []pool.Stats{
		{Name: "a", Size: 4, Leased: 1, Quarantined: 1, Free: 2},
		{Name: "b", NextPool: "a", Size: 16, Free: 16},
	})
	rested := pool.Entry{Lease: two, State: pool.Quarantined, Until: r.clock.Now().Add(time.Minute)}
	all, err := r.m.Leases("")
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, all, []pool.Entry{{Lease: one, State: pool.Leased}, rested, {Lease: fixed, State: pool.Leased}})
	ofA, err := r.m.Leases("a")
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, ofA, all[:2])
	r.clock.Advance(time.Minute)
	ofA, err = r.m.Leases("a")
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, ofA, all[:1])
	wantEqual(t, r.m.Pools()[0].Free, 3)
}

func testCrashAdopt(t *testing.T, r *run) {
	cfg := Config(t, "a", "10.0.0.1-10.0.0.3")
	r.open(t, cfg)
	john, mary := r.acquire(t, "a", "john"), r.acquire(t, "a", "mary")
	fixed, err := r.m.Claim(netip.MustParseAddr("192.0.2.1"), pool.Request{Owner: "f", User: "fix"})
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(time.Hour)
	r.m = r.Crash(t, r.m, []pool.Config{cfg}, r.clock.Now)
	for _, want := range []pool.Lease{john, fixed} {
		got, err := r.m.Adopt(want.Owner)
		if err != nil {
			t.Fatalf("Adopt(%s): %v", want.Owner, err)
		}
		wantEqual(t, got, want)
		if _, err := r.m.Adopt(want.Owner); !errors.Is(err, pool.ErrNoLease) {
			t.Fatalf("second Adopt = %v, want ErrNoLease", err)
		}
	}
	// mary dials again before anybody asked for her old session.
	wantEqual(t, r.acquire(t, "a", "mary").Addr, mary.Addr)
	if _, err := r.m.Adopt(mary.Owner); !errors.Is(err, pool.ErrNoLease) {
		t.Fatalf("Adopt of what its user has taken = %v, want ErrNoLease", err)
	}
	r.clock.Advance(time.Hour)
	wantAddr(t, r.acquire(t, "a", "eve"), "10.0.0.3")
	r.exhausted(t, "a", "eve")

	// And once more: an adopted lease is as durable as a new one.
	r.m = r.Crash(t, r.m, []pool.Config{cfg}, r.clock.Now)
	if got, err := r.m.Adopt(john.Owner); err != nil || got.Addr != john.Addr {
		t.Fatalf("Adopt after the second crash = %v, %v", got.Addr, err)
	}
	r.release(t, john)
}

func testCrashQuarantine(t *testing.T, r *run) {
	cfg := Config(t, "a", "10.0.0.1-10.0.0.2")
	cfg.Quarantine = 0
	r.open(t, cfg)
	john := r.acquire(t, "a", "john")
	r.m = r.Crash(t, r.m, []pool.Config{cfg}, r.clock.Now)
	wantAddr(t, r.acquire(t, "a", "eve"), "10.0.0.2")
	r.exhausted(t, "a", "eve")
	wantEqual(t, r.m.Pools()[0].Quarantined, 1)
	entries, err := r.m.Leases("a")
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, entries[0], pool.Entry{Lease: john, State: pool.Quarantined, Until: r.clock.Now().Add(time.Minute)})
	r.clock.Advance(time.Minute)
	if _, err := r.m.Adopt(john.Owner); !errors.Is(err, pool.ErrNoLease) {
		t.Fatalf("late Adopt = %v, want ErrNoLease", err)
	}
	wantAddr(t, r.acquire(t, "a", "eve"), "10.0.0.1")
}

func testClose(t *testing.T, r *run) {
	r.open(t, Config(t, "a", "10.0.0.1"))
	l := r.acquire(t, "a", "")
	for range 2 {
		if err := r.m.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	_, acquire := r.m.Acquire("a", pool.Request{Owner: "x"})
	_, claim := r.m.Claim(l.Addr, pool.Request{Owner: "x"})
	_, adopt := r.m.Adopt("x")
	_, leases := r.m.Leases("")
	for name, err := range map[string]error{
		"Acquire": acquire, "Claim": claim, "Adopt": adopt, "Leases": leases,
		"Release": r.m.Release(l), "Configure": r.m.Configure(nil),
	} {
		if !errors.Is(err, pool.ErrClosed) {
			t.Errorf("%s after Close = %v, want ErrClosed", name, err)
		}
	}
}
