package pptp

import "encoding/binary"

// OutgoingCallRequest is how a PNS asks the PAC for a call, RFC 2637 §2.7. It
// is what every client of today dials with.
type OutgoingCallRequest struct {
	CallID       uint16 // of the PNS
	SerialNumber uint16
	MinimumBPS   uint32 // bit/s
	MaximumBPS   uint32 // bit/s
	BearerType   uint32
	FramingType  uint32
	RecvWindow   uint16 // packets
	ProcessDelay uint16 // 1/10 s
	PhoneNumber  string
	SubAddress   string
}

// OutgoingCallReply answers it, RFC 2637 §2.8.
type OutgoingCallReply struct {
	CallID            uint16 // of the PAC
	PeerCallID        uint16 // of the request
	Result            CallResult
	Error             ErrorCode
	Cause             CauseCode
	ConnectSpeed      uint32 // bit/s
	RecvWindow        uint16 // packets
	ProcessDelay      uint16 // 1/10 s
	PhysicalChannelID uint32
}

var (
	_ Message = OutgoingCallRequest{}
	_ Message = OutgoingCallReply{}
)

// ControlType is TypeOutgoingCallRequest.
func (OutgoingCallRequest) ControlType() ControlType { return TypeOutgoingCallRequest }

// AppendTo appends the message to b.
func (m OutgoingCallRequest) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.CallID)
	b = binary.BigEndian.AppendUint16(b, m.SerialNumber)
	b = binary.BigEndian.AppendUint32(b, m.MinimumBPS)
	b = binary.BigEndian.AppendUint32(b, m.MaximumBPS)
	b = binary.BigEndian.AppendUint32(b, m.BearerType)
	b = binary.BigEndian.AppendUint32(b, m.FramingType)
	b = binary.BigEndian.AppendUint16(b, m.RecvWindow)
	b = binary.BigEndian.AppendUint16(b, m.ProcessDelay)
	b = binary.BigEndian.AppendUint16(b, numberLength(m.PhoneNumber))
	b = append(b, 0, 0) // Reserved1
	b = appendText(b, m.PhoneNumber, textField)
	return appendText(b, m.SubAddress, textField)
}

func parseOutgoingCallRequest(b []byte) (OutgoingCallRequest, error) {
	b, err := body(b, TypeOutgoingCallRequest)
	if err != nil {
		return OutgoingCallRequest{}, err
	}
	return OutgoingCallRequest{
		CallID:       binary.BigEndian.Uint16(b),
		SerialNumber: binary.BigEndian.Uint16(b[2:]),
		MinimumBPS:   binary.BigEndian.Uint32(b[4:]),
		MaximumBPS:   binary.BigEndian.Uint32(b[8:]),
		BearerType:   binary.BigEndian.Uint32(b[12:]),
		FramingType:  binary.BigEndian.Uint32(b[16:]),
		RecvWindow:   binary.BigEndian.Uint16(b[20:]),
		ProcessDelay: binary.BigEndian.Uint16(b[22:]),
		PhoneNumber:  parseNumber(b[28:92], binary.BigEndian.Uint16(b[24:])),
		SubAddress:   parseText(b[92:156]),
	}, nil
}

// ControlType is TypeOutgoingCallReply.
func (OutgoingCallReply) ControlType() ControlType { return TypeOutgoingCallReply }

// AppendTo appends the message to b.
func (m OutgoingCallReply) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.CallID)
	b = binary.BigEndian.AppendUint16(b, m.PeerCallID)
	b = append(b, byte(m.Result), byte(m.Error))
	b = binary.BigEndian.AppendUint16(b, uint16(m.Cause))
	b = binary.BigEndian.AppendUint32(b, m.ConnectSpeed)
	b = binary.BigEndian.AppendUint16(b, m.RecvWindow)
	b = binary.BigEndian.AppendUint16(b, m.ProcessDelay)
	return binary.BigEndian.AppendUint32(b, m.PhysicalChannelID)
}

func parseOutgoingCallReply(b []byte) (OutgoingCallReply, error) {
	b, err := body(b, TypeOutgoingCallReply)
	if err != nil {
		return OutgoingCallReply{}, err
	}
	return OutgoingCallReply{
		CallID:            binary.BigEndian.Uint16(b),
		PeerCallID:        binary.BigEndian.Uint16(b[2:]),
		Result:            CallResult(b[4]),
		Error:             ErrorCode(b[5]),
		Cause:             CauseCode(binary.BigEndian.Uint16(b[6:])),
		ConnectSpeed:      binary.BigEndian.Uint32(b[8:]),
		RecvWindow:        binary.BigEndian.Uint16(b[12:]),
		ProcessDelay:      binary.BigEndian.Uint16(b[14:]),
		PhysicalChannelID: binary.BigEndian.Uint32(b[16:]),
	}, nil
}
