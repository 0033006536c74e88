package pptp

import "encoding/binary"

// SetLinkInfo is how a PNS tells the PAC what PPP negotiated, RFC 2637 §2.15.
// There is no asynchronous line here that an ACCM could matter to, and we never
// send one: some NAT boxes drop the connection when it comes from a server.
type SetLinkInfo struct {
	PeerCallID  uint16 // of the PAC
	SendACCM    uint32
	ReceiveACCM uint32
}

var _ Message = SetLinkInfo{}

// ControlType is TypeSetLinkInfo.
func (SetLinkInfo) ControlType() ControlType { return TypeSetLinkInfo }

// AppendTo appends the message to b.
func (m SetLinkInfo) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.PeerCallID)
	b = append(b, 0, 0) // Reserved1
	b = binary.BigEndian.AppendUint32(b, m.SendACCM)
	return binary.BigEndian.AppendUint32(b, m.ReceiveACCM)
}

func parseSetLinkInfo(b []byte) (SetLinkInfo, error) {
	b, err := body(b, TypeSetLinkInfo)
	if err != nil {
		return SetLinkInfo{}, err
	}
	return SetLinkInfo{
		PeerCallID:  binary.BigEndian.Uint16(b),
		SendACCM:    binary.BigEndian.Uint32(b[4:]),
		ReceiveACCM: binary.BigEndian.Uint32(b[8:]),
	}, nil
}
