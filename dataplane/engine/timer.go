package engine

import (
	"container/heap"
	"sync"
	"time"
)

// timers wakes tunnels that have something to do though no packet comes: a
// delayed acknowledgement, a packet held back long enough. One goroutine serves
// all. A tunnel is in the heap at most a few times, and only while it is due.
type timers struct {
	epoch time.Time     // instants are measured from here, by the monotonic clock
	wake  chan struct{} // capacity 1: the earliest instant has changed
	mu    sync.Mutex    // guards heap, and the writing of Tunnel.scheduled
	heap  wakeHeap
}

type wakeup struct {
	at     int64 // nanoseconds after epoch; never 0
	tunnel *Tunnel
}

func newTimers(now time.Time) *timers {
	return &timers{epoch: now.Add(-time.Second), wake: make(chan struct{}, 1)}
}

// schedule makes sure that the tunnel is woken at that time or before. The zero
// time asks for nothing.
func (ts *timers) schedule(t *Tunnel, at time.Time) {
	if at.IsZero() {
		return
	}
	instant := max(int64(at.Sub(ts.epoch)), 1)
	if s := t.scheduled.Load(); s != 0 && s <= instant {
		return
	}
	ts.mu.Lock()
	if s := t.scheduled.Load(); s != 0 && s <= instant {
		ts.mu.Unlock()
		return
	}
	t.scheduled.Store(instant)
	heap.Push(&ts.heap, wakeup{instant, t})
	first := ts.heap[0].at == instant
	ts.mu.Unlock()
	if first {
		select {
		case ts.wake <- struct{}{}:
		default: // it is about to look anyway
		}
	}
}

// due takes one tunnel whose time has come off the heap. If there is none it
// returns how long to wait for the next; a negative time if nothing is scheduled.
func (ts *timers) due(now time.Time) (*Tunnel, time.Duration) {
	instant := int64(now.Sub(ts.epoch))
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for len(ts.heap) > 0 {
		next := ts.heap[0]
		if next.tunnel.scheduled.Load() != next.at {
			heap.Pop(&ts.heap) // was woken earlier than this
			continue
		}
		if next.at > instant {
			return nil, time.Duration(next.at - instant)
		}
		heap.Pop(&ts.heap)
		next.tunnel.scheduled.Store(0)
		return next.tunnel, 0
	}
	return nil, -1
}

// run wakes tunnels until done is closed.
func (ts *timers) run(done <-chan struct{}, expire func(*Tunnel, time.Time)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		tunnel, wait := ts.due(now)
		if tunnel != nil {
			expire(tunnel, now)
			continue
		}
		var expired <-chan time.Time
		if wait >= 0 {
			timer.Reset(wait)
			expired = timer.C
		}
		select {
		case <-done:
			return
		case <-ts.wake:
		case <-expired:
		}
	}
}

type wakeHeap []wakeup

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h wakeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *wakeHeap) Push(x any) { *h = append(*h, x.(wakeup)) }

// Pop implements heap.Interface.
func (h *wakeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = wakeup{}
	*h = old[:len(old)-1]
	return last
}
