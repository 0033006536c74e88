package pool

import (
	"fmt"
	"slices"
)

// Adopt implements Manager. It fails with ErrNoLease if the owner has no lease
// that waits for him: none was written, its time (Options.AdoptWithin) is over,
// or its user has taken the address in another session. An owner of several
// leases adopts one with each call, the oldest first.
func (p *Pools) Adopt(owner string) (Lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return Lease{}, fmt.Errorf("adopt lease of %q: %w", owner, ErrClosed)
	}
	p.now()
	waiting := p.orphans[owner]
	if len(waiting) == 0 {
		return Lease{}, fmt.Errorf("adopt lease of %q: %w", owner, ErrNoLease)
	}
	rec := slices.MinFunc(waiting, func(a, b *record) int { return a.since.Compare(b.since) })
	p.unorphan(rec)
	rec.state = leased
	if rec.home != nil {
		rec.home.leased++
	}
	// The database says "leased" since the earlier process wrote it.
	return rec.lease(), nil
}

// unorphan takes rec off the list of orphans.
func (p *Pools) unorphan(rec *record) {
	if rec.home != nil {
		rec.home.orphans--
	}
	waiting := p.orphans[rec.owner]
	if i := slices.Index(waiting, rec); i >= 0 {
		waiting = slices.Delete(waiting, i, i+1)
	}
	if len(waiting) == 0 {
		delete(p.orphans, rec.owner)
	} else {
		p.orphans[rec.owner] = waiting
	}
}

// endAdoption turns the orphans that are left into resting addresses, released
// when this process began; it runs once.
func (p *Pools) endAdoption() {
	var left []*record
	for _, r := range p.records {
		if r.state == orphaned {
			left = append(left, r)
		}
	}
	p.orphans = nil
	slices.SortFunc(left, func(a, b *record) int { return int(int64(a.addr) - int64(b.addr)) })
	place := map[*space]*record{} // where orphans go in each queue, found once
	for _, r := range left {
		r.state, r.released = resting, p.opened
		if r.home == nil {
			p.drop(r)
			continue
		}
		at, found := place[r.home]
		if !found {
			for at = r.home.rest.head; at != nil && !at.released.After(p.opened); {
				at = at.next
			}
			place[r.home] = at
		}
		r.home.orphans--
		r.home.rest.insertBefore(at, r)
		p.save(r)
	}
}
