package pptp

import "encoding/binary"

// IncomingCallRequest is how a PAC tells the PNS of a call, RFC 2637 §2.9: a
// telephone rang. Only old access concentrators send it.
type IncomingCallRequest struct {
	CallID            uint16 // of the PAC
	SerialNumber      uint16
	BearerType        uint32
	PhysicalChannelID uint32
	DialedNumber      string
	DialingNumber     string
	SubAddress        string
}

// IncomingCallReply answers it, RFC 2637 §2.10.
type IncomingCallReply struct {
	CallID        uint16 // of the PNS
	PeerCallID    uint16 // of the request
	Result        IncomingCallResult
	Error         ErrorCode
	RecvWindow    uint16 // packets
	TransmitDelay uint16 // 1/10 s
}

// IncomingCallConnected follows a reply that says connect, RFC 2637 §2.11.
type IncomingCallConnected struct {
	PeerCallID    uint16 // of the PNS
	ConnectSpeed  uint32 // bit/s
	RecvWindow    uint16 // packets
	TransmitDelay uint16 // 1/10 s
	FramingType   uint32
}

var (
	_ Message = IncomingCallRequest{}
	_ Message = IncomingCallReply{}
	_ Message = IncomingCallConnected{}
)

// ControlType is TypeIncomingCallRequest.
func (IncomingCallRequest) ControlType() ControlType { return TypeIncomingCallRequest }

// AppendTo appends the message to b.
func (m IncomingCallRequest) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.CallID)
	b = binary.BigEndian.AppendUint16(b, m.SerialNumber)
	b = binary.BigEndian.AppendUint32(b, m.BearerType)
	b = binary.BigEndian.AppendUint32(b, m.PhysicalChannelID)
	b = binary.BigEndian.AppendUint16(b, numberLength(m.DialedNumber))
	b = binary.BigEndian.AppendUint16(b, numberLength(m.DialingNumber))
	b = appendText(b, m.DialedNumber, textField)
	b = appendText(b, m.DialingNumber, textField)
	return appendText(b, m.SubAddress, textField)
}

func parseIncomingCallRequest(b []byte) (IncomingCallRequest, error) {
	b, err := body(b, TypeIncomingCallRequest)
	if err != nil {
		return IncomingCallRequest{}, err
	}
	return IncomingCallRequest{
		CallID:            binary.BigEndian.Uint16(b),
		SerialNumber:      binary.BigEndian.Uint16(b[2:]),
		BearerType:        binary.BigEndian.Uint32(b[4:]),
		PhysicalChannelID: binary.BigEndian.Uint32(b[8:]),
		DialedNumber:      parseNumber(b[16:80], binary.BigEndian.Uint16(b[12:])),
		DialingNumber:     parseNumber(b[80:144], binary.BigEndian.Uint16(b[14:])),
		SubAddress:        parseText(b[144:208]),
	}, nil
}

// ControlType is TypeIncomingCallReply.
func (IncomingCallReply) ControlType() ControlType { return TypeIncomingCallReply }

// AppendTo appends the message to b.
func (m IncomingCallReply) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.CallID)
	b = binary.BigEndian.AppendUint16(b, m.PeerCallID)
	b = append(b, byte(m.Result), byte(m.Error))
	b = binary.BigEndian.AppendUint16(b, m.RecvWindow)
	b = binary.BigEndian.AppendUint16(b, m.TransmitDelay)
	return append(b, 0, 0) // Reserved1
}

func parseIncomingCallReply(b []byte) (IncomingCallReply, error) {
	b, err := body(b, TypeIncomingCallReply)
	if err != nil {
		return IncomingCallReply{}, err
	}
	return IncomingCallReply{
		CallID:        binary.BigEndian.Uint16(b),
		PeerCallID:    binary.BigEndian.Uint16(b[2:]),
		Result:        IncomingCallResult(b[4]),
		Error:         ErrorCode(b[5]),
		RecvWindow:    binary.BigEndian.Uint16(b[6:]),
		TransmitDelay: binary.BigEndian.Uint16(b[8:]),
	}, nil
}

// ControlType is TypeIncomingCallConnected.
func (IncomingCallConnected) ControlType() ControlType { return TypeIncomingCallConnected }

// AppendTo appends the message to b.
func (m IncomingCallConnected) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.PeerCallID)
	b = append(b, 0, 0) // Reserved1
	b = binary.BigEndian.AppendUint32(b, m.ConnectSpeed)
	b = binary.BigEndian.AppendUint16(b, m.RecvWindow)
	b = binary.BigEndian.AppendUint16(b, m.TransmitDelay)
	return binary.BigEndian.AppendUint32(b, m.FramingType)
}

func parseIncomingCallConnected(b []byte) (IncomingCallConnected, error) {
	b, err := body(b, TypeIncomingCallConnected)
	if err != nil {
		return IncomingCallConnected{}, err
	}
	return IncomingCallConnected{
		PeerCallID:    binary.BigEndian.Uint16(b),
		ConnectSpeed:  binary.BigEndian.Uint32(b[4:]),
		RecvWindow:    binary.BigEndian.Uint16(b[8:]),
		TransmitDelay: binary.BigEndian.Uint16(b[10:]),
		FramingType:   binary.BigEndian.Uint32(b[12:]),
	}, nil
}
