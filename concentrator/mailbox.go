package concentrator

import "sync"

// mailbox is the input queue of one actor. Anybody may post; only the actor
// takes. Posting never blocks: offer drops what finds the mailbox full, post is
// for the few events of which a sender can produce only a bounded number.
type mailbox[T any] struct {
	limit int           // of offer
	wake  chan struct{} // capacity 1: something was posted

	mu    sync.Mutex // guards items
	items []T
}

func newMailbox[T any](limit int) *mailbox[T] {
	return &mailbox[T]{limit: limit, wake: make(chan struct{}, 1)}
}

// offer posts v unless the mailbox is full and reports whether it did.
func (m *mailbox[T]) offer(v T) bool {
	m.mu.Lock()
	full := len(m.items) >= m.limit
	if !full {
		m.items = append(m.items, v)
	}
	m.mu.Unlock()
	if !full {
		m.signal()
	}
	return !full
}

// post posts v whatever the limit.
func (m *mailbox[T]) post(v T) {
	m.mu.Lock()
	m.items = append(m.items, v)
	m.mu.Unlock()
	m.signal()
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
