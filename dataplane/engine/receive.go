package engine

import (
	"encoding/binary"
	"time"

	"github.com/pptpac/pptpac/dataplane/gre"
)

// maxBacklog is how many packets wait while another goroutine passes packets of
// the same tunnel on.
const maxBacklog = 64

// batch is what one goroutine needs to take packets through a tunnel: what came
// out of the receiving half under its lock, to be passed on without it.
type batch struct {
	tunnel *Tunnel
	terms  *terms
	now    time.Time
	offer  gre.Deliver // frame, bound once: no allocation per packet

	arena   []byte // storage of out
	out     []output
	noise   error  // the tunnel has to be given up
	reset   bool   // a Reset-Request is needed
	ackOnly []byte // storage of an acknowledgement
}

// output is an IP packet for the device, or a control frame for the session.
type output struct {
	control    bool
	start, end int // in arena
}

func newBatch() *batch {
	b := &batch{}
	b.offer = b.frame
	return b
}

func (b *batch) begin(t *Tunnel, now time.Time) {
	b.tunnel, b.terms, b.now = t, t.terms.Load(), now
	b.arena, b.out = b.arena[:0], b.out[:0]
	b.noise, b.reset = nil, false
}

// add makes the arena from start on an output.
func (b *batch) add(control bool, start int) {
	b.out = append(b.out, output{control, start, len(b.arena)})
}

// receive takes a GRE packet of the tunnel, which is borrowed until return.
func (t *Tunnel) receive(b *batch, packet []byte, now time.Time) {
	t.rx.mu.Lock()
	if t.rx.busy {
		t.putBackLocked(packet)
		t.rx.mu.Unlock()
		return
	}
	t.rx.busy = true
	b.begin(t, now)
	t.offerLocked(b, packet)
	t.passOnLocked(b)
	t.rx.mu.Unlock()
	t.afterReceive(b)
}

// expire does what is due though no packet came.
func (t *Tunnel) expire(b *batch, now time.Time) {
	if t.closed.Load() {
		return
	}
	t.rx.mu.Lock()
	if t.rx.busy {
		// The one that is passing packets on looks at the clock when it is done.
		t.rx.mu.Unlock()
		return
	}
	t.rx.busy = true
	b.begin(t, now)
	t.rx.gre.Expire(now, b.offer)
	t.passOnLocked(b)
	t.rx.mu.Unlock()
	t.afterReceive(b)
}

// putBackLocked leaves a packet to the goroutine that is passing packets on, so
// that their order is kept.
func (t *Tunnel) putBackLocked(packet []byte) {
	if len(t.rx.backlog) == maxBacklog {
		t.counters.drops.count(dropQueueFull)
		return
	}
	var kept []byte
	if n := len(t.rx.spare); n > 0 {
		kept, t.rx.spare = t.rx.spare[n-1], t.rx.spare[:n-1]
	}
	t.rx.backlog = append(t.rx.backlog, append(kept[:0], packet...))
}

// offerLocked gives a packet to the receiving half. What comes out is in b.
func (t *Tunnel) offerLocked(b *batch, packet []byte) {
	h, payload, err := gre.Parse(packet)
	if err != nil {
		t.counters.drops.count(dropMalformed)
		return
	}
	if h.HasSeq {
		t.rx.gre.Offer(b.now, h.Seq, payload, b.offer)
		t.rx.gre.Expire(b.now, b.offer)
	}
	highest, any := t.rx.gre.Highest()
	// The sending half's lock is taken inside the receiving half's here, and
	// nowhere the other way round.
	t.tx.mu.Lock()
	if h.HasAck {
		t.tx.gre.PeerAcked(h.Ack)
	}
	if h.HasSeq && any {
		t.tx.gre.Received(b.now, highest)
	}
	t.tx.mu.Unlock()
}

// passOnLocked passes on what is in b, and then what came meanwhile, without the
// lock; on return it is held again and nobody is busy.
func (t *Tunnel) passOnLocked(b *batch) {
	for {
		t.rx.mu.Unlock()
		t.passOn(b)
		t.rx.mu.Lock()
		if len(t.rx.backlog) == 0 {
			t.rx.busy = false
			return
		}
		b.begin(t, time.Now())
		for _, packet := range t.rx.backlog {
			t.offerLocked(b, packet)
			t.rx.spare = append(t.rx.spare, packet)
		}
		t.rx.backlog = t.rx.backlog[:0]
	}
}

// passOn is step 7 of the way in. No lock is held.
func (t *Tunnel) passOn(b *batch) {
	for _, o := range b.out {
		if t.closed.Load() {
			return
		}
		p := b.arena[o.start:o.end]
		if o.control {
			t.events.ControlFrame(p)
			continue
		}
		if err := b.terms.device.tun.Write(p); err != nil {
			t.counters.drops.count(dropSendFailed)
		}
	}
	if b.reset && !t.closed.Load() {
		t.counters.resets.Add(1)
		t.events.ResetNeeded()
	}
	if b.noise != nil {
		t.fault(b.noise)
	}
}

// afterReceive sends an acknowledgement that is due, and sees to it that the
// tunnel is woken for the next thing that is.
func (t *Tunnel) afterReceive(b *batch) {
	t.tx.mu.Lock()
	h, due := t.tx.gre.AckOnly(b.now)
	next := t.tx.gre.Deadline()
	t.tx.mu.Unlock()
	if due {
		b.ackOnly = h.AppendTo(b.ackOnly[:0], 0)
		_ = t.send(b.ackOnly) // counted there
	}
	t.rx.mu.Lock()
	held := t.rx.gre.Deadline()
	t.rx.mu.Unlock()
	if next.IsZero() || !held.IsZero() && held.Before(next) {
		next = held
	}
	t.engine.timers.schedule(t, next)
}

// frame is the gre.Deliver of a batch: steps 4 to 6 of the way in. The receiving
// half's lock is held.
func (b *batch) frame(seq uint32, payload []byte, _ bool) bool {
	t := b.tunnel
	protocol, info, ok := splitFrame(payload)
	if !ok {
		t.counters.drops.count(dropMalformed)
		return false
	}
	t.counters.rxFrames.Add(1)
	switch protocol {
	case protoMPPE:
		return b.decrypt(seq, info)
	case protoIPv4:
		if b.terms != nil && b.terms.RequireEncryption {
			t.counters.drops.count(dropClearText)
			return false
		}
		start := len(b.arena)
		b.arena = append(b.arena, info...)
		b.inbound(start)
		return true
	}
	if len(info)+2 > maxControl {
		t.counters.drops.count(dropControlTooLong)
		return false
	}
	start := len(b.arena)
	b.arena = binary.BigEndian.AppendUint16(b.arena, protocol)
	b.arena = append(b.arena, info...)
	b.add(true, start)
	return true
}
