package pool

import (
	"fmt"
	"slices"
	"strings"
)

// Pools implements Manager. Size counts the addresses that may be handed out.
func (p *Pools) Pools() []Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	out := make([]Stats, 0, len(p.plan.byName))
	for _, s := range p.plan.byName {
		st := Stats{
			Name: s.cfg.Name, Ranges: slices.Clone(s.cfg.Ranges), NextPool: s.cfg.NextPool,
			Size: s.size, Leased: s.leased, Quarantined: s.quarantined(now),
		}
		st.Free = st.Size - st.Leased - st.Quarantined
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b Stats) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Leases implements Manager: leased addresses and those in quarantine, in
// order of address. With "" fixed addresses outside all pools are listed too.
func (p *Pools) Leases(pool string) ([]Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fmt.Errorf("list leases: %w", ErrClosed)
	}
	if pool != "" && p.plan.byName[pool] == nil {
		return nil, fmt.Errorf("list leases: pool %q: %w", pool, ErrUnknownPool)
	}
	now := p.now()
	out := []Entry{}
	for _, r := range p.records {
		if pool != "" && (r.home == nil || r.home.cfg.Name != pool) {
			continue
		}
		e := Entry{Lease: r.lease(), State: Quarantined}
		switch r.state {
		case leased:
			e.State = Leased
		case orphaned:
			e.Until = p.opened.Add(p.hold)
			if r.home != nil {
				e.Until = p.opened.Add(max(p.hold, r.home.cfg.Quarantine))
			}
		case resting:
			if r.home == nil { // of a pool that is gone
				continue
			}
			e.Until = r.released.Add(r.home.cfg.Quarantine)
			if !now.Before(e.Until) {
				continue
			}
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return a.Addr.Compare(b.Addr) })
	return out, nil
}
