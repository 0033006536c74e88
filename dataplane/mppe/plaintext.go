package mppe

import "encoding/binary"

// Protocols that MPPE carries: network-layer protocols (RFC 3078 §3).
const (
	firstProtocol = 0x0021
	lastProtocol  = 0x00fa
	protocolIPv4  = 0x0021
	protocolIPv6  = 0x0057

	minIPv4Header = 20
	maxIPv4Header = 60
	ipv6Header    = 40
)

// Protocol splits a plain text into protocol, compressed to one octet or not, and
// information field, which aliases plain. It reports false if the protocol is none
// that MPPE carries (RFC 3078 §3: 0x0021 to 0x00fa): the plain text is noise then,
// and must not be committed.
func Protocol(plain []byte) (protocol uint16, information []byte, ok bool) {
	switch {
	case len(plain) >= 1 && plain[0]&1 != 0:
		protocol, information = uint16(plain[0]), plain[1:]
	case len(plain) >= 2:
		protocol, information = binary.BigEndian.Uint16(plain), plain[2:]
	default:
		return 0, nil, false
	}
	if protocol < firstProtocol || protocol > lastProtocol || protocol&1 == 0 {
		return 0, nil, false
	}
	return protocol, information, true
}

// soundIP reports whether the first octets of a plain text of the given length are
// those of an IP packet, beyond doubt.
func soundIP(start []byte, length int) bool {
	protocol, ip, ok := Protocol(start)
	if !ok {
		return false
	}
	length -= len(start) - len(ip)
	switch protocol {
	case protocolIPv4:
		if len(ip) < minIPv4Header || ip[0]>>4 != 4 {
			return false
		}
		header := int(ip[0]&0xf) * 4
		if header < minIPv4Header || header > len(ip) {
			return false
		}
		total := int(binary.BigEndian.Uint16(ip[2:]))
		return total >= header && total <= length && checksum(ip[:header]) == 0xffff
	case protocolIPv6:
		return len(ip) >= ipv6Header && ip[0]>>4 == 6 &&
			int(binary.BigEndian.Uint16(ip[4:]))+ipv6Header == length
	}
	return false
}

// checksum is the one's complement sum of an even number of octets; 0xffff over a
// header that is right (RFC 1071).
func checksum(b []byte) uint32 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return sum
}
