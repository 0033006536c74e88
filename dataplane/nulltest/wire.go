// Package nulltest joins two dataplane.Null planes, so that both ends of a
// call (a concentrator and a client) run in one process without root.
package nulltest

import (
	"sync"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/impair"
)

// queueLen is how many frames may be under way in one direction; what does not
// fit is lost, as on a real path.
const queueLen = 4096

// Wire carries the control frames of two planes to each other: a frame sent in
// a call arrives at the other plane in the call whose address is the sender's
// peer and whose id is the sender's peer call id.
type Wire struct {
	// Left and Right are the two planes.
	Left, Right *dataplane.Null

	toLeft, toRight *direction
	done            chan struct{}
	once            sync.Once
	running         sync.WaitGroup
}

// NewWire returns a wire that loses nothing. Frames are delivered on two
// goroutines of the wire, one per direction, until Close.
func NewWire() *Wire {
	w := &Wire{Left: &dataplane.Null{}, Right: &dataplane.Null{}, done: make(chan struct{})}
	w.toLeft, w.toRight = newDirection(w.Left), newDirection(w.Right)
	w.Left.SendControl = w.toRight.send
	w.Right.SendControl = w.toLeft.send
	for _, d := range []*direction{w.toLeft, w.toRight} {
		w.running.Add(1)
		// Ends when done is closed.
		go func() {
			defer w.running.Done()
			d.run(w.done)
		}()
	}
	return w
}

// Impair puts a path in the way of the frames to each side; nil loses nothing.
// The two directions need a Func each.
func (w *Wire) Impair(toLeft, toRight impair.Func) {
	w.toLeft.impair(toLeft)
	w.toRight.impair(toRight)
}

// Close closes both planes and waits for the wire's goroutines. Idempotent.
func (w *Wire) Close() error {
	w.once.Do(func() { close(w.done) })
	w.running.Wait()
	_ = w.Left.Close() // a Null has nothing that could fail
	_ = w.Right.Close()
	return nil
}

type direction struct {
	to    *dataplane.Null
	queue chan []byte // packed: a path may hold a frame back for one of another call

	mu   sync.Mutex // guards path and the order of what enters queue
	path impair.Func
}

func newDirection(to *dataplane.Null) *direction {
	return &direction{to: to, queue: make(chan []byte, queueLen)}
}

func (d *direction) impair(f impair.Func) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.path = f
}

// send is the hook of the sending plane.
func (d *direction) send(call dataplane.Spec, frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	frames := [][]byte{pack(call, frame)}
	if d.path != nil {
		frames = d.path(frames[0])
	}
	for _, f := range frames {
		select {
		case d.queue <- f:
		default:
		}
	}
}

func (d *direction) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case f := <-d.queue:
			call, frame := unpack(f)
			d.to.Deliver(call.Peer, call.Local, call.PeerCallID, frame)
		}
	}
}
