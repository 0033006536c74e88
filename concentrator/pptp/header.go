package pptp

import (
	"encoding/binary"
	"fmt"
)

const (
	// MagicCookie stands in every message. "Its basic purpose is to allow the
	// receiver to ensure that it is properly synchronized with the TCP data
	// stream" (RFC 2637 §1.4).
	MagicCookie uint32 = 0x1A2B3C4D
	// ProtocolVersion is version 1, revision 0 (RFC 2637 §2.1).
	ProtocolVersion uint16 = 0x0100
	// MaxMessage is the length of the longest message, Incoming-Call-Request,
	// in octets.
	MaxMessage = 220

	headerSize         = 12
	messageTypeControl = 1
)

// ControlType is the Control Message Type of a message.
type ControlType uint16

// Control message types, RFC 2637 §1.4.
const (
	TypeStartControlConnectionRequest ControlType = iota + 1
	TypeStartControlConnectionReply
	TypeStopControlConnectionRequest
	TypeStopControlConnectionReply
	TypeEchoRequest
	TypeEchoReply
	TypeOutgoingCallRequest
	TypeOutgoingCallReply
	TypeIncomingCallRequest
	TypeIncomingCallReply
	TypeIncomingCallConnected
	TypeCallClearRequest
	TypeCallDisconnectNotify
	TypeWANErrorNotify
	TypeSetLinkInfo

	controlTypes = iota + 1 // one more than the last
)

// messageForms holds name and length in octets of each type, header included.
var messageForms = [controlTypes]struct {
	name string
	size int
}{
	TypeStartControlConnectionRequest: {"Start-Control-Connection-Request", 156},
	TypeStartControlConnectionReply:   {"Start-Control-Connection-Reply", 156},
	TypeStopControlConnectionRequest:  {"Stop-Control-Connection-Request", 16},
	TypeStopControlConnectionReply:    {"Stop-Control-Connection-Reply", 16},
	TypeEchoRequest:                   {"Echo-Request", 16},
	TypeEchoReply:                     {"Echo-Reply", 20},
	TypeOutgoingCallRequest:           {"Outgoing-Call-Request", 168},
	TypeOutgoingCallReply:             {"Outgoing-Call-Reply", 32},
	TypeIncomingCallRequest:           {"Incoming-Call-Request", 220},
	TypeIncomingCallReply:             {"Incoming-Call-Reply", 24},
	TypeIncomingCallConnected:         {"Incoming-Call-Connected", 28},
	TypeCallClearRequest:              {"Call-Clear-Request", 16},
	TypeCallDisconnectNotify:          {"Call-Disconnect-Notify", 148},
	TypeWANErrorNotify:                {"WAN-Error-Notify", 40},
	TypeSetLinkInfo:                   {"Set-Link-Info", 24},
}

// size is the only legal length of a message of this type in octets, 0 for an
// unknown type.
func (t ControlType) size() int {
	if int(t) >= len(messageForms) {
		return 0
	}
	return messageForms[t].size
}

func (t ControlType) String() string {
	if t.size() == 0 {
		return fmt.Sprintf("control message type %d", uint16(t))
	}
	return messageForms[t].name
}

// header is the part that all messages share. RFC 2637 §1.4:
//
//	 0                   1                   2                   3
//	+-------------------------------+-------------------------------+
//	|            Length             |       PPTP Message Type       |
//	+-------------------------------+-------------------------------+
//	|                         Magic Cookie                          |
//	+-------------------------------+-------------------------------+
//	|     Control Message Type      |           Reserved0           |
//	+-------------------------------+-------------------------------+
type header struct {
	length  int
	control ControlType
}

// parseHeader looks at as much of a header as b holds, so that a stream which
// is not PPTP is found out at the first wrong field and not after a whole
// message. The result is complete if b has at least headerSize octets; with
// fewer it is an error only if what is there is wrong already.
func parseHeader(b []byte) (header, error) {
	var h header
	if len(b) >= 2 {
		h.length = int(binary.BigEndian.Uint16(b))
		if h.length < headerSize || h.length > MaxMessage {
			return h, &FormatError{Problem: BadLength, Value: uint32(h.length)}
		}
	}
	if len(b) >= 4 {
		if t := binary.BigEndian.Uint16(b[2:]); t != messageTypeControl {
			return h, &FormatError{Problem: BadMessageType, Value: uint32(t)}
		}
	}
	if len(b) >= 8 {
		if m := binary.BigEndian.Uint32(b[4:]); m != MagicCookie {
			return h, &FormatError{Problem: BadMagicCookie, Value: m}
		}
	}
	if len(b) >= 10 {
		h.control = ControlType(binary.BigEndian.Uint16(b[8:]))
		switch size := h.control.size(); {
		case size == 0:
			return h, &FormatError{Problem: UnknownControlType, Type: h.control}
		case size != h.length:
			return h, &FormatError{Problem: BadLength, Type: h.control, Value: uint32(h.length)}
		}
	}
	return h, nil
}

// body checks that b is exactly one message of type t and returns what follows
// the header.
func body(b []byte, t ControlType) ([]byte, error) {
	h, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	if len(b) != t.size() {
		return nil, &FormatError{Problem: BadLength, Type: t, Value: uint32(len(b))}
	}
	if h.control != t {
		return nil, &FormatError{Problem: UnknownControlType, Type: h.control}
	}
	return b[headerSize:], nil
}

func appendHeader(b []byte, t ControlType) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(t.size()))
	b = binary.BigEndian.AppendUint16(b, messageTypeControl)
	b = binary.BigEndian.AppendUint32(b, MagicCookie)
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	return append(b, 0, 0) // Reserved0
}

// Problem says what is wrong with the form of a message.
type Problem uint8

// Problems.
const (
	BadLength          Problem = iota + 1 // the length field is not the type's
	BadMessageType                        // not 1, a control message
	BadMagicCookie                        // out of step, or not PPTP at all
	UnknownControlType                    // none of the 15
)

// FormatError says why octets are not a control message. The stream cannot be
// followed behind it: "Receipt of an invalid or malformed Control Connection
// message should be logged appropriately, and the control connection should be
// closed" (RFC 2637 §3).
type FormatError struct {
	Problem Problem
	Type    ControlType // 0 if not yet known
	Value   uint32      // what the wrong field held
}

func (e *FormatError) Error() string {
	switch e.Problem {
	case BadLength:
		if size := e.Type.size(); size != 0 {
			return fmt.Sprintf("%v of length %d instead of %d", e.Type, e.Value, size)
		}
		return fmt.Sprintf("message length %d cannot be, it is %d to %d octets", e.Value, TypeEchoRequest.size(), MaxMessage)
	case BadMessageType:
		return fmt.Sprintf("PPTP message type %d instead of 1", e.Value)
	case BadMagicCookie:
		return fmt.Sprintf("magic cookie %#08x instead of %#08x", e.Value, MagicCookie)
	case UnknownControlType:
		return fmt.Sprintf("%v is not expected here or not known", e.Type)
	}
	return fmt.Sprintf("malformed message (problem %d)", e.Problem)
}
