package pptp

// StopControlConnectionRequest closes the control connection and with it all
// its calls, RFC 2637 §2.3.
type StopControlConnectionRequest struct {
	Reason StopReason
}

// StopControlConnectionReply answers it, RFC 2637 §2.4.
type StopControlConnectionReply struct {
	Result StopResult
	Error  ErrorCode
}

var (
	_ Message = StopControlConnectionRequest{}
	_ Message = StopControlConnectionReply{}
)

// ControlType is TypeStopControlConnectionRequest.
func (StopControlConnectionRequest) ControlType() ControlType {
	return TypeStopControlConnectionRequest
}

// AppendTo appends the message to b.
func (m StopControlConnectionRequest) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	return append(b, byte(m.Reason), 0, 0, 0) // Reserved1, Reserved2
}

func parseStopControlConnectionRequest(b []byte) (StopControlConnectionRequest, error) {
	b, err := body(b, TypeStopControlConnectionRequest)
	if err != nil {
		return StopControlConnectionRequest{}, err
	}
	return StopControlConnectionRequest{Reason: StopReason(b[0])}, nil
}

// ControlType is TypeStopControlConnectionReply.
func (StopControlConnectionReply) ControlType() ControlType { return TypeStopControlConnectionReply }

// AppendTo appends the message to b.
func (m StopControlConnectionReply) AppendTo(b []byte) []byte {
	b = appendHeader(b, m.ControlType())
	return append(b, byte(m.Result), byte(m.Error), 0, 0) // Reserved1
}

func parseStopControlConnectionReply(b []byte) (StopControlConnectionReply, error) {
	b, err := body(b, TypeStopControlConnectionReply)
	if err != nil {
		return StopControlConnectionReply{}, err
	}
	return StopControlConnectionReply{Result: StopResult(b[0]), Error: ErrorCode(b[1])}, nil
}
