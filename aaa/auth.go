package aaa

import (
	"net/netip"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// Method is an authentication protocol, in the words of the configuration.
type Method string

// Methods.
const (
	PAP      Method = "pap"
	CHAP     Method = "chap" // CHAP with MD5, RFC 1994
	MSCHAPv1 Method = "ms-chapv1"
	MSCHAPv2 Method = "ms-chapv2"
	EAP      Method = "eap"
)

// Credential is what the peer sent to prove who it is.
type Credential struct {
	Method    Method
	ID        uint8  // identifier of the CHAP or EAP packet
	Challenge []byte // ours; empty for PAP
	// Response as on the wire: the password (PAP), 16 octets (CHAP), 49 octets
	// (MS-CHAP: RFC 2433 §5, RFC 2759 §4), an EAP packet.
	Response []byte
}

// AuthRequest asks whether a user may have a session.
type AuthRequest struct {
	SessionID  string // Acct-Session-Id of the session to be
	User       string // as the peer sent it, domain and realm included
	Credential Credential
	Server     string     // name of the server item that took the call
	CallerID   string     // the client's outer address
	CalledID   string     // our outer address
	NASPort    uint32     // unique per live session
	MPPE       bool       // encryption is required: keys are needed
	MPPEBits   []int      // strengths that may be agreed: 40, 56, 128
	Requested  netip.Addr // address the peer asked for, if known
	State      []byte     // of the challenge that this answers
	Sessions   int        // live sessions of the same user
}

// Result is the outcome of an authentication.
type Result uint8

// Results.
const (
	Reject      Result = iota // the user is known, or the answer final: no
	Accept                    // yes, on the terms of Policy
	Challenge                 // another round: Message and State go to the peer
	UnknownUser               // not mine: ask the next backend
)

// String names the result.
func (r Result) String() string {
	switch r {
	case Reject:
		return "reject"
	case Accept:
		return "accept"
	case Challenge:
		return "challenge"
	case UnknownUser:
		return "unknown-user"
	}
	return "invalid"
}

// ErrorCode is the E= value of an MS-CHAP Failure (RFC 2759 §6), which decides
// what Windows tells its user. It is kept for the other methods too.
type ErrorCode int

// Error codes.
const (
	RestrictedHours ErrorCode = 646
	AccountDisabled ErrorCode = 647
	PasswordExpired ErrorCode = 648
	NoDialIn        ErrorCode = 649
	AuthFailure     ErrorCode = 691
	ChangePassword  ErrorCode = 709
	// BackendFault is no answer about the password: Windows keeps it.
	BackendFault ErrorCode = 930
)

// Verdict answers an AuthRequest.
type Verdict struct {
	Result Result
	Policy *Policy // what an accepted user is granted; nil grants defaults
	// Success is the authenticator response "S=<40 hex>" of MS-CHAPv2, which
	// must be present when such a user is accepted; other methods: a greeting.
	Success string
	// Code and Reason describe a rejection: Code to the peer, Reason to the
	// administrator's log and list of ended sessions.
	Code    ErrorCode
	Reason  string
	Message string // Reply-Message, or the text of a challenge
	State   []byte // of a challenge
	EAP     []byte // EAP packet for the peer
	// Keys are the MPPE start keys from the server's point of view, nil where
	// the method yields none.
	Keys    *mschap.StartKeys
	Backend string // set by the chain: who answered
}
