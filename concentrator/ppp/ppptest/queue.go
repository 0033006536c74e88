package ppptest

import (
	"container/heap"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// event is an input that one end gets at some time.
type event struct {
	at    time.Time
	order int // of scheduling, among events of one time
	to    *End
	input ppp.Input
}

// queue holds events in order of time.
type queue struct {
	events  eventHeap
	counter int
}

func (q *queue) schedule(at time.Time, to *End, in ppp.Input) {
	q.counter++
	heap.Push(&q.events, event{at: at, order: q.counter, to: to, input: in})
}

// next returns the time of the first event.
func (q *queue) next() (time.Time, bool) {
	if len(q.events) == 0 {
		return time.Time{}, false
	}
	return q.events[0].at, true
}

func (q *queue) pop() event { return heap.Pop(&q.events).(event) }

type eventHeap []event

func (h eventHeap) Len() int      { return len(h) }
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h eventHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}
func (h *eventHeap) Push(x any) { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
