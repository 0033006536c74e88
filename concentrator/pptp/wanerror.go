package pptp

import "encoding/binary"

// WANErrorNotify is how a PAC tells the PNS of errors on the line of a call,
// RFC 2637 §2.14. The numbers are totals since the call began.
type WANErrorNotify struct {
	PeerCallID       uint16 // of the PNS
	CRCErrors        uint32
	FramingErrors    uint32
	HardwareOverruns uint32
	BufferOverruns   uint32
	TimeoutErrors    uint32
	AlignmentErrors  uint32
}

var _ Message = WANErrorNotify{}

// ControlType is TypeWANErrorNotify.
func (WANErrorNotify) ControlType() ControlType { return TypeWANErrorNotify }

// AppendTo appends the message to b.
func (m WANErrorNotify) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.PeerCallID)
	b = append(b, 0, 0) // Reserved1
	b = binary.BigEndian.AppendUint32(b, m.CRCErrors)
	b = binary.BigEndian.AppendUint32(b, m.FramingErrors)
	b = binary.BigEndian.AppendUint32(b, m.HardwareOverruns)
	b = binary.BigEndian.AppendUint32(b, m.BufferOverruns)
	b = binary.BigEndian.AppendUint32(b, m.TimeoutErrors)
	return binary.BigEndian.AppendUint32(b, m.AlignmentErrors)
}

func parseWANErrorNotify(b []byte) (WANErrorNotify, error) {
	b, err := body(b, TypeWANErrorNotify)
	if err != nil {
		return WANErrorNotify{}, err
	}
	return WANErrorNotify{
		PeerCallID:       binary.BigEndian.Uint16(b),
		CRCErrors:        binary.BigEndian.Uint32(b[4:]),
		FramingErrors:    binary.BigEndian.Uint32(b[8:]),
		HardwareOverruns: binary.BigEndian.Uint32(b[12:]),
		BufferOverruns:   binary.BigEndian.Uint32(b[16:]),
		TimeoutErrors:    binary.BigEndian.Uint32(b[20:]),
		AlignmentErrors:  binary.BigEndian.Uint32(b[24:]),
	}, nil
}
