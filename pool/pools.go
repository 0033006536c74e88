package pool

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Options of Open. The zero value is good.
type Options struct {
	// Clock is time.Now if nil.
	Clock func() time.Time
	// AdoptWithin is how long after Open the leases of an earlier process wait
	// for Adopt; nobody but their own user gets the address meanwhile. One
	// minute if 0, no time at all if negative.
	AdoptWithin time.Duration
	// CommitWait bounds how long Acquire and Claim wait for the disk. When it
	// is over, or when the disk refuses to write, the lease is given without
	// being durable: a full disk shall not keep users out. One second if 0.
	CommitWait time.Duration
	// Report is told what an administrator should know and no caller is to
	// blame for: entries of the database that cannot be read, failed writes. It
	// is called without a lock held and may be nil.
	Report func(error)
}

// Pools is the Manager on one machine. Decisions are made in memory under one
// lock that no disk access is ever made with; a goroutine of its own writes
// them to the database, many at a time.
//
// A database of nil keeps the leases in memory only.
type Pools struct {
	clock   func() time.Time
	opened  time.Time
	hold    time.Duration // AdoptWithin
	report  func(error)
	journal *journal // nil without a database

	// mu guards all below.
	mu      sync.Mutex
	plan    *plan
	records map[uint32]*record
	orphans map[string][]*record // leases of an earlier process by owner; nil when their time is over
	closed  bool
}

var _ Manager = (*Pools)(nil)

// Open reads the leases that db holds and takes them up with the pools of
// cfgs. The caller closes db after Close.
//
// Leases of an earlier process are orphans: nobody but their user gets the
// address until Adopt, or until Options.AdoptWithin and the quarantine of the
// pool are over. Entries that cannot be read are reported, moved to a bucket
// of their own and their address, where it can be told, is quarantined.
func Open(db *bbolt.DB, cfgs []Config, opts Options) (*Pools, error) {
	plan, err := newPlan(cfgs)
	if err != nil {
		return nil, err
	}
	p := &Pools{
		clock: opts.Clock, hold: opts.AdoptWithin, report: opts.Report,
		plan: plan, records: map[uint32]*record{}, orphans: map[string][]*record{},
	}
	if p.clock == nil {
		p.clock = time.Now
	}
	if p.hold == 0 {
		p.hold = time.Minute
	}
	if p.report == nil {
		p.report = func(error) {}
	}
	p.opened = p.clock()
	if db == nil {
		return p, nil
	}
	loaded, err := load(db, p.opened)
	if err != nil {
		return nil, fmt.Errorf("read leases from %s: %w", db.Path(), err)
	}
	for _, r := range loaded.records {
		p.records[r.addr] = r
		if r.state == orphaned && r.owner != "" {
			p.orphans[r.owner] = append(p.orphans[r.owner], r)
		}
	}
	wait := opts.CommitWait
	if wait == 0 {
		wait = time.Second
	}
	p.journal = openJournal(db, wait, p.report)
	p.place(plan)
	for _, r := range loaded.records {
		if r.state == resting && r.home == nil {
			p.drop(r) // of a pool that is gone for good
		}
	}
	for _, err := range loaded.unreadable {
		p.report(err)
	}
	return p, nil
}

// Acquire implements Manager. It gives, in this order: the address that the
// user had last, an address that nobody had yet, the address longest at rest.
// A user's last address is looked for in the whole chain of pools. One owner
// may hold several leases.
func (p *Pools) Acquire(pool string, r Request) (Lease, error) {
	if r.Owner == "" {
		return Lease{}, errors.New("acquire address: no owner given")
	}
	lease, written, err := p.acquire(pool, r)
	if err != nil {
		return Lease{}, fmt.Errorf("acquire address: %w", err)
	}
	p.journal.wait(written)
	return lease, nil
}

func (p *Pools) acquire(pool string, r Request) (Lease, *batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return Lease{}, nil, ErrClosed
	}
	s := p.plan.byName[pool]
	if s == nil {
		return Lease{}, nil, fmt.Errorf("pool %q: %w", pool, ErrUnknownPool)
	}
	now := p.now()
	rec := p.pick(s, r.User, now)
	if rec == nil {
		return Lease{}, nil, s.exhausted(now)
	}
	written := p.grant(rec, r, now)
	return rec.lease(), written, nil
}

// pick finds the address for user and takes it out of the place where free
// addresses wait.
func (p *Pools) pick(first *space, user string, now time.Time) *record {
	if user != "" {
		for s := first; s != nil; s = s.chain {
			if rec := s.sticky[user]; rec != nil && rec.state != leased {
				return rec
			}
		}
	}
	for s := first; s != nil; s = s.chain {
		if n, ok := s.fresh(p.records); ok {
			rec := &record{addr: n, state: resting, home: s}
			s.rest.push(rec) // where grant expects it
			p.records[n] = rec
			return rec
		}
		if rec := s.rested(now); rec != nil {
			return rec
		}
	}
	return nil
}

func (s *space) exhausted(now time.Time) error {
	what := fmt.Sprintf("pool %q", s.cfg.Name)
	size, held, rest := 0, 0, 0
	for n := s; n != nil; n = n.chain {
		if n != s {
			what += fmt.Sprintf(", then %q", n.cfg.Name)
		}
		size, held, rest = size+n.size, held+n.leased, rest+n.quarantined(now)
	}
	return fmt.Errorf("%s: %w: of %d addresses %d are leased and %d in quarantine", what, ErrExhausted, size, held, rest)
}

// grant makes rec, which is not leased, the lease of r.
func (p *Pools) grant(rec *record, r Request, now time.Time) *batch {
	p.detach(rec)
	if rec.home != nil {
		rec.home.forget(rec)
		rec.home.leased++
	}
	rec.state, rec.owner, rec.user = leased, r.Owner, r.User
	rec.since, rec.released = now, time.Time{}
	if rec.home != nil {
		rec.home.remember(rec)
	}
	return p.save(rec)
}

// detach takes rec, which is not leased, off the list that its state put it on.
func (p *Pools) detach(rec *record) {
	switch {
	case rec.state == orphaned:
		p.unorphan(rec)
	case rec.home != nil:
		rec.home.rest.remove(rec)
	}
}

// Claim implements Manager. Claiming what the owner already holds is no error.
// An address may be claimed during its quarantine: who is given a fixed
// address has a right to it.
func (p *Pools) Claim(addr netip.Addr, r Request) (Lease, error) {
	if r.Owner == "" {
		return Lease{}, fmt.Errorf("claim address %s: no owner given", addr)
	}
	if !hostAddress(addr) {
		return Lease{}, fmt.Errorf("claim address %s: not an IPv4 address that a host can have", addr)
	}
	lease, written, err := p.claim(number(addr), r)
	if err != nil {
		return Lease{}, fmt.Errorf("claim address %s: %w", addr, err)
	}
	p.journal.wait(written)
	return lease, nil
}

func (p *Pools) claim(n uint32, r Request) (Lease, *batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return Lease{}, nil, ErrClosed
	}
	now := p.now()
	rec := p.records[n]
	switch {
	case rec == nil:
		rec = &record{addr: n, state: resting, home: p.plan.home(n)}
		p.records[n] = rec
		if rec.home != nil {
			rec.home.rest.push(rec)
		}
	case rec.state == leased && rec.owner == r.Owner:
		return rec.lease(), nil, nil
	case rec.state == leased:
		return Lease{}, nil, fmt.Errorf("%w by user %q", ErrInUse, rec.user)
	}
	written := p.grant(rec, r, now)
	return rec.lease(), written, nil
}

// Release implements Manager. It does not wait for the disk: what a crash
// forgets is a release, and the address then waits for its owner as an orphan.
func (p *Pools) Release(l Lease) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("release address %s: %w", l.Addr, ErrClosed)
	}
	now := p.now()
	if !l.Addr.Is4() {
		return nil
	}
	rec := p.records[number(l.Addr)]
	if rec == nil || rec.state != leased {
		return nil
	}
	if rec.owner != l.Owner {
		return fmt.Errorf("release address %s: %w", l.Addr, ErrNotOwner)
	}
	if rec.home == nil {
		p.drop(rec)
		return nil
	}
	rec.state, rec.released = resting, now
	rec.home.leased--
	rec.home.rest.push(rec)
	p.save(rec)
	return nil
}

// now is the time. It also ends the time of the orphans when it has come, so
// every method that looks at addresses begins with it.
func (p *Pools) now() time.Time {
	now := p.clock()
	if p.orphans != nil && !now.Before(p.opened.Add(p.hold)) {
		p.endAdoption()
	}
	return now
}

// save hands the record's new state to the journal.
func (p *Pools) save(r *record) *batch {
	if p.journal == nil {
		return nil
	}
	return p.journal.put(r.addr, &row{state: r.state, owner: r.owner, user: r.user, since: r.since, released: r.released})
}

// drop forgets a record that is on no list.
func (p *Pools) drop(r *record) {
	delete(p.records, r.addr)
	if p.journal != nil {
		p.journal.put(r.addr, nil)
	}
}

// Close implements Manager: it writes what is pending and stops the writer.
func (p *Pools) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	if err := p.journal.close(); err != nil {
		return fmt.Errorf("write leases: %w", err)
	}
	return nil
}
