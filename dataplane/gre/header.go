package gre

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Header is the enhanced GRE header (RFC 2637 §4.1). A packet with a payload has
// a sequence number; one without has only an acknowledgement number.
type Header struct {
	CallID uint16 // of the end that receives the packet
	HasSeq bool   // Seq is present: the packet carries a payload
	Seq    uint32
	HasAck bool // Ack is present
	Ack    uint32
}

// MaxHeaderLen is the length of the longest header, octets.
const MaxHeaderLen = 16

// MaxPayloadLen is the largest payload that the length field can state, octets.
const MaxPayloadLen = 0xffff

// ErrMalformed is returned for a packet that is not enhanced GRE, or is cut off.
var ErrMalformed = errors.New("gre: malformed packet")

// The fixed part: flags and version, protocol type, payload length, call id.
const (
	fixedLen     = 8
	protocolType = 0x880b

	flagChecksum = 0x8000 // C, must be 0
	flagRouting  = 0x4000 // R, must be 0
	flagKey      = 0x2000 // K, must be 1
	flagSeq      = 0x1000 // S
	flagStrict   = 0x0800 // s, must be 0
	maskRecur    = 0x0700 // must be 0
	flagAck      = 0x0080 // A
	maskFlags    = 0x0078 // must be 0
	maskVersion  = 0x0007
	version      = 1
)

// Parse reads a packet, beginning at the GRE header. payload aliases b and is as
// long as the header says; what follows it (Ethernet padding) is cut off. It is
// empty for a packet that only acknowledges.
func Parse(b []byte) (h Header, payload []byte, err error) {
	if len(b) < fixedLen {
		return Header{}, nil, fmt.Errorf("%w: %d octets", ErrMalformed, len(b))
	}
	flags := binary.BigEndian.Uint16(b)
	const must = flagChecksum | flagRouting | flagKey | flagStrict | maskRecur | maskFlags | maskVersion
	if flags&must != flagKey|version {
		return Header{}, nil, fmt.Errorf("%w: flags %#04x", ErrMalformed, flags)
	}
	if proto := binary.BigEndian.Uint16(b[2:]); proto != protocolType {
		return Header{}, nil, fmt.Errorf("%w: protocol type %#04x", ErrMalformed, proto)
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	h.CallID = binary.BigEndian.Uint16(b[6:])
	h.HasSeq = flags&flagSeq != 0
	h.HasAck = flags&flagAck != 0
	rest := b[fixedLen:]
	if h.HasSeq {
		if h.Seq, rest, err = number(rest, "sequence"); err != nil {
			return Header{}, nil, err
		}
	}
	if h.HasAck {
		if h.Ack, rest, err = number(rest, "acknowledgement"); err != nil {
			return Header{}, nil, err
		}
	}
	switch {
	case !h.HasSeq && !h.HasAck:
		return Header{}, nil, fmt.Errorf("%w: neither sequence nor acknowledgement number", ErrMalformed)
	case !h.HasSeq && length != 0:
		return Header{}, nil, fmt.Errorf("%w: payload of %d octets without sequence number", ErrMalformed, length)
	case length > len(rest):
		return Header{}, nil, fmt.Errorf("%w: payload of %d octets, %d present", ErrMalformed, length, len(rest))
	}
	return h, rest[:length:length], nil
}

func number(b []byte, what string) (uint32, []byte, error) {
	if len(b) < 4 {
		return 0, nil, fmt.Errorf("%w: no room for the %s number", ErrMalformed, what)
	}
	return binary.BigEndian.Uint32(b), b[4:], nil
}

// AppendTo appends the header of a packet with a payload of payloadLen octets, at
// most MaxPayloadLen, to b. The caller appends the payload.
func (h Header) AppendTo(b []byte, payloadLen int) []byte {
	if payloadLen < 0 || payloadLen > MaxPayloadLen {
		panic(fmt.Sprintf("BUG: gre: payload of %d octets", payloadLen))
	}
	flags := uint16(flagKey | version)
	if h.HasSeq {
		flags |= flagSeq
	}
	if h.HasAck {
		flags |= flagAck
	}
	b = binary.BigEndian.AppendUint16(b, flags)
	b = binary.BigEndian.AppendUint16(b, protocolType)
	b = binary.BigEndian.AppendUint16(b, uint16(payloadLen))
	b = binary.BigEndian.AppendUint16(b, h.CallID)
	if h.HasSeq {
		b = binary.BigEndian.AppendUint32(b, h.Seq)
	}
	if h.HasAck {
		b = binary.BigEndian.AppendUint32(b, h.Ack)
	}
	return b
}
