package pptp

import "encoding/binary"

// Framing and bearer capabilities, RFC 2637 §2.1. They mean nothing for a
// tunnel without a telephone line, and are never a ground for a refusal.
const (
	FramingAsync uint32 = 1
	FramingSync  uint32 = 2
	FramingAny   uint32 = 3
	BearerAnalog uint32 = 1
	BearerISDN   uint32 = 2
	BearerAny    uint32 = 3
)

// StartControlConnectionRequest opens a control connection, RFC 2637 §2.1.
type StartControlConnectionRequest struct {
	ProtocolVersion     uint16
	FramingCapabilities uint32
	BearerCapabilities  uint32
	MaximumChannels     uint16 // calls a PAC can hold; 0 from a PNS
	FirmwareRevision    uint16
	HostName            string
	VendorName          string
}

// StartControlConnectionReply answers it, RFC 2637 §2.2.
type StartControlConnectionReply struct {
	ProtocolVersion     uint16
	Result              StartResult
	Error               ErrorCode
	FramingCapabilities uint32
	BearerCapabilities  uint32
	MaximumChannels     uint16
	FirmwareRevision    uint16
	HostName            string
	VendorName          string
}

var (
	_ Message = StartControlConnectionRequest{}
	_ Message = StartControlConnectionReply{}
)

// ControlType is TypeStartControlConnectionRequest.
func (StartControlConnectionRequest) ControlType() ControlType {
	return TypeStartControlConnectionRequest
}

// AppendTo appends the message to b.
func (m StartControlConnectionRequest) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.ProtocolVersion)
	b = append(b, 0, 0) // Reserved1
	b = binary.BigEndian.AppendUint32(b, m.FramingCapabilities)
	b = binary.BigEndian.AppendUint32(b, m.BearerCapabilities)
	b = binary.BigEndian.AppendUint16(b, m.MaximumChannels)
	b = binary.BigEndian.AppendUint16(b, m.FirmwareRevision)
	b = appendText(b, m.HostName, textField)
	return appendText(b, m.VendorName, textField)
}

func parseStartControlConnectionRequest(b []byte) (StartControlConnectionRequest, error) {
	b, err := body(b, TypeStartControlConnectionRequest)
	if err != nil {
		return StartControlConnectionRequest{}, err
	}
	return StartControlConnectionRequest{
		ProtocolVersion:     binary.BigEndian.Uint16(b),
		FramingCapabilities: binary.BigEndian.Uint32(b[4:]),
		BearerCapabilities:  binary.BigEndian.Uint32(b[8:]),
		MaximumChannels:     binary.BigEndian.Uint16(b[12:]),
		FirmwareRevision:    binary.BigEndian.Uint16(b[14:]),
		HostName:            parseText(b[16:80]),
		VendorName:          parseText(b[80:144]),
	}, nil
}

// ControlType is TypeStartControlConnectionReply.
func (StartControlConnectionReply) ControlType() ControlType { return TypeStartControlConnectionReply }

// AppendTo appends the message to b.
func (m StartControlConnectionReply) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.ProtocolVersion)
	b = append(b, byte(m.Result), byte(m.Error))
	b = binary.BigEndian.AppendUint32(b, m.FramingCapabilities)
	b = binary.BigEndian.AppendUint32(b, m.BearerCapabilities)
	b = binary.BigEndian.AppendUint16(b, m.MaximumChannels)
	b = binary.BigEndian.AppendUint16(b, m.FirmwareRevision)
	b = appendText(b, m.HostName, textField)
	return appendText(b, m.VendorName, textField)
}

func parseStartControlConnectionReply(b []byte) (StartControlConnectionReply, error) {
	b, err := body(b, TypeStartControlConnectionReply)
	if err != nil {
		return StartControlConnectionReply{}, err
	}
	return StartControlConnectionReply{
		ProtocolVersion:     binary.BigEndian.Uint16(b),
		Result:              StartResult(b[2]),
		Error:               ErrorCode(b[3]),
		FramingCapabilities: binary.BigEndian.Uint32(b[4:]),
		BearerCapabilities:  binary.BigEndian.Uint32(b[8:]),
		MaximumChannels:     binary.BigEndian.Uint16(b[12:]),
		FirmwareRevision:    binary.BigEndian.Uint16(b[14:]),
		HostName:            parseText(b[16:80]),
		VendorName:          parseText(b[80:144]),
	}, nil
}
