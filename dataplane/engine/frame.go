package engine

// PPP protocols that the engine looks at.
const (
	protoIPv4 = 0x0021
	protoMPPE = 0x00fd
)

// maxControl is the longest control frame that goes to a session, protocol
// included, octets. It is more than any MRU that is agreed on, and bounds what a
// stranger can make a session look at.
const maxControl = 2048

// splitFrame undoes the framing of PPP in GRE: address and control field may be
// there or not, the protocol may be compressed or not, whatever LCP agreed on.
// A peer may compress before we know that it may (RFC 1661 §6.5, §6.6: a
// receiver can always tell). info aliases b.
func splitFrame(b []byte) (protocol uint16, info []byte, ok bool) {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
		b = b[2:]
	}
	// A frame of one octet would be a compressed protocol with nothing in it.
	if len(b) < 2 {
		return 0, nil, false
	}
	return splitProtocol(b)
}

// splitProtocol reads a protocol field. Its last octet is odd, any other is even
// (RFC 1661 §2).
func splitProtocol(b []byte) (protocol uint16, info []byte, ok bool) {
	switch {
	case len(b) == 0:
		return 0, nil, false
	case b[0] == 0xff: // reserved for the address field
		return 0, nil, false
	case b[0]&1 != 0:
		return uint16(b[0]), b[1:], true
	case len(b) < 2 || b[1]&1 == 0:
		return 0, nil, false
	}
	return uint16(b[0])<<8 | uint16(b[1]), b[2:], true
}
