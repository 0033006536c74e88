package pptp

import "fmt"

// ErrorCode is the general error code of RFC 2637 §2.16; it has a meaning only
// beside a result of General Error.
type ErrorCode uint8

// General error codes.
const (
	ErrorNone         ErrorCode = iota
	ErrorNotConnected           // no control connection exists yet
	ErrorBadFormat              // length or magic cookie is wrong
	ErrorBadValue               // a field is out of range or a reserved one not zero
	ErrorNoResource             // not enough resources now
	ErrorBadCallID              // the call id is invalid in this context
	ErrorPAC                    // a vendor-specific error of the PAC
)

func (c ErrorCode) String() string {
	return word("error", uint8(c), "none", "not connected", "bad format", "bad value", "no resource", "bad call id",
		"error of the access concentrator")
}

// StartResult is the result in a Start-Control-Connection-Reply.
type StartResult uint8

// Start results. Zero is not one of RFC 2637, but some peers send it and mean
// success.
const (
	StartOK             StartResult = iota + 1
	StartGeneralError               // see the error code
	StartAlreadyExists              // command channel already exists
	StartNotAuthorized              // requester is not authorized
	StartVersionUnknown             // protocol version of the requester is not supported
)

func (r StartResult) String() string {
	return word("result", uint8(r), "", "success", "general error", "command channel already exists",
		"requester is not authorized", "protocol version is not supported")
}

// StopReason is the reason in a Stop-Control-Connection-Request.
type StopReason uint8

// Stop reasons.
const (
	StopGeneral       StopReason = iota + 1 // general request to clear the connection
	StopProtocol                            // can't support the peer's version
	StopLocalShutdown                       // requester is being shut down
)

func (r StopReason) String() string {
	return word("reason", uint8(r), "", "general request", "protocol version is not supported", "local shutdown")
}

// StopResult is the result in a Stop-Control-Connection-Reply.
type StopResult uint8

// Stop results.
const (
	StopOK StopResult = iota + 1
	StopGeneralError
)

func (r StopResult) String() string { return word("result", uint8(r), "", "closed", "general error") }

// EchoResult is the result in an Echo-Reply.
type EchoResult uint8

// Echo results.
const (
	EchoOK EchoResult = iota + 1
	EchoGeneralError
)

func (r EchoResult) String() string { return word("result", uint8(r), "", "valid", "general error") }

// CallResult is the result in an Outgoing-Call-Reply, and in RefuseCall.
type CallResult uint8

// Call results.
const (
	CallConnectedOK  CallResult = iota + 1
	CallGeneralError            // see the error code
	CallNoCarrier
	CallBusy
	CallNoDialTone
	CallTimeout
	CallDoNotAccept // administratively prohibited
)

func (r CallResult) String() string {
	return word("result", uint8(r), "", "connected", "general error", "no carrier", "busy", "no dial tone", "time-out",
		"do not accept")
}

// IncomingCallResult is the result in an Incoming-Call-Reply.
type IncomingCallResult uint8

// Incoming call results.
const (
	IncomingConnect IncomingCallResult = iota + 1
	IncomingGeneralError
	IncomingDoNotAccept
)

func (r IncomingCallResult) String() string {
	return word("result", uint8(r), "", "connect", "general error", "do not accept")
}

// incoming is the result as an Incoming-Call-Reply can say it: there is no
// word for busy in it.
func (r CallResult) incoming() IncomingCallResult {
	switch r {
	case CallConnectedOK:
		return IncomingConnect
	case CallGeneralError:
		return IncomingGeneralError
	}
	return IncomingDoNotAccept
}

// DisconnectResult is the result in a Call-Disconnect-Notify. Windows sends 0
// for whatever happened (MS-PTPT §3.2.5.5).
type DisconnectResult uint8

// Disconnect results.
const (
	DisconnectLostCarrier DisconnectResult = iota + 1
	DisconnectGeneralError
	DisconnectAdminShutdown
	DisconnectRequest // a Call-Clear-Request was received
)

func (r DisconnectResult) String() string {
	return word("result", uint8(r), "no reason given", "lost carrier", "general error", "admin shutdown", "on request")
}

// CauseCode is what the telephone network said: Q.931 for ISDN.
type CauseCode uint16

func (c CauseCode) String() string {
	switch c {
	case 0:
		return "none"
	case 1:
		return "unassigned number"
	case 16:
		return "normal call clearing"
	case 17:
		return "user busy"
	case 18:
		return "no user responding"
	case 19:
		return "no answer from user"
	case 21:
		return "call rejected"
	case 27:
		return "destination out of order"
	case 31:
		return "normal, unspecified"
	case 34:
		return "no channel available"
	case 38:
		return "network out of order"
	case 41:
		return "temporary failure"
	}
	return fmt.Sprintf("cause %d", uint16(c))
}

// word is the word for code n; a code that has none is named with its number.
func word(kind string, n uint8, words ...string) string {
	if int(n) < len(words) && words[n] != "" {
		return words[n]
	}
	return fmt.Sprintf("unknown %s %d", kind, n)
}

// verdict puts result, error and cause of one message into words. The error
// code means something only beside a general error, but what a peer sends is
// told whenever it is not zero.
func verdict(result fmt.Stringer, err ErrorCode, cause CauseCode) string {
	s := result.String()
	if err != ErrorNone {
		s += ": " + err.String()
	}
	if cause != 0 {
		s += " (" + cause.String() + ")"
	}
	return s
}
