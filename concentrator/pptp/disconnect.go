package pptp

import "encoding/binary"

// statisticsField is the width of the call statistics in octets.
const statisticsField = 128

// CallDisconnectNotify is how a PAC says that a call is over, RFC 2637 §2.13.
type CallDisconnectNotify struct {
	CallID     uint16 // of the PAC, hence the sender's
	Result     DisconnectResult
	Error      ErrorCode
	Cause      CauseCode
	Statistics string // vendor-specific text for the log
}

var _ Message = CallDisconnectNotify{}

// ControlType is TypeCallDisconnectNotify.
func (CallDisconnectNotify) ControlType() ControlType { return TypeCallDisconnectNotify }

// AppendTo appends the message to b.
func (m CallDisconnectNotify) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.CallID)
	b = append(b, byte(m.Result), byte(m.Error))
	b = binary.BigEndian.AppendUint16(b, uint16(m.Cause))
	b = append(b, 0, 0) // Reserved1
	return appendText(b, m.Statistics, statisticsField)
}

func parseCallDisconnectNotify(b []byte) (CallDisconnectNotify, error) {
	b, err := body(b, TypeCallDisconnectNotify)
	if err != nil {
		return CallDisconnectNotify{}, err
	}
	return CallDisconnectNotify{
		CallID:     binary.BigEndian.Uint16(b),
		Result:     DisconnectResult(b[2]),
		Error:      ErrorCode(b[3]),
		Cause:      CauseCode(binary.BigEndian.Uint16(b[4:])),
		Statistics: parseText(b[8:136]),
	}, nil
}
