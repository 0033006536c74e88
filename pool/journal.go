package pool

import (
	"maps"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// retryAfter is the pause after a failed write.
const retryAfter = time.Second

// batch is one group commit; done is closed when it is written or has failed.
type batch struct{ done chan struct{} }

// journal writes rows to the database from one goroutine: while one
// transaction is synced, the rows of the next gather. It holds at most one row
// per address, so a disk that hangs costs no unbounded memory. A nil journal
// writes nothing.
type journal struct {
	db       *bbolt.DB
	patience time.Duration
	report   func(error)
	kick     chan struct{} // capacity 1: "there is something to write"
	stop     chan struct{}
	stopped  chan struct{}

	// mu guards all below.
	mu      sync.Mutex
	pending map[uint32]*row // nil: delete the entry
	next    *batch          // what pending will be written with; nil if it is empty
	failing error           // of the last write
	closed  bool
}

func openJournal(db *bbolt.DB, patience time.Duration, report func(error)) *journal {
	j := &journal{
		db: db, patience: patience, report: report,
		kick: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
		pending: map[uint32]*row{},
	}
	// Ends when close closes stop.
	go j.run()
	return j
}

// put queues the row (nil: the deletion) and returns the batch to wait for; it
// returns nil while the disk fails, when waiting would be in vain.
func (j *journal) put(addr uint32, r *row) *batch {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending[addr] = r
	if j.next == nil {
		j.next = &batch{done: make(chan struct{})}
	}
	select {
	case j.kick <- struct{}{}:
	default: // it knows already
	}
	if j.failing != nil {
		return nil
	}
	return j.next
}

// wait returns when b is written, or patience is over.
func (j *journal) wait(b *batch) {
	if j == nil || b == nil {
		return
	}
	t := time.NewTimer(j.patience)
	defer t.Stop()
	select {
	case <-b.done:
	case <-t.C:
	}
}

func (j *journal) run() {
	defer close(j.stopped)
	for {
		select {
		case <-j.stop:
			_ = j.flush() // close returns the error
			return
		case <-j.kick:
		}
		if j.flush() == nil {
			continue
		}
		select {
		case <-j.stop:
			_ = j.flush() // close returns the error
			return
		case <-time.After(retryAfter):
			j.wake()
		}
	}
}

func (j *journal) wake() {
	select {
	case j.kick <- struct{}{}:
	default:
	}
}

// flush writes what is pending in one transaction. What could not be written
// is pending again, unless something newer is.
func (j *journal) flush() error {
	j.mu.Lock()
	rows, b := j.pending, j.next
	j.pending, j.next = map[uint32]*row{}, nil
	j.mu.Unlock()
	if len(rows) == 0 {
		return nil
	}
	err := store(j.db, rows)
	j.mu.Lock()
	if err != nil {
		maps.Copy(rows, j.pending)
		j.pending = rows
		if j.next == nil {
			j.next = &batch{done: make(chan struct{})}
		}
	}
	first := err != nil && j.failing == nil
	j.failing = err
	j.mu.Unlock()
	close(b.done)
	if first {
		j.report(err)
	}
	return err
}

// close writes what is pending, stops the goroutine, and returns the error of
// the last write. Idempotent.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	first := !j.closed
	j.closed = true
	j.mu.Unlock()
	if first {
		close(j.stop)
	}
	<-j.stopped
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failing
}
