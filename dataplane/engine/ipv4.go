package engine

import "encoding/binary"

// Offsets and values of the IPv4 header (RFC 791 §3.1).
const (
	ipv4MinHeader = 20
	ipv4MaxHeader = 60
	ipv4MaxTotal  = 0xffff

	flagDF     = 0x4000
	flagMF     = 0x2000
	maskOffset = 0x1fff // of the fragment, units of eight octets

	protoICMP = 1
	protoTCP  = 6
	protoUDP  = 17
)

// ipv4 is a packet whose header has been checked by parseIPv4.
type ipv4 []byte

// parseIPv4 checks the lengths of the header and cuts off what follows the
// packet. It aliases b.
func parseIPv4(b []byte) (ipv4, bool) {
	if len(b) < ipv4MinHeader || b[0]>>4 != 4 {
		return nil, false
	}
	header := int(b[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if header < ipv4MinHeader || total < header || total > len(b) {
		return nil, false
	}
	return ipv4(b[:total:total]), true
}

func (p ipv4) headerLen() int   { return int(p[0]&0x0f) * 4 }
func (p ipv4) fragment() uint16 { return binary.BigEndian.Uint16(p[6:]) }
func (p ipv4) protocol() byte   { return p[9] }
func (p ipv4) src() [4]byte     { return [4]byte(p[12:16]) }
func (p ipv4) dst() [4]byte     { return [4]byte(p[16:20]) }
func (p ipv4) payload() []byte  { return p[p.headerLen():] }

// setChecksum writes the header's checksum.
func (p ipv4) setChecksum() {
	p[10], p[11] = 0, 0
	binary.BigEndian.PutUint16(p[10:], checksum(p[:p.headerLen()]))
}

// checksum is the Internet checksum (RFC 1071) of b.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// isUnicast tells a packet that somebody wants from the chatter of a host that
// looks for its neighbours: only the former is activity.
func (p ipv4) isUnicast() bool {
	dst := p.dst()
	switch {
	case dst[0] >= 224, dst == [4]byte{}: // multicast, reserved, broadcast
		return false
	case dst[3] != 255:
		return true
	}
	// NetBIOS over UDP (137, 138) goes to the broadcast address of a subnet. We
	// know no subnets, but no host that anybody wants ends in 255 there.
	if p.protocol() != protoUDP || p.fragment()&maskOffset != 0 {
		return true
	}
	udp := p.payload()
	if len(udp) < 4 {
		return true
	}
	port := binary.BigEndian.Uint16(udp[2:])
	return port != 137 && port != 138
}
