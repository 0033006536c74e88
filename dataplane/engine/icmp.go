package engine

import "encoding/binary"

const (
	icmpUnreachable = 3
	icmpFragNeeded  = 4
	icmpHeader      = 8
	icmpQuote       = 8 // octets of the packet's data that are sent back
)

// appendFragNeeded appends an ICMP "fragmentation needed and DF set" (RFC 1191
// §4) from src about p to b; ok is false if p must not be answered by ICMP (RFC
// 1122 §3.2.2).
func appendFragNeeded(b []byte, src [4]byte, p ipv4, mtu int) (_ []byte, ok bool) {
	from, to := p.src(), p.dst()
	switch {
	case p.fragment()&maskOffset != 0:
		return b, false
	case from[0] >= 224, from[0] == 0, to[0] >= 224:
		return b, false
	}
	if p.protocol() == protoICMP {
		// Echo, timestamp and the like may be answered, errors must not be.
		icmp := p.payload()
		if len(icmp) == 0 {
			return b, false
		}
		switch icmp[0] {
		case 0, 8, 13, 14, 17, 18:
		default:
			return b, false
		}
	}
	quote := p[:min(len(p), p.headerLen()+icmpQuote)]
	start := len(b)
	b = append(b, make([]byte, ipv4MinHeader+icmpHeader)...)
	b = append(b, quote...)
	answer := ipv4(b[start:])
	answer[0] = 4<<4 | ipv4MinHeader/4
	answer[1] = 0xc0 // internetwork control (RFC 1812 §4.3.2.5)
	binary.BigEndian.PutUint16(answer[2:], uint16(len(answer)))
	answer[8] = 64
	answer[9] = protoICMP
	copy(answer[12:], src[:])
	copy(answer[16:], from[:])
	answer.setChecksum()
	icmp := answer.payload()
	icmp[0], icmp[1] = icmpUnreachable, icmpFragNeeded
	binary.BigEndian.PutUint16(icmp[6:], uint16(min(mtu, ipv4MaxTotal)))
	binary.BigEndian.PutUint16(icmp[2:], checksum(icmp))
	return b, true
}
