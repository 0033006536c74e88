package pool

import (
	"sort"
	"time"
)

// state of a record.
type state uint8

const (
	leased   state = iota
	orphaned       // leased by an earlier process, not adopted yet
	resting        // released; free once the quarantine is over
)

// record is an address that is, or was, somebody's. Addresses that nobody ever
// had need no record, so a pool costs memory only for what is used of it.
type record struct {
	addr            uint32
	state           state
	owner, user     string
	since, released time.Time
	home            *space // the pool that contains addr; nil if none does
	// prev and next are the queue of home; a resting record without a home is
	// in none.
	prev, next *record
}

func (r *record) lease() Lease {
	l := Lease{Addr: address(r.addr), Owner: r.owner, User: r.user, Since: r.since}
	if r.home != nil {
		l.Pool = r.home.cfg.Name
	}
	return l
}

// space is one pool: where the addresses that nobody had yet begin (cursor),
// and the released ones, longest at rest first.
type space struct {
	cfg      Config
	chain    *space // NextPool
	excluded map[uint32]struct{}
	size     int // addresses that may be handed out
	leased   int // of these
	orphans  int // of these
	rest     queue
	sticky   map[string]*record // user -> the address he had last
	run      int                // cursor: the range ...
	offset   uint32             // ... and the place in it
}

func newSpace(cfg Config) *space {
	s := &space{cfg: cfg, excluded: map[uint32]struct{}{}, sticky: map[string]*record{}}
	s.size = cfg.Ranges.Size()
	if !cfg.UseNetworkAndBroadcast {
		for _, r := range cfg.Ranges {
			s.size -= naturalEdges(number(r.First), number(r.Last))
		}
	}
	for _, a := range cfg.Exclude {
		if cfg.Ranges.Contains(a) && s.usable(number(a)) {
			s.excluded[number(a)] = struct{}{}
			s.size--
		}
	}
	return s
}

// usable reports whether n, which lies in the ranges, may be handed out.
func (s *space) usable(n uint32) bool {
	if _, no := s.excluded[n]; no {
		return false
	}
	return s.cfg.UseNetworkAndBroadcast || !naturalEdge(n)
}

// fresh is the next address that has no record. The cursor only moves forward,
// so what it skips costs nothing a second time.
func (s *space) fresh(records map[uint32]*record) (uint32, bool) {
	for s.run < len(s.cfg.Ranges) {
		r := s.cfg.Ranges[s.run]
		n := uint64(number(r.First)) + uint64(s.offset)
		if n > uint64(number(r.Last)) {
			s.run, s.offset = s.run+1, 0
			continue
		}
		s.offset++
		if _, known := records[uint32(n)]; !known && s.usable(uint32(n)) {
			return uint32(n), true
		}
	}
	return 0, false
}

// rested is the address longest at rest, if its quarantine is over.
func (s *space) rested(now time.Time) *record {
	r := s.rest.head
	if r == nil || now.Before(r.released.Add(s.cfg.Quarantine)) {
		return nil
	}
	return r
}

// quarantined counts what may not be handed out yet, without a walk over what
// may: the queue is in order of release.
func (s *space) quarantined(now time.Time) int {
	n := s.orphans
	for r := s.rest.tail; r != nil && now.Before(r.released.Add(s.cfg.Quarantine)); r = r.prev {
		n++
	}
	return n
}

// forget ends the stickiness of r's user, if r is what he had last.
func (s *space) forget(r *record) {
	if s.sticky[r.user] == r {
		delete(s.sticky, r.user)
	}
}

func (s *space) remember(r *record) {
	if r.user != "" {
		s.sticky[r.user] = r
	}
}

// queue is a list of resting records in order of release.
type queue struct{ head, tail *record }

func (q *queue) push(r *record) { q.insertBefore(nil, r) }

// insertBefore puts r before at, or at the end if at is nil.
func (q *queue) insertBefore(at, r *record) {
	r.next, r.prev = at, q.tail
	if at != nil {
		r.prev = at.prev
		at.prev = r
	} else {
		q.tail = r
	}
	if r.prev != nil {
		r.prev.next = r
	} else {
		q.head = r
	}
}

func (q *queue) remove(r *record) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		q.head = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		q.tail = r.prev
	}
	r.prev, r.next = nil, nil
}

// span says which pool a run of addresses belongs to.
type span struct {
	first, last uint32
	space       *space
}

// plan is a validated set of pools.
type plan struct {
	byName map[string]*space
	spans  []span // ascending, disjoint
}

// home is the pool that may hand n out, or nil.
func (p *plan) home(n uint32) *space {
	i := sort.Search(len(p.spans), func(i int) bool { return p.spans[i].last >= n })
	if i == len(p.spans) || n < p.spans[i].first || !p.spans[i].space.usable(n) {
		return nil
	}
	return p.spans[i].space
}
