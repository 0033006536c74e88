package gre

import "time"

// Limits of the receiver.
const (
	// MaxWindow is the largest reorder window, packets.
	MaxWindow = 8
	// HoldTime is how long a packet is held back for an earlier one.
	HoldTime = 50 * time.Millisecond
	// history is how many packets back a late packet is told from a duplicate.
	history = 64
	// resyncRun is how many packets in sequence, all too old, make the window go
	// back to them: a window that was led astray must not stay there.
	resyncRun = 8
	// ringLen is a power of two above MaxWindow.
	ringLen = 16
	// maxHeld is the longest payload that is held back, octets: longer ones are
	// delivered at once, so that held packets cost at most MaxWindow * maxHeld.
	maxHeld = 2048
)

// Deliver takes a payload. late says that packets with higher numbers were
// delivered before it. payload is borrowed until return. It reports whether the
// payload decoded: whether there is reason to believe that the peer sent it.
// Deliver must not call the Receiver.
type Deliver func(seq uint32, payload []byte, late bool) (ok bool)

// RecvStats counts what happened to sequence numbers.
type RecvStats struct {
	Lost       uint64 `json:"lost"`       // never seen, so far
	Reordered  uint64 `json:"reordered"`  // arrived late, still delivered
	Duplicates uint64 `json:"duplicates"` // arrived again or too late, dropped
	Tentative  uint64 `json:"tentative"`  // far ahead and undecodable: did not move the window
}

// Receiver puts the packets of a call back into order. It waits for a missing
// packet only for a moment and a few packets, and never drops a packet because of
// one that is missing.
//
// GRE is not authenticated. A packet far ahead of the others is therefore
// delivered, but moves the window only if its payload decoded; and the place
// where the window was before such a jump is remembered, so that the next genuine
// packet takes it back. A Receiver is used by one goroutine at a time.
type Receiver struct {
	window  int
	started bool
	cur     position
	prev    position // before the last jump; valid if hasPrev
	hasPrev bool
	stats   RecvStats

	oldNext uint32 // what would follow the last packet that was too old
	oldRun  int    // how many such packets came one after the other

	held  [ringLen]heldPacket // by seq % ringLen; all within cur.next+1 ... cur.next+window
	nHeld int
}

// position is a place in the peer's sequence numbers.
type position struct {
	next      uint32 // the number expected
	seen      uint64 // bit i: next-1-i was delivered and decoded
	confirmed uint32 // one more than the highest number that decoded
	lost      uint64 // how much of RecvStats.Lost came after the jump to here
	good      int    // packets that decoded since that jump
}

type heldPacket struct {
	used  bool
	seq   uint32
	due   time.Time
	octet []byte // storage is kept for the next packet
}

// NewReceiver returns a receiver that holds back at most window packets while one
// is missing, 0 for none; a larger window than MaxWindow is MaxWindow.
func NewReceiver(window int) *Receiver {
	return &Receiver{window: min(max(window, 0), MaxWindow)}
}

// Stats returns the counts so far.
func (r *Receiver) Stats() RecvStats { return r.stats }

// Highest returns the highest sequence number that was passed, for
// acknowledgements; false before the first packet.
func (r *Receiver) Highest() (uint32, bool) { return r.cur.next - 1, r.started }

// Offer takes a packet with a sequence number and delivers what has come into
// order by it, possibly nothing. payload is borrowed until return.
//
// The first packet may have any number. Later ones are compared modulo 2^32:
//
//	behind      delivered as late, once; dropped if seen or too old
//	expected    delivered, and what was held back for it
//	in window   held back until the gap fills, HoldTime passes, or the window is full
//	ahead       what was held back is delivered, then the packet; the window follows if it decoded
func (r *Receiver) Offer(now time.Time, seq uint32, payload []byte, deliver Deliver) {
	if !r.started {
		if deliver(seq, payload, false) {
			r.started = true
			r.cur = position{next: seq + 1, seen: 1, confirmed: seq + 1}
		}
		return
	}
	ahead := seq - r.cur.next
	switch {
	case int32(ahead) < 0:
		r.behind(seq, payload, deliver)
	case ahead == 0 && r.walkable():
		r.step(payload, deliver)
		r.drain(deliver)
	case ahead <= uint32(r.window) && r.walkable() && len(payload) <= maxHeld:
		r.hold(now, seq, payload)
		if r.nHeld >= r.window {
			r.skipGap(deliver)
		}
	default:
		r.jump(seq, payload, deliver)
	}
}

// Deadline is when Expire must be called at the latest; zero if nothing is held
// back.
func (r *Receiver) Deadline() time.Time {
	var first time.Time
	if r.nHeld == 0 {
		return first
	}
	for i := range r.held {
		if h := &r.held[i]; h.used && (first.IsZero() || h.due.Before(first)) {
			first = h.due
		}
	}
	return first
}

// Expire delivers what has been held back long enough; the packets it waited for
// are counted as lost.
func (r *Receiver) Expire(now time.Time, deliver Deliver) {
	for r.nHeld > 0 && !now.Before(r.Deadline()) {
		r.skipGap(deliver)
	}
}

// Release delivers all that is held back, whether its time has come or not.
func (r *Receiver) Release(deliver Deliver) {
	for r.nHeld > 0 {
		r.skipGap(deliver)
	}
}

// walkable reports whether the window may move by a packet that need not decode.
// It may be a few packets ahead of the last one that decoded, but not so many
// that the peer's genuine packets would fall out of history: forged ones could
// otherwise walk the window away step by step.
func (r *Receiver) walkable() bool {
	return r.cur.next-r.cur.confirmed < history/2
}

// step delivers the packet expected.
func (r *Receiver) step(payload []byte, deliver Deliver) {
	ok := deliver(r.cur.next, payload, false)
	r.cur.seen <<= 1
	r.cur.next++
	if ok {
		r.confirm(r.cur.next - 1)
	}
}

// confirm notes that a packet at most history behind decoded.
func (r *Receiver) confirm(seq uint32) {
	r.cur.seen |= 1 << (r.cur.next - 1 - seq)
	if int32(seq+1-r.cur.confirmed) > 0 {
		r.cur.confirmed = seq + 1
	}
	if r.hasPrev {
		r.cur.good++
		r.hasPrev = r.cur.good < history
	}
}

// lose moves the window over n missing packets.
func (r *Receiver) lose(n uint32) {
	r.stats.Lost += uint64(n)
	r.cur.lost += uint64(n)
	r.cur.next += n
	if n >= history {
		r.cur.seen = 0
	} else {
		r.cur.seen <<= n
	}
}

// behind takes a packet with a number that has been passed.
func (r *Receiver) behind(seq uint32, payload []byte, deliver Deliver) {
	back := r.cur.next - 1 - seq
	if back >= history {
		r.tooOld(seq, payload, deliver)
		return
	}
	if r.cur.seen&(1<<back) != 0 {
		r.stats.Duplicates++
		return
	}
	if deliver(seq, payload, true) {
		r.confirm(seq)
		r.stats.Reordered++
		r.stats.Lost -= min(r.stats.Lost, 1)
		r.cur.lost -= min(r.cur.lost, 1)
	}
}

// tooOld takes a packet from before the window's history. It is dropped, unless
// it shows that the window is in the wrong place: it belongs where the window was
// before the last jump, or is one of many in sequence; and it decodes.
func (r *Receiver) tooOld(seq uint32, payload []byte, deliver Deliver) {
	if seq != r.oldNext {
		r.oldRun = 0
	}
	r.oldNext = seq + 1
	r.oldRun++
	back := r.hasPrev && seq-r.prev.next < history
	if (!back && r.oldRun < resyncRun) || !deliver(seq, payload, true) {
		r.stats.Duplicates++
		return
	}
	r.Release(deliver)
	r.oldRun = 0
	if back {
		r.stats.Lost -= min(r.stats.Lost, r.cur.lost)
		r.cur = r.prev
	} else {
		r.cur = position{next: seq}
	}
	r.hasPrev = false
	r.moveTo(seq)
}

// jump takes a packet beyond the window, or one that cannot be held back.
func (r *Receiver) jump(seq uint32, payload []byte, deliver Deliver) {
	r.Release(deliver)
	gap := seq - r.cur.next
	if int32(gap) < 0 { // passed by what was released
		r.behind(seq, payload, deliver)
		return
	}
	if !deliver(seq, payload, false) {
		r.stats.Tentative++
		return
	}
	if gap >= history {
		r.prev, r.hasPrev = r.cur, true
		r.cur.lost, r.cur.good = 0, 0
	}
	r.moveTo(seq)
}

// moveTo moves the window behind a packet ahead of it, or expected, that decoded.
func (r *Receiver) moveTo(seq uint32) {
	r.lose(seq - r.cur.next)
	r.cur.seen <<= 1
	r.cur.next++
	r.cur.confirmed = seq
	r.confirm(seq)
}

// hold copies a packet that came too early.
func (r *Receiver) hold(now time.Time, seq uint32, payload []byte) {
	h := &r.held[seq%ringLen]
	if h.used {
		r.stats.Duplicates++
		return
	}
	h.used, h.seq, h.due = true, seq, now.Add(HoldTime)
	h.octet = append(h.octet[:0], payload...)
	r.nHeld++
}

// drain delivers the held packets that have come into order.
func (r *Receiver) drain(deliver Deliver) {
	for r.nHeld > 0 {
		h := &r.held[r.cur.next%ringLen]
		if !h.used || h.seq != r.cur.next {
			return
		}
		h.used = false
		r.nHeld--
		r.step(h.octet, deliver)
	}
}

// skipGap gives the packets up that the earliest held one waits for, and delivers
// from there. Something must be held.
func (r *Receiver) skipGap(deliver Deliver) {
	for n := uint32(1); n <= MaxWindow; n++ {
		h := &r.held[(r.cur.next+n)%ringLen]
		if h.used && h.seq == r.cur.next+n {
			r.lose(n)
			break
		}
	}
	r.drain(deliver)
}
