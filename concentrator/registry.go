package concentrator

import "sync"

// registry knows all sessions and the last ended ones. It is the only state
// that sessions share; it calls nobody. Safe for concurrent use.
type registry struct {
	mu       sync.Mutex // guards the rest
	sessions map[string]*session
	users    map[string][]*session // by user, oldest first; a slot is taken at authentication
	ended    []EndedSession        // ring
	next     int                   // where the ring goes on
	keep     int
	totals   Totals
}

// Totals count sessions since the start of the process.
type Totals struct {
	Connected uint64 // calls that became sessions
	Ended     map[Cause]uint64
}

func newRegistry(keep int) *registry {
	return &registry{
		sessions: make(map[string]*session),
		users:    make(map[string][]*session),
		keep:     keep,
		totals:   Totals{Ended: make(map[Cause]uint64)},
	}
}

func (r *registry) add(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[s.id] = s
}

// get returns the live session, nil if there is none.
func (r *registry) get(id string) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions[id]
}

// all returns the live sessions in no order.
func (r *registry) all() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*session, 0, len(r.sessions))
	for _, s := range r.sessions {
		list = append(list, s)
	}
	return list
}

// countUser returns how many sessions the user has.
func (r *registry) countUser(user string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users[user])
}

// claimUser takes a slot of the user for s. At the limit it refuses, or, to
// replace, takes the slots of the oldest sessions and returns those, which the
// caller has to stop.
func (r *registry) claimUser(user string, s *session, limit int, replace bool) (oldest []*session, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.users[user]
	if limit > 0 && len(list) >= limit {
		if !replace {
			return nil, false
		}
		n := len(list) - limit + 1 // more than one if the limit has been lowered
		oldest, list = list[:n:n], list[n:]
	}
	r.users[user] = append(list[:len(list):len(list)], s)
	return oldest, true
}

// connected counts a call that became a session.
func (r *registry) connected() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.Connected++
}

// remove takes s out and remembers how it ended.
func (r *registry) remove(s *session, e EndedSession) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sessions, s.id)
	if s.hasSlot {
		r.releaseUserLocked(s.userSlot, s)
	}
	r.totals.Ended[e.Cause]++
	if r.keep <= 0 {
		return
	}
	if len(r.ended) < r.keep {
		r.ended = append(r.ended, e)
		return
	}
	r.ended[r.next] = e
	r.next = (r.next + 1) % r.keep
}

func (r *registry) releaseUserLocked(user string, s *session) {
	list := r.users[user]
	for i, have := range list {
		if have == s {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(r.users, user)
		return
	}
	r.users[user] = list
}

// endedSessions returns the remembered ended sessions, the latest first.
func (r *registry) endedSessions() []EndedSession {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.endedLocked()
}

func (r *registry) endedLocked() []EndedSession {
	list := make([]EndedSession, 0, len(r.ended))
	for i := range r.ended {
		list = append(list, r.ended[(r.next+len(r.ended)-1-i)%len(r.ended)])
	}
	return list
}

// resize changes how many ended sessions are remembered.
func (r *registry) resize(keep int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.endedLocked()
	r.keep = max(0, keep)
	if len(list) > r.keep {
		list = list[:r.keep]
	}
	r.ended = make([]EndedSession, len(list))
	for i, e := range list {
		r.ended[len(list)-1-i] = e
	}
	r.next = 0
}

func (r *registry) snapshotTotals() Totals {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := Totals{Connected: r.totals.Connected, Ended: make(map[Cause]uint64, len(r.totals.Ended))}
	for c, n := range r.totals.Ended {
		t.Ended[c] = n
	}
	return t
}
