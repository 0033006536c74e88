package pptp

import (
	"fmt"
	"testing"
)

func TestCodesInWords(t *testing.T) {
	tests := []struct {
		code fmt.Stringer
		want string
	}{
		{ErrorNone, "none"},
		{ErrorNotConnected, "not connected"},
		{ErrorBadFormat, "bad format"},
		{ErrorBadValue, "bad value"},
		{ErrorNoResource, "no resource"},
		{ErrorBadCallID, "bad call id"},
		{ErrorPAC, "error of the access concentrator"},
		{ErrorCode(7), "unknown error 7"},
		{StartResult(0), "unknown result 0"},
		{StartOK, "success"},
		{StartGeneralError, "general error"},
		{StartAlreadyExists, "command channel already exists"},
		{StartNotAuthorized, "requester is not authorized"},
		{StartVersionUnknown, "protocol version is not supported"},
		{StartResult(6), "unknown result 6"},
		{StopGeneral, "general request"},
		{StopProtocol, "protocol version is not supported"},
		{StopLocalShutdown, "local shutdown"},
		{StopReason(0), "unknown reason 0"},
		{StopOK, "closed"},
		{StopGeneralError, "general error"},
		{EchoOK, "valid"},
		{EchoGeneralError, "general error"},
		{EchoResult(255), "unknown result 255"},
		{CallConnectedOK, "connected"},
		{CallGeneralError, "general error"},
		{CallNoCarrier, "no carrier"},
		{CallBusy, "busy"},
		{CallNoDialTone, "no dial tone"},
		{CallTimeout, "time-out"},
		{CallDoNotAccept, "do not accept"},
		{CallResult(8), "unknown result 8"},
		{IncomingConnect, "connect"},
		{IncomingGeneralError, "general error"},
		{IncomingDoNotAccept, "do not accept"},
		{DisconnectResult(0), "no reason given"},
		{DisconnectLostCarrier, "lost carrier"},
		{DisconnectGeneralError, "general error"},
		{DisconnectAdminShutdown, "admin shutdown"},
		{DisconnectRequest, "on request"},
		{DisconnectResult(5), "unknown result 5"},
		{CauseCode(17), "user busy"},
		{CauseCode(999), "cause 999"},
		{TypeSetLinkInfo, "Set-Link-Info"},
		{ControlType(16), "control message type 16"},
		{StateEstablished, "established"},
		{State(9), "state 9"},
		{CallStateWaitConnected, "wait-connected"},
		{CallState(9), "call state 9"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%T/%d", tt.code, tt.code), func(t *testing.T) {
			if got := tt.code.String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		result fmt.Stringer
		err    ErrorCode
		cause  CauseCode
		want   string
	}{
		{CallBusy, 0, 0, "busy"},
		{CallGeneralError, ErrorNoResource, 0, "general error: no resource"},
		{DisconnectLostCarrier, 0, 16, "lost carrier (normal call clearing)"},
		{CallResult(77), ErrorCode(88), 999, "unknown result 77: unknown error 88 (cause 999)"},
	}
	for _, tt := range tests {
		if got := verdict(tt.result, tt.err, tt.cause); got != tt.want {
			t.Errorf("verdict = %q, want %q", got, tt.want)
		}
	}
}

// The codes are those of RFC 2637 §2.2, §2.8, §2.10, §2.13, §2.16.
func TestCodeNumbers(t *testing.T) {
	tests := []struct {
		name      string
		got, want uint8
	}{
		{"StartVersionUnknown", uint8(StartVersionUnknown), 5},
		{"StartNotAuthorized", uint8(StartNotAuthorized), 4},
		{"StopLocalShutdown", uint8(StopLocalShutdown), 3},
		{"CallBusy", uint8(CallBusy), 4},
		{"CallDoNotAccept", uint8(CallDoNotAccept), 7},
		{"IncomingDoNotAccept", uint8(IncomingDoNotAccept), 3},
		{"DisconnectRequest", uint8(DisconnectRequest), 4},
		{"ErrorNotConnected", uint8(ErrorNotConnected), 1},
		{"ErrorPAC", uint8(ErrorPAC), 6},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s = %d, want %d", tt.name, tt.got, tt.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"Microsoft Windows NT", "Microsoft Windows NT"},
		{"a\x1b[31mb\r\n", "a?[31mb??"},
		{"büro", "büro"},
		{"\xe3\x57\x2a", "?W*"},
		{"a\u202eb", "a?b"},
	}
	for _, tt := range tests {
		if got := printable(tt.in); got != tt.want {
			t.Errorf("printable(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
