package engine

import (
	"encoding/binary"
	"time"

	"github.com/pptpac/pptpac/dataplane/mppe"
)

// pppHeaderLen is the longest header of a frame: address, control, protocol.
const pppHeaderLen = 4

// protocolRoom is what stands before an IP packet in a buffer, so that the
// protocol can be put there.
const protocolRoom = 2

// appendControl appends the GRE packet of a control frame, with address and
// control field and in clear text.
func (t *Tunnel) appendControl(b, frame []byte, now time.Time) []byte {
	t.tx.mu.Lock()
	h := t.tx.gre.NextData(now)
	t.tx.mu.Unlock()
	b = h.AppendTo(b, 2+len(frame))
	b = append(b, 0xff, 0x03)
	return append(b, frame...)
}

// sender is what one goroutine needs to send IP packets.
type sender struct {
	packet []byte // GRE packet
	piece  []byte // fragment
	icmp   []byte
}

// outbound is steps 3 to 5 of the way out: framed is an IP packet behind
// protocolRoom octets, from the device d. It may be changed.
func (s *sender) outbound(t *Tunnel, d *device, framed []byte, now time.Time) {
	terms := t.terms.Load()
	if terms == nil || terms.device != d {
		t.counters.drops.count(dropNotForwarding)
		return
	}
	p, ok := parseIPv4(framed[protocolRoom:])
	if !ok {
		t.counters.drops.count(dropMalformed)
		return
	}
	framed = framed[:protocolRoom+len(p)]
	if terms.ClampMSS {
		clampMSS(p, terms.MTU)
	}
	switch {
	case len(p) <= terms.MTU:
		s.transmit(t, terms, framed, now)
	case p.fragment()&flagDF != 0:
		t.counters.drops.count(dropTooBig)
		s.fragNeeded(t, terms, p)
		return
	default:
		s.piece, ok = fragments(s.piece, protocolRoom, p, terms.MTU, func(piece []byte) {
			s.transmit(t, terms, piece, now)
		})
		if !ok {
			t.counters.drops.count(dropTooBig)
			return
		}
	}
	t.counters.active(p, now)
}

// fragNeeded answers a packet through the device that it came from.
//
// The answer comes from the peer's address: the kernel takes a packet that comes
// in with one of its own addresses as source for a martian, and drops it.
func (s *sender) fragNeeded(t *Tunnel, terms *terms, p ipv4) {
	answer, ok := appendFragNeeded(s.icmp[:0], terms.remote, p, terms.MTU)
	s.icmp = answer
	if !ok {
		return
	}
	if err := terms.device.tun.Write(answer); err != nil {
		t.counters.drops.count(dropSendFailed)
	}
}

// transmit sends one IP packet that fits.
func (s *sender) transmit(t *Tunnel, terms *terms, framed []byte, now time.Time) {
	binary.BigEndian.PutUint16(framed, protoIPv4)
	packet, ok := t.appendIP(s.packet[:0], terms, framed, now)
	s.packet = packet
	if !ok {
		t.counters.drops.count(dropClearText)
		return
	}
	if t.send(packet) == nil {
		t.counters.sent(len(framed) - protocolRoom)
	}
}

// appendIP appends the GRE packet of an IP packet that stands behind its
// protocol; ok is false if it would have to be encrypted and cannot.
func (t *Tunnel) appendIP(b []byte, terms *terms, framed []byte, now time.Time) (_ []byte, ok bool) {
	var header [pppHeaderLen]byte
	ppp := header[:0]
	if !terms.ACFC {
		ppp = append(ppp, 0xff, 0x03)
	}
	t.tx.mu.Lock()
	defer t.tx.mu.Unlock()
	if t.tx.mppe == nil {
		if terms.RequireEncryption {
			return b, false
		}
		ppp = appendProtocol(ppp, protoIPv4, terms.PFC)
		ip := framed[protocolRoom:]
		b = t.tx.gre.NextData(now).AppendTo(b, len(ppp)+len(ip))
		b = append(b, ppp...)
		return append(b, ip...), true
	}
	ppp = appendProtocol(ppp, protoMPPE, terms.PFC)
	b = t.tx.gre.NextData(now).AppendTo(b, len(ppp)+mppe.HeaderLen+len(framed))
	b = append(b, ppp...)
	// Inside, the protocol is not compressed: every peer understands that.
	return t.tx.mppe.Seal(b, framed), true
}

// appendProtocol appends a protocol below 0x0100, in one octet if compressed.
func appendProtocol(b []byte, protocol uint16, compressed bool) []byte {
	if !compressed {
		b = append(b, byte(protocol>>8))
	}
	return append(b, byte(protocol))
}
