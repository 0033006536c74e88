package mppe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderLen is the length of the MPPE header, octets: what Seal adds.
const HeaderLen = 2

// ErrMalformed is returned for a packet that is cut off, not encrypted or
// compressed.
var ErrMalformed = errors.New("mppe: malformed packet")

// Bits of the header (RFC 3078 §3.1).
const (
	bitFlushed   = 0x8000 // A
	bitsMPPC     = 0x6000 // B and C: compression
	bitEncrypted = 0x1000 // D
	maskCount    = 0x0fff

	countSpace = maskCount + 1 // coherency counts
	flagPacket = 0xff          // low octet of the count of a packet with a new key
)

// parseHeader checks the header and returns its count, bit A and the rest.
func parseHeader(packet []byte) (count uint64, flushed bool, sealed []byte, err error) {
	if len(packet) <= HeaderLen {
		return 0, false, nil, fmt.Errorf("%w: %d octets", ErrMalformed, len(packet))
	}
	head := binary.BigEndian.Uint16(packet)
	if head&(bitsMPPC|bitEncrypted) != bitEncrypted {
		return 0, false, nil, fmt.Errorf("%w: bits %#04x", ErrMalformed, head&^maskCount)
	}
	return uint64(head & maskCount), head&bitFlushed != 0, packet[HeaderLen:], nil
}
