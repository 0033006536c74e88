package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/pptpac/pptpac/dataplane/mppe"
)

// When to give a tunnel up. RFC 3078 leaves it to the implementation; Linux
// closes the link after some 1,600 errors.
const (
	resetInterval = time.Second // between Reset-Requests
	maxResets     = 30          // without an answer
	maxNoise      = 1600        // undecodable packets in a row
	maxNoiseFirst = 50          // the same, if none has ever been decoded: the keys are wrong
)

// errResets and errNoise are reported by Events.Fault.
var (
	errResets = errors.New("peer does not answer MPPE reset requests")
	errNoise  = errors.New("too many packets that MPPE cannot decrypt")
)

// resync is what is known about the coherency of the peer's MPPE packets.
type resync struct {
	decoded bool      // at least one packet was
	seq     uint32    // GRE sequence number of the last one
	count   uint16    // coherency count of the last one
	noise   int       // undecodable ones since
	resets  int       // Reset-Requests asked for since
	asked   time.Time // when the last one was
}

// decrypt takes the information field of an MPPE packet. It tells whether it
// decoded.
func (b *batch) decrypt(seq uint32, packet []byte) bool {
	t := b.tunnel
	d := t.rx.mppe
	if d == nil {
		t.counters.drops.count(dropMPPE)
		return false
	}
	r := &t.rx.resync
	// How many packets may have been lost since the last that decoded: needed
	// where more are than the coherency count can tell.
	var gap uint32
	if r.decoded && int32(seq-r.seq) > 1 {
		gap = seq - r.seq - 1
	}
	start := len(b.arena)
	arena, err := d.OpenAfter(b.arena, packet, gap)
	if err != nil {
		t.counters.drops.count(dropMPPE)
		if errors.Is(err, mppe.ErrOutOfSync) {
			b.askReset(r)
		}
		return false
	}
	b.arena = arena
	protocol, info, ok := mppe.Protocol(arena[start:])
	// Nearly every second forged packet shows an allowed protocol. One that
	// moves the state ahead must show a whole IP header.
	count := (uint16(packet[0])<<8 | uint16(packet[1])) & 0x0fff
	if ok && count != r.expected() {
		ok = protocol == protoIPv4 && soundHeader(info)
	}
	if !ok {
		b.arena = arena[:start]
		t.counters.drops.count(dropMPPE)
		b.undecodable(r, d.Params())
		return false
	}
	d.Commit()
	if late := r.decoded && int32(seq-r.seq) < 0; !late {
		r.seq, r.count = seq, count
	}
	r.decoded, r.noise, r.resets, r.asked = true, 0, 0, time.Time{}
	if protocol != protoIPv4 {
		b.arena = arena[:start]
		t.counters.drops.count(dropInnerProtocol)
		return true
	}
	b.inbound(len(arena) - len(info))
	return true
}

// expected is the coherency count of the packet after the last one.
func (r *resync) expected() uint16 {
	if !r.decoded {
		return 0
	}
	return (r.count + 1) & 0x0fff
}

// soundHeader tells whether b begins with an IPv4 header whose checksum is right.
func soundHeader(b []byte) bool {
	p, ok := parseIPv4(b)
	return ok && checksum(p[:p.headerLen()]) == 0
}

// undecodable counts a packet that decrypted to noise.
func (b *batch) undecodable(r *resync, p mppe.Params) {
	r.noise++
	most := maxNoise
	if !r.decoded {
		most = maxNoiseFirst
	}
	if r.noise > most {
		b.noise = fmt.Errorf("%w: %d in a row", errNoise, r.noise)
	}
	if !p.Stateless {
		b.askReset(r)
	}
}

// askReset asks for a CCP Reset-Request, unless that was done a moment ago.
func (b *batch) askReset(r *resync) {
	if !r.asked.IsZero() && b.now.Sub(r.asked) < resetInterval {
		return
	}
	if r.resets++; r.resets > maxResets {
		b.noise = fmt.Errorf("%w: %d sent", errResets, maxResets)
		return
	}
	r.asked, b.reset = b.now, true
}
