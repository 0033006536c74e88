package concentrator

import (
	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/pptp"
)

// Cause is the one reason for which a session ended, as listings print it.
type Cause string

// Causes. The table below says what follows from each.
const (
	CauseUserRequest     Cause = "user-request"
	CauseLostCarrier     Cause = "lost-carrier"
	CauseEchoFailure     Cause = "echo-failure"
	CauseIdleTimeout     Cause = "idle-timeout"
	CauseSessionTimeout  Cause = "session-timeout"
	CauseAdmin           Cause = "admin-terminate"
	CauseDisabled        Cause = "server-disabled"
	CauseShutdown        Cause = "shutdown"
	CauseSetupTimeout    Cause = "setup-timeout"
	CauseNoFrames        Cause = "no-ppp-frames"
	CauseLCPFailed       Cause = "lcp-failed"
	CauseLoopback        Cause = "loopback"
	CauseNoCommonAuth    Cause = "no-common-authentication"
	CauseAuthTimeout     Cause = "authentication-timeout"
	CauseAuthRejected    Cause = "authentication-rejected"
	CauseAuthUnavailable Cause = "authentication-unavailable"
	CauseOnlyOne         Cause = "session-limit"
	CauseReplaced        Cause = "replaced"
	CauseEncryption      Cause = "encryption-mismatch"
	CauseEncryptionLost  Cause = "encryption-lost"
	CausePoolExhausted   Cause = "pool-exhausted"
	CauseAddress         Cause = "address-unavailable"
	CauseIPCPFailed      Cause = "ipcp-failed"
	CauseDataPlane       Cause = "data-plane-fault"
	CausePeerRefused     Cause = "refused-by-peer"
)

// causeEffect is everything that follows from a cause. One row per cause; a
// test holds the table complete.
type causeEffect struct {
	reason string // what an administrator reads, unless the detail says more
	// terminate is the text of our LCP Terminate-Request; "" where there is
	// nobody left to read it or the peer has ended the link itself.
	terminate string
	result    pptp.DisconnectResult // of our Call-Disconnect-Notify
	err       pptp.ErrorCode
	radius    aaa.TerminateCause
	refusal   bool // not the end of a session but a session refused
}

var causeEffects = map[Cause]causeEffect{
	CauseUserRequest: {reason: "the client hung up",
		result: pptp.DisconnectRequest, radius: aaa.UserRequest},
	CauseLostCarrier: {reason: "the control connection was lost",
		result: pptp.DisconnectLostCarrier, radius: aaa.LostCarrier},
	CauseEchoFailure: {reason: "the client answers no LCP echo any more", terminate: "no answer to echo requests",
		result: pptp.DisconnectLostCarrier, radius: aaa.LostCarrier},
	CauseIdleTimeout: {reason: "idle-timeout", terminate: "idle timeout",
		result: pptp.DisconnectAdminShutdown, radius: aaa.IdleTimeout},
	CauseSessionTimeout: {reason: "session-timeout", terminate: "session timeout",
		result: pptp.DisconnectAdminShutdown, radius: aaa.SessionTimeout},
	CauseAdmin: {reason: "terminated by the administrator", terminate: "terminated by the administrator",
		result: pptp.DisconnectAdminShutdown, radius: aaa.AdminReset},
	CauseDisabled: {reason: "the server was disabled", terminate: "server disabled",
		result: pptp.DisconnectAdminShutdown, radius: aaa.AdminReset},
	CauseShutdown: {reason: "pptpac is shutting down", terminate: "server is shutting down",
		result: pptp.DisconnectAdminShutdown, radius: aaa.AdminReboot},
	CauseSetupTimeout: {reason: "not authenticated in time", terminate: "set-up took too long",
		result: pptp.DisconnectAdminShutdown, radius: aaa.LostService, refusal: true},
	CauseNoFrames: {reason: "no PPP frame arrived: is GRE (protocol 47) blocked?",
		result: pptp.DisconnectLostCarrier, radius: aaa.LostService, refusal: true},
	CauseLCPFailed: {reason: "LCP did not agree", terminate: "LCP options cannot be agreed on",
		result: pptp.DisconnectAdminShutdown, radius: aaa.PortError, refusal: true},
	CauseLoopback: {reason: "the line is looped back", terminate: "loopback detected",
		result: pptp.DisconnectAdminShutdown, radius: aaa.PortError, refusal: true},
	CauseNoCommonAuth: {reason: "no authentication method in common", terminate: "no authentication method in common",
		result: pptp.DisconnectAdminShutdown, radius: aaa.UserError, refusal: true},
	CauseAuthTimeout: {reason: "the client did not answer the authentication", terminate: "authentication timed out",
		result: pptp.DisconnectAdminShutdown, radius: aaa.UserError, refusal: true},
	CauseAuthRejected: {reason: "authentication rejected", terminate: "authentication failed",
		result: pptp.DisconnectAdminShutdown, radius: aaa.UserError, refusal: true},
	CauseAuthUnavailable: {reason: "no authentication backend answered", terminate: "authentication is not available",
		result: pptp.DisconnectGeneralError, err: pptp.ErrorNoResource, radius: aaa.NASError, refusal: true},
	CauseOnlyOne: {reason: "the user has his allowed number of sessions", terminate: "already logged in",
		result: pptp.DisconnectAdminShutdown, radius: aaa.UserError, refusal: true},
	CauseReplaced: {reason: "replaced by a newer session of the user", terminate: "replaced by a newer session",
		result: pptp.DisconnectAdminShutdown, radius: aaa.PortPreempted},
	CauseEncryption: {reason: "encryption is required, and none was agreed on", terminate: "encryption required",
		result: pptp.DisconnectAdminShutdown, radius: aaa.ServiceUnavailable, refusal: true},
	CauseEncryptionLost: {reason: "encryption is required and was switched off", terminate: "encryption required",
		result: pptp.DisconnectAdminShutdown, radius: aaa.ServiceUnavailable},
	CausePoolExhausted: {reason: "the address pool is exhausted", terminate: "no free address",
		result: pptp.DisconnectGeneralError, err: pptp.ErrorNoResource, radius: aaa.NASError, refusal: true},
	CauseAddress: {reason: "the address is not available", terminate: "address not available",
		result: pptp.DisconnectGeneralError, err: pptp.ErrorNoResource, radius: aaa.NASError, refusal: true},
	CauseIPCPFailed: {reason: "IPCP did not agree", terminate: "IP addresses cannot be agreed on",
		result: pptp.DisconnectAdminShutdown, radius: aaa.ServiceUnavailable, refusal: true},
	CauseDataPlane: {reason: "the data plane gave up", terminate: "internal error",
		result: pptp.DisconnectGeneralError, err: pptp.ErrorNoResource, radius: aaa.NASError},
	CausePeerRefused: {reason: "the peer refused",
		result: pptp.DisconnectRequest, radius: aaa.UserError, refusal: true},
}

// fromPPP maps the cause of the end of a link to that of the session.
var fromPPP = map[ppp.Cause]Cause{
	ppp.CauseLowerDown:         CauseLostCarrier,
	ppp.CauseClosed:            CauseAdmin,
	ppp.CausePeerTerminated:    CauseUserRequest,
	ppp.CauseNoFrames:          CauseNoFrames,
	ppp.CauseLCPTimeout:        CauseLCPFailed,
	ppp.CauseLCPFailed:         CauseLCPFailed,
	ppp.CauseNoCommonAuth:      CauseNoCommonAuth,
	ppp.CauseAuthTimeout:       CauseAuthTimeout,
	ppp.CauseAuthRejected:      CauseAuthRejected,
	ppp.CausePeerAuthFailed:    CauseAuthRejected,
	ppp.CauseServerAuthFailed:  CauseAuthRejected,
	ppp.CauseNoCredential:      CauseAuthUnavailable,
	ppp.CauseEncryptionRefused: CauseEncryption,
	ppp.CauseEncryptionNoKeys:  CauseEncryption,
	ppp.CauseEncryptionLost:    CauseEncryptionLost,
	ppp.CauseIPCPFailed:        CauseIPCPFailed,
	ppp.CauseIPCPTimeout:       CauseIPCPFailed,
	ppp.CauseEchoFailure:       CauseEchoFailure,
	ppp.CauseLoopback:          CauseLoopback,
}

// fromCall maps the cause of the end of a call to that of the session.
var fromCall = map[pptp.CallCause]Cause{
	pptp.CallClearedByPeer:      CauseUserRequest,
	pptp.CallDisconnectedByPeer: CauseUserRequest,
	pptp.CallClearedByUs:        CauseShutdown, // anything else the session knows itself
	pptp.CallRefusedByPeer:      CausePeerRefused,
	pptp.CallNotAnswered:        CauseLostCarrier,
	pptp.CallConnectionLost:     CauseLostCarrier,
}
