package concentrator

import "sync"

// mailbox is the input queue of one actor. Anybody may post; only the actor
// takes and closes. Posting never blocks: offer drops what finds the mailbox
// full, post is for the few events of which a sender can produce only a bounded
// number.
type mailbox[T any] struct {
	limit int           // of offer
	wake  chan struct{} // capacity 1: something was posted

	mu     sync.Mutex // guards the rest
	items  []T
	closed bool
}

func newMailbox[T any](limit int) *mailbox[T] {
	return &mailbox[T]{limit: limit, wake: make(chan struct{}, 1)}
}

// offer posts v unless the mailbox is full or closed and reports whether it did.
func (m *mailbox[T]) offer(v T) bool {
	m.mu.Lock()
	full := m.closed || len(m.items) >= m.limit
	if !full {
		m.items = append(m.items, v)
	}
	m.mu.Unlock()
	if !full {
		m.signal()
	}
	return !full
}

// post posts v whatever the limit. It reports false if the actor is over: what
// v holds is then still the caller's.
func (m *mailbox[T]) post(v T) bool {
	m.mu.Lock()
	open := !m.closed
	if open {
		m.items = append(m.items, v)
	}
	m.mu.Unlock()
	if open {
		m.signal()
	}
	return open
}

func (m *mailbox[T]) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take removes and returns all items. An idle mailbox keeps no memory.
func (m *mailbox[T]) take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}

// close takes the last items; nothing is posted any more.
func (m *mailbox[T]) close() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items, m.closed = nil, true
	return items
}
