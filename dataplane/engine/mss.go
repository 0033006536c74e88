package engine

import "encoding/binary"

// TCP header (RFC 9293 §3.1).
const (
	tcpMinHeader = 20
	tcpFlags     = 13
	tcpChecksum  = 16
	tcpSYN       = 0x02

	tcpOptEnd = 0
	tcpOptNop = 1
	tcpOptMSS = 2
)

// clampMSS lowers the maximum segment size that a TCP SYN announces, so that
// segments fit a path of mtu octets, and corrects the checksum. Anything else
// is left alone, a SYN without the option too: its default of 536 fits. It
// tells whether it changed p.
func clampMSS(p ipv4, mtu int) bool {
	most := mtu - ipv4MinHeader - tcpMinHeader
	if p.protocol() != protoTCP || p.fragment()&maskOffset != 0 || most <= 0 {
		return false
	}
	tcp := p.payload()
	if len(tcp) < tcpMinHeader || tcp[tcpFlags]&tcpSYN == 0 {
		return false
	}
	header := int(tcp[12]>>4) * 4
	if header < tcpMinHeader || header > len(tcp) {
		return false
	}
	for at := tcpMinHeader; at < header; {
		switch tcp[at] {
		case tcpOptEnd:
			return false
		case tcpOptNop:
			at++
			continue
		}
		if at+2 > header {
			return false
		}
		length := int(tcp[at+1])
		if length < 2 || at+length > header {
			return false
		}
		if tcp[at] == tcpOptMSS && length == 4 {
			old := binary.BigEndian.Uint16(tcp[at+2:])
			if int(old) <= most {
				return false
			}
			binary.BigEndian.PutUint16(tcp[at+2:], uint16(most))
			adjustChecksum(tcp[tcpChecksum:], old, uint16(most), (at+2)%2 != 0)
			return true
		}
		at += length
	}
	return false
}

// adjustChecksum corrects the checksum at sum for a 16-bit field that changed
// from was to is (RFC 1624 §3, equation 3). A field at an odd offset lies across
// two words of the sum, which is then the sum of the swapped octets.
func adjustChecksum(sum []byte, was, is uint16, odd bool) {
	if odd {
		was, is = was<<8|was>>8, is<<8|is>>8
	}
	s := uint32(^binary.BigEndian.Uint16(sum)) + uint32(^was) + uint32(is)
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	binary.BigEndian.PutUint16(sum, ^uint16(s))
}
