package pool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// model is the pools written down as plainly as possible: a list of all
// addresses with a note each, searched from end to end.
type model struct {
	now   time.Time
	boot  time.Time
	pools []*modelPool
}

type modelPool struct {
	cfg   Config
	notes map[netip.Addr]*modelNote // every address that may be handed out
}

type modelNote struct {
	lease    Lease
	leased   bool
	orphan   bool // leased by the process before
	released time.Time
	used     bool
}

const modelHold = time.Minute

func newModel(cfgs []Config, now time.Time) *model {
	m := &model{now: now, boot: now}
	for _, c := range cfgs {
		mp := &modelPool{cfg: c, notes: map[netip.Addr]*modelNote{}}
		for _, r := range c.Ranges {
			for n := number(r.First); n <= number(r.Last); n++ {
				if newSpace(c).usable(n) {
					mp.notes[address(n)] = &modelNote{}
				}
			}
		}
		m.pools = append(m.pools, mp)
	}
	return m
}

// free reports whether anybody may have the address.
func (m *model) free(p *modelPool, n *modelNote) bool {
	switch {
	case n.leased:
		return false
	case !n.used:
		return true
	case n.orphan:
		return false
	}
	return !m.now.Before(n.released.Add(p.cfg.Quarantine))
}

// settle ends the time of the orphans, which a manager does with its first
// call after it.
func (m *model) settle() {
	if m.now.Before(m.boot.Add(modelHold)) {
		return
	}
	for _, p := range m.pools {
		for _, n := range p.notes {
			if n.orphan {
				n.orphan, n.released = false, m.boot
			}
		}
	}
}

func (m *model) chain(name string) []*modelPool {
	var out []*modelPool
	for name != "" {
		for _, p := range m.pools {
			if p.cfg.Name == name {
				out = append(out, p)
				name = p.cfg.NextPool
				break
			}
		}
	}
	return out
}

// check compares the outcome of an Acquire with what the model allows.
func (m *model) check(t *testing.T, name string, r Request, l Lease, err error) {
	t.Helper()
	free := false
	for _, p := range m.chain(name) {
		for _, n := range p.notes {
			free = free || m.free(p, n)
		}
	}
	if err != nil {
		if !errors.Is(err, ErrExhausted) || free {
			t.Fatalf("Acquire(%s) = %v, but an address is free: %v", name, err, free)
		}
		return
	}
	for _, p := range m.chain(name) {
		n := p.notes[l.Addr]
		if n == nil {
			continue
		}
		if p.cfg.Name != l.Pool || n.leased {
			t.Fatalf("Acquire(%s) = %+v: leased already: %v", name, l, n.leased)
		}
		if mine := r.User != "" && n.lease.User == r.User; !mine && !m.free(p, n) {
			t.Fatalf("Acquire(%s) = %+v, which is in quarantine", name, l)
		}
		*n = modelNote{lease: l, leased: true, used: true}
		return
	}
	t.Fatalf("Acquire(%s) = %+v, which is in none of its pools", name, l)
}

func (m *model) note(a netip.Addr) *modelNote {
	for _, p := range m.pools {
		if n := p.notes[a]; n != nil {
			return n
		}
	}
	return nil
}

func TestPoolsAgainstModel(t *testing.T) {
	cfgs := []Config{
		{Name: "a", Ranges: mustRanges(t, "10.0.0.0-10.0.0.12,10.3.0.1"), NextPool: "b", Quarantine: 20 * time.Second},
		{Name: "b", Ranges: mustRanges(t, "192.168.0.250-192.168.1.4"), Quarantine: 90 * time.Second, Exclude: []netip.Addr{netip.MustParseAddr("192.168.1.2")}},
		{Name: "c", Ranges: mustRanges(t, "10.9.0.1-10.9.0.3"), NextPool: "a"},
	}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			runModel(t, cfgs, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func runModel(t *testing.T, cfgs []Config, rnd *rand.Rand) {
	m := newModel(cfgs, time.Unix(1_800_000_000, 0))
	clock := func() time.Time { return m.now }
	path := filepath.Join(t.TempDir(), "0.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	opts := Options{Clock: clock, AdoptWithin: modelHold}
	p, err := Open(db, cfgs, opts)
	if err != nil {
		t.Fatal(err)
	}
	var held []Lease
	for i := range 3000 {
		owner := fmt.Sprint("s", i)
		k := rnd.IntN(100)
		if k < 85 {
			p.Pools()
			m.settle()
		}
		switch {
		case k < 45:
			r := Request{Owner: owner}
			if rnd.IntN(4) > 0 {
				r.User = fmt.Sprint("user", rnd.IntN(12))
			}
			name := []string{"a", "b", "c"}[rnd.IntN(3)]
			l, err := p.Acquire(name, r)
			m.check(t, name, r, l, err)
			if err == nil {
				held = append(held, l)
			}
		case k < 50:
			a := address(number(cfgs[0].Ranges[0].First) + uint32(rnd.IntN(13)))
			l, err := p.Claim(a, Request{Owner: owner, User: "fixed"})
			n := m.note(a)
			if n == nil {
				continue
			}
			if n.leased != errors.Is(err, ErrInUse) {
				t.Fatalf("Claim(%s) = %v, leased: %v", a, err, n.leased)
			}
			if err == nil {
				*n = modelNote{lease: l, leased: true, used: true}
				held = append(held, l)
			}
		case k < 85 && len(held) > 0:
			j := rnd.IntN(len(held))
			l := held[j]
			held = append(held[:j], held[j+1:]...)
			if err := p.Release(l); err != nil {
				t.Fatalf("Release(%+v) = %v", l, err)
			}
			n := m.note(l.Addr)
			n.leased, n.orphan, n.released = false, false, m.now
		case k < 97:
			m.now = m.now.Add(time.Duration(rnd.IntN(15)) * time.Second)
		case k < 98:
			m.settle()
			// There and back: nothing is lost, whatever was left out meanwhile.
			if err := errors.Join(p.Configure(cfgs[1:2]), p.Configure(cfgs)); err != nil {
				t.Fatal(err)
			}
		default: // the process dies, the next adopts some of the leases
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			p = reopen(t, &db, fmt.Sprint(path, i), cfgs, opts)
			m.boot = m.now
			var kept []Lease
			for _, l := range held {
				n := m.note(l.Addr)
				if rnd.IntN(2) == 0 {
					n.leased, n.orphan = false, true
					continue
				}
				got, err := p.Adopt(l.Owner)
				if err != nil || got.Addr != l.Addr {
					t.Fatalf("Adopt(%s) = %+v, %v, want %s", l.Owner, got, err, l.Addr)
				}
				kept = append(kept, l)
			}
			held = kept
		}
		p.verify(t)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// reopen opens a copy of the database, as a new process would.
func reopen(t *testing.T, db **bbolt.DB, path string, cfgs []Config, opts Options) *Pools {
	t.Helper()
	image, err := os.ReadFile((*db).Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join((*db).Close(), os.WriteFile(path, image, 0o600)); err != nil {
		t.Fatal(err)
	}
	if *db, err = bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
	p, err := Open(*db, cfgs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// verify checks that records, lists and counts say the same.
func (p *Pools) verify(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	leasedIn, orphansIn, restIn := map[*space]int{}, map[*space]int{}, map[*space]int{}
	orphans := 0
	for n, r := range p.records {
		if r.addr != n || r.home != p.plan.home(n) {
			t.Fatalf("record of %s is filed under %s or in the wrong pool", address(r.addr), address(n))
		}
		switch r.state {
		case leased:
			leasedIn[r.home]++
		case orphaned:
			orphansIn[r.home]++
			orphans++
		case resting:
			restIn[r.home]++
		}
	}
	waiting := 0
	for _, w := range p.orphans {
		waiting += len(w)
	}
	if waiting != orphans {
		t.Fatalf("%d orphans, %d of them in the list", orphans, waiting)
	}
	for name, s := range p.plan.byName {
		rest := 0
		for r := s.rest.head; r != nil; r = r.next {
			rest++
			if r.state != resting || r.home != s || r.next == nil && s.rest.tail != r || r.next != nil && (r.next.prev != r || r.next.released.Before(r.released)) {
				t.Fatalf("pool %s: the queue is broken at %s", name, address(r.addr))
			}
		}
		if s.leased != leasedIn[s] || s.orphans != orphansIn[s] || rest != restIn[s] {
			t.Fatalf("pool %s counts %d leased %d orphans %d resting, records say %d, %d, %d",
				name, s.leased, s.orphans, rest, leasedIn[s], orphansIn[s], restIn[s])
		}
		for user, r := range s.sticky {
			if r.user != user || r.home != s || p.records[r.addr] != r {
				t.Fatalf("pool %s: %s sticks to %s, which is %s's", name, user, address(r.addr), r.user)
			}
		}
	}
}
