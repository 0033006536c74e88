package pool

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Validate says what is wrong with a set of pools, all at once: a name missing
// or used twice, bad ranges, an address in two pools, a NextPool that does not
// exist or leads back to its start, a negative quarantine.
func Validate(cfgs []Config) error {
	_, err := newPlan(cfgs)
	return err
}

func newPlan(cfgs []Config) (*plan, error) {
	p := &plan{byName: make(map[string]*space, len(cfgs))}
	var errs []error
	for _, c := range cfgs {
		if err := c.check(p.byName); err != nil {
			errs = append(errs, err)
			continue
		}
		s := newSpace(c)
		p.byName[c.Name] = s
		for _, r := range c.Ranges {
			p.spans = append(p.spans, span{number(r.First), number(r.Last), s})
		}
	}
	slices.SortFunc(p.spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	for i := 1; i < len(p.spans); i++ {
		if a, b := p.spans[i-1], p.spans[i]; b.first <= a.last {
			errs = append(errs, fmt.Errorf("pools %q and %q both contain %s",
				a.space.cfg.Name, b.space.cfg.Name, Range{address(b.first), address(min(a.last, b.last))}))
		}
	}
	for _, c := range cfgs {
		s := p.byName[c.Name]
		if s == nil || c.NextPool == "" {
			continue
		}
		if s.chain = p.byName[c.NextPool]; s.chain == nil {
			errs = append(errs, fmt.Errorf("pool %q: next pool %q: %w", c.Name, c.NextPool, ErrUnknownPool))
		}
	}
	for _, c := range cfgs {
		if s := p.byName[c.Name]; s != nil && s.loops() {
			errs = append(errs, fmt.Errorf("pool %q: its next pools lead back to it", c.Name))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

func (c Config) check(known map[string]*space) error {
	switch {
	case c.Name == "":
		return errors.New("a pool has no name")
	case known[c.Name] != nil:
		return fmt.Errorf("pool %q is defined twice", c.Name)
	case c.Quarantine < 0:
		return fmt.Errorf("pool %q: quarantine %v is negative", c.Name, c.Quarantine)
	}
	if err := c.Ranges.check(); err != nil {
		return fmt.Errorf("pool %q: %w", c.Name, err)
	}
	return nil
}

// loops reports whether the chain from s comes back to s. A chain that runs
// into a loop further on is that loop's fault and ends the walk.
func (s *space) loops() bool {
	seen := map[*space]bool{}
	for n := s.chain; n != nil && !seen[n]; n = n.chain {
		if n == s {
			return true
		}
		seen[n] = true
	}
	return false
}

// Configure replaces the set of pools, or says why it cannot and changes
// nothing. A lease whose address the new set does not contain stays with its
// owner. Addresses at rest that it does not contain are remembered until the
// next Open, so that going back to the old set loses no quarantine.
func (p *Pools) Configure(cfgs []Config) error {
	next, err := newPlan(cfgs)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	p.now()
	p.place(next)
	return nil
}

// place moves every record to its place in the new set of pools.
func (p *Pools) place(next *plan) {
	p.plan = next
	rest := make([]*record, 0, len(p.records))
	var held []*record
	for n, r := range p.records {
		r.prev, r.next, r.home = nil, nil, next.home(n)
		switch {
		case r.home == nil:
		case r.state == resting:
			rest = append(rest, r)
		case r.state == leased:
			r.home.leased++
			held = append(held, r)
		case r.state == orphaned:
			r.home.orphans++
			held = append(held, r)
		}
	}
	slices.SortFunc(rest, func(a, b *record) int {
		return cmp.Or(a.released.Compare(b.released), cmp.Compare(a.addr, b.addr))
	})
	for _, r := range rest {
		r.home.rest.push(r)
		r.home.remember(r)
	}
	// What a user has now beats what he had, and his latest lease the others.
	slices.SortFunc(held, func(a, b *record) int { return a.since.Compare(b.since) })
	for _, r := range held {
		r.home.remember(r)
	}
}
