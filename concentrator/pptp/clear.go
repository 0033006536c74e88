package pptp

import "encoding/binary"

// CallClearRequest is how a PNS ends a call, RFC 2637 §2.12.
type CallClearRequest struct {
	// CallID is the id the PNS gave the call, hence the sender's: "This value
	// is used instead of the Peer's Call ID because the latter may not be known
	// to the PNS if the call must be aborted during call establishment."
	CallID uint16
}

var _ Message = CallClearRequest{}

// ControlType is TypeCallClearRequest.
func (CallClearRequest) ControlType() ControlType { return TypeCallClearRequest }

// AppendTo appends the message to b.
func (m CallClearRequest) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint16(b, m.CallID)
	return append(b, 0, 0) // Reserved1
}

func parseCallClearRequest(b []byte) (CallClearRequest, error) {
	b, err := body(b, TypeCallClearRequest)
	if err != nil {
		return CallClearRequest{}, err
	}
	return CallClearRequest{CallID: binary.BigEndian.Uint16(b)}, nil
}
