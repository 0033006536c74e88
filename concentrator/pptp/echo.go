package pptp

import "encoding/binary"

// EchoRequest asks the peer for a sign of life, RFC 2637 §2.5.
type EchoRequest struct {
	Identifier uint32
}

// EchoReply answers it, RFC 2637 §2.6.
type EchoReply struct {
	Identifier uint32 // of the request
	Result     EchoResult
	Error      ErrorCode
}

var (
	_ Message = EchoRequest{}
	_ Message = EchoReply{}
)

// ControlType is TypeEchoRequest.
func (EchoRequest) ControlType() ControlType { return TypeEchoRequest }

// AppendTo appends the message to b.
func (m EchoRequest) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	return binary.BigEndian.AppendUint32(b, m.Identifier)
}

func parseEchoRequest(b []byte) (EchoRequest, error) {
	b, err := body(b, TypeEchoRequest)
	if err != nil {
		return EchoRequest{}, err
	}
	return EchoRequest{Identifier: binary.BigEndian.Uint32(b)}, nil
}

// ControlType is TypeEchoReply.
func (EchoReply) ControlType() ControlType { return TypeEchoReply }

// AppendTo appends the message to b.
func (m EchoReply) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	b = binary.BigEndian.AppendUint32(b, m.Identifier)
	return append(b, byte(m.Result), byte(m.Error), 0, 0) // Reserved1
}

func parseEchoReply(b []byte) (EchoReply, error) {
	b, err := body(b, TypeEchoReply)
	if err != nil {
		return EchoReply{}, err
	}
	return EchoReply{
		Identifier: binary.BigEndian.Uint32(b),
		Result:     EchoResult(b[4]),
		Error:      ErrorCode(b[5]),
	}, nil
}
