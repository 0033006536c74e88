package admin

import (
	"net"
	"net/http"
	"sync"
)

// maxStrangers is how many connections of peers without access are heard, so
// that they get an answer; more are closed unheard.
const maxStrangers = 16

// strangers are the open connections of peers without access. Where a read-only
// group opens the socket to everybody, they could otherwise use up the
// descriptors of the daemon.
type strangers struct {
	mu    sync.Mutex // guards conns
	conns map[net.Conn]struct{}
}

// add counts a connection, or closes it.
func (s *strangers) add(c net.Conn) {
	s.mu.Lock()
	full := len(s.conns) >= maxStrangers
	if !full {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	if full {
		_ = c.Close()
	}
}

// state is the hook http.Server.ConnState.
func (s *strangers) state(c net.Conn, to http.ConnState) {
	if to != http.StateClosed {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}
