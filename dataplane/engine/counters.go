package engine

import (
	"sync/atomic"
	"time"

	"github.com/pptpac/pptpac/dataplane"
)

// drop is a dataplane.DropReason as an index.
type drop uint8

const (
	dropMalformed drop = iota
	dropUnknownCall
	dropWrongPeer
	dropClearText
	dropMPPE
	dropNotForwarding
	dropSource
	dropNoDestination
	dropTooBig
	dropQueueFull
	dropSendFailed
	dropInnerProtocol
	dropControlTooLong
	dropReasons // how many there are
)

var dropNames = [dropReasons]dataplane.DropReason{
	dropMalformed:      dataplane.DropMalformed,
	dropUnknownCall:    dataplane.DropUnknownCall,
	dropWrongPeer:      dataplane.DropWrongPeer,
	dropClearText:      dataplane.DropClearText,
	dropMPPE:           dataplane.DropMPPE,
	dropNotForwarding:  dataplane.DropNotForwarding,
	dropSource:         dataplane.DropSource,
	dropNoDestination:  dataplane.DropNoDestination,
	dropTooBig:         dataplane.DropTooBig,
	dropQueueFull:      dataplane.DropQueueFull,
	dropSendFailed:     dataplane.DropSendFailed,
	dropInnerProtocol:  dataplane.DropInnerProtocol,
	dropControlTooLong: dataplane.DropControlTooLong,
}

// drops counts dropped packets by reason.
type drops [dropReasons]atomic.Uint64

func (d *drops) count(reason drop) { d[reason].Add(1) }

// snapshot returns the reasons that occurred.
func (d *drops) snapshot() map[dataplane.DropReason]uint64 {
	m := make(map[dataplane.DropReason]uint64)
	for reason := range d {
		if n := d[reason].Load(); n != 0 {
			m[dropNames[reason]] = n
		}
	}
	return m
}

// counters of a tunnel. They are read while packets pass.
type counters struct {
	rxPackets, rxOctets atomic.Uint64
	txPackets, txOctets atomic.Uint64
	rxFrames            atomic.Uint64
	lastActivity        atomic.Int64 // Unix time, nanoseconds; 0 before the first packet
	resets              atomic.Uint64
	drops               drops
}

func (c *counters) received(p ipv4, now time.Time) {
	c.rxPackets.Add(1)
	c.rxOctets.Add(uint64(len(p)))
	c.active(p, now)
}

func (c *counters) sent(octets int) {
	c.txPackets.Add(1)
	c.txOctets.Add(uint64(octets))
}

func (c *counters) active(p ipv4, now time.Time) {
	if p.isUnicast() {
		c.lastActivity.Store(now.UnixNano())
	}
}

// snapshot returns what does not come from the sequence numbers.
func (c *counters) snapshot() dataplane.Counters {
	out := dataplane.Counters{
		RxPackets: c.rxPackets.Load(), RxOctets: c.rxOctets.Load(),
		TxPackets: c.txPackets.Load(), TxOctets: c.txOctets.Load(),
		RxFrames:   c.rxFrames.Load(),
		MPPEResets: c.resets.Load(),
		Drops:      c.drops.snapshot(),
	}
	if last := c.lastActivity.Load(); last != 0 {
		out.LastActivity = time.Unix(0, last)
	}
	return out
}
