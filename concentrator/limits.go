package concentrator

import (
	"fmt"
	"net/netip"
	"sync"
)

// limitError says which limit refused, for the log.
type limitError struct {
	key   string // configuration key
	limit int
	who   string // "" for a global limit
}

func (e *limitError) Error() string {
	if e.who == "" {
		return fmt.Sprintf("%s = %d is reached", e.key, e.limit)
	}
	return fmt.Sprintf("%s = %d is reached for %s", e.key, e.limit, e.who)
}

// limits counts control connections and calls, in all and per source address.
// max-starting bounds the calls that are not authenticated, and as many control
// connections that have no call yet: who only connects shall not get more of the
// machine than who calls. A limit of 0 is none. Safe for concurrent use.
type limits struct {
	mu       sync.Mutex // guards the rest
	cfg      ServerConfig
	sessions int
	starting int // calls that are not authenticated yet
	silent   int // connections that have not called yet
	sources  map[netip.Addr]*sourceUse
}

type sourceUse struct{ connections, starting, silent int }

func newLimits(cfg ServerConfig) *limits {
	return &limits{cfg: cfg, sources: make(map[netip.Addr]*sourceUse)}
}

func (l *limits) configure(cfg ServerConfig) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cfg = cfg
}

// connect admits a control connection; disconnect must follow.
func (l *limits) connect(source netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.source(source)
	defer l.forget(source)
	if over(u.connections, l.cfg.MaxPerSource) {
		return &limitError{key: "max-per-source", limit: l.cfg.MaxPerSource, who: source.String()}
	}
	if err := l.startingLocked(source, l.silent, u.silent); err != nil {
		return err
	}
	u.connections++
	u.silent++
	l.silent++
	return nil
}

// called: the connection has its first call, and is no longer silent.
func (l *limits) called(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent--
	l.source(source).silent--
	l.forget(source)
}

// disconnect: the connection ended, before its first call if silent.
func (l *limits) disconnect(source netip.Addr, silent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.source(source)
	u.connections--
	if silent {
		l.silent--
		u.silent--
	}
	l.forget(source)
}

// startingLocked tells whether one more may start beside those that do, in all
// and of the source.
func (l *limits) startingLocked(source netip.Addr, all, own int) error {
	switch {
	case over(all, l.cfg.MaxStarting):
		return &limitError{key: "max-starting", limit: l.cfg.MaxStarting}
	case over(own, l.cfg.MaxStartingSource):
		return &limitError{key: "max-starting-per-source", limit: l.cfg.MaxStartingSource, who: source.String()}
	}
	return nil
}

// call admits a call that is not authenticated yet; established or aborted
// must follow, and hungUp after established.
func (l *limits) call(source netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.source(source)
	defer l.forget(source)
	if over(l.sessions+l.starting, l.cfg.MaxSessions) {
		return &limitError{key: "max-sessions", limit: l.cfg.MaxSessions}
	}
	if err := l.startingLocked(source, l.starting, u.starting); err != nil {
		return err
	}
	l.starting++
	u.starting++
	return nil
}

// established: the call is authenticated.
func (l *limits) established(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.starting--
	l.sessions++
	l.source(source).starting--
	l.forget(source)
}

// aborted: the call ended before it was authenticated.
func (l *limits) aborted(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.starting--
	l.source(source).starting--
	l.forget(source)
}

// hungUp: an authenticated call ended.
func (l *limits) hungUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions--
}

// inUse returns the global counts.
func (l *limits) inUse() (sessions, starting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sessions, l.starting
}

func (l *limits) source(a netip.Addr) *sourceUse {
	u := l.sources[a]
	if u == nil {
		u = new(sourceUse)
		l.sources[a] = u
	}
	return u
}

// forget keeps the table as small as the number of sources in use.
func (l *limits) forget(a netip.Addr) {
	if u := l.sources[a]; u != nil && *u == (sourceUse{}) {
		delete(l.sources, a)
	}
}

func over(n, limit int) bool { return limit > 0 && n >= limit }
