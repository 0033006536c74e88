package pptp

// Message is one of the 15 control messages of RFC 2637 §2. The types are
// plain values: they hold no reference to the octets they were parsed from
// and may be compared with ==. Reserved fields are sent as zero and not looked
// at when received, because some peers fill them.
type Message interface {
	// ControlType says which message it is.
	ControlType() ControlType
	// AppendTo appends the whole message, header included, to b. Texts that do
	// not fit their field are cut.
	AppendTo(b []byte) []byte
}

// ParseMessage parses one whole message. b must hold exactly that message; the
// result does not alias b. Errors are *FormatError.
func ParseMessage(b []byte) (Message, error) {
	h, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	if h.length != len(b) {
		return nil, &FormatError{Problem: BadLength, Type: h.control, Value: uint32(h.length)}
	}
	switch h.control {
	case TypeStartControlConnectionRequest:
		return parsed(parseStartControlConnectionRequest(b))
	case TypeStartControlConnectionReply:
		return parsed(parseStartControlConnectionReply(b))
	case TypeStopControlConnectionRequest:
		return parsed(parseStopControlConnectionRequest(b))
	case TypeStopControlConnectionReply:
		return parsed(parseStopControlConnectionReply(b))
	case TypeEchoRequest:
		return parsed(parseEchoRequest(b))
	case TypeEchoReply:
		return parsed(parseEchoReply(b))
	case TypeOutgoingCallRequest:
		return parsed(parseOutgoingCallRequest(b))
	case TypeOutgoingCallReply:
		return parsed(parseOutgoingCallReply(b))
	case TypeIncomingCallRequest:
		return parsed(parseIncomingCallRequest(b))
	case TypeIncomingCallReply:
		return parsed(parseIncomingCallReply(b))
	case TypeIncomingCallConnected:
		return parsed(parseIncomingCallConnected(b))
	case TypeCallClearRequest:
		return parsed(parseCallClearRequest(b))
	case TypeCallDisconnectNotify:
		return parsed(parseCallDisconnectNotify(b))
	case TypeWANErrorNotify:
		return parsed(parseWANErrorNotify(b))
	case TypeSetLinkInfo:
		return parsed(parseSetLinkInfo(b))
	}
	return nil, &FormatError{Problem: UnknownControlType, Type: h.control}
}

// parsed keeps a typed zero message from escaping together with an error.
func parsed[M Message](m M, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}
