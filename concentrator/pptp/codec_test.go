package pptp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGoldenMessages(t *testing.T) {
	if got, want := len(golden), controlTypes-1; got != want {
		t.Fatalf("%d golden messages, want one of each of %d types", got, want)
	}
	for i, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			wire := unhex(t, g.wire)
			if got, want := g.message.ControlType(), ControlType(i+1); got != want {
				t.Errorf("ControlType() = %d, want %d", got, want)
			}
			if got := g.message.ControlType().String(); got != g.name {
				t.Errorf("ControlType().String() = %q, want %q", got, g.name)
			}
			prefix := []byte{1, 2, 3}
			if got, want := g.message.AppendTo(prefix), append([]byte{1, 2, 3}, wire...); !bytes.Equal(got, want) {
				t.Errorf("AppendTo:\ngot  %x\nwant %x", got, want)
			}
			got, err := ParseMessage(wire)
			if err != nil {
				t.Fatalf("ParseMessage: %v", err)
			}
			if diff := cmp.Diff(g.message, got); diff != "" {
				t.Errorf("ParseMessage (-want +got):\n%s", diff)
			}
			clear(wire)
			if diff := cmp.Diff(g.message, got); diff != "" {
				t.Errorf("the message aliases its octets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTruncatedMessagesAreErrors(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			wire := unhex(t, g.wire)
			for n := range wire {
				if m, err := ParseMessage(wire[:n]); err == nil {
					t.Fatalf("%d of %d octets: %v, want an error", n, len(wire), m)
				}
			}
			if m, err := ParseMessage(append(wire, 0)); err == nil {
				t.Fatalf("one octet too many: %v, want an error", m)
			}
		})
	}
}

// FreeBSD D57383: a length between the header and the fixed part of a type.
func TestOnlyTheExactLengthIsRight(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			wire := append(unhex(t, g.wire), make([]byte, 300)...)
			size := g.message.ControlType().size()
			for n := range 300 {
				b := bytes.Clone(wire[:n])
				if n >= 2 {
					binary.BigEndian.PutUint16(b, uint16(n))
				}
				_, err := ParseMessage(b)
				if n == size {
					if err != nil {
						t.Fatalf("length %d: %v", n, err)
					}
					continue
				}
				var fe *FormatError
				if !errors.As(err, &fe) {
					t.Fatalf("length %d: error %v, want a *FormatError", n, err)
				}
			}
		})
	}
}

func TestFormatErrors(t *testing.T) {
	base := EchoRequest{Identifier: 1}.AppendTo(nil)
	tests := []struct {
		name string
		at   int
		put  []byte
		want FormatError
		text string
	}{
		{"length 0", 0, []byte{0, 0}, FormatError{BadLength, 0, 0}, "message length 0 cannot be, it is 16 to 220 octets"},
		{"length 11", 0, []byte{0, 11}, FormatError{BadLength, 0, 11}, "message length 11 cannot be, it is 16 to 220 octets"},
		{"length of an Echo-Reply", 0, []byte{0, 20}, FormatError{BadLength, TypeEchoRequest, 20},
			"Echo-Request of length 20 instead of 16"},
		{"management message", 2, []byte{0, 2}, FormatError{BadMessageType, 0, 2}, "PPTP message type 2 instead of 1"},
		{"magic cookie", 7, []byte{0x4e}, FormatError{BadMagicCookie, 0, 0x1a2b3c4e},
			"magic cookie 0x1a2b3c4e instead of 0x1a2b3c4d"},
		{"type 0", 8, []byte{0, 0}, FormatError{UnknownControlType, 0, 0},
			"control message type 0 is not expected here or not known"},
		{"type 16", 8, []byte{0, 16}, FormatError{UnknownControlType, 16, 0},
			"control message type 16 is not expected here or not known"},
		{"type 65535", 8, []byte{255, 255}, FormatError{UnknownControlType, 65535, 0},
			"control message type 65535 is not expected here or not known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := bytes.Clone(base)
			copy(b[tt.at:], tt.put)
			_, err := ParseMessage(b)
			var got *FormatError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a *FormatError", err)
			}
			if *got != tt.want {
				t.Errorf("got %+v, want %+v", *got, tt.want)
			}
			if got.Error() != tt.text {
				t.Errorf("text %q, want %q", got.Error(), tt.text)
			}
		})
	}
}

func TestReservedFieldsAreNotLookedAt(t *testing.T) {
	tests := []struct {
		name    string
		message Message
		at      []int
	}{
		{"Reserved0", EchoRequest{Identifier: 9}, []int{10, 11}},
		{"Start-Control-Connection-Request", startRequest, []int{14, 15}},
		{"Stop-Control-Connection-Request", StopControlConnectionRequest{StopGeneral}, []int{13, 14, 15}},
		{"Outgoing-Call-Request", outgoingRequest, []int{38, 39}},
		{"Incoming-Call-Reply", IncomingCallReply{CallID: 1}, []int{22, 23}},
		{"Incoming-Call-Connected", IncomingCallConnected{PeerCallID: 1}, []int{14, 15}},
		{"Call-Clear-Request", CallClearRequest{1}, []int{14, 15}},
		{"Call-Disconnect-Notify", CallDisconnectNotify{CallID: 1}, []int{18, 19}},
		{"WAN-Error-Notify", WANErrorNotify{PeerCallID: 1}, []int{14, 15}},
		{"Set-Link-Info", SetLinkInfo{PeerCallID: 1}, []int{14, 15}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.message.AppendTo(nil)
			for _, i := range tt.at {
				b[i] = 0xff
			}
			got, err := ParseMessage(b)
			if err != nil || got != tt.message {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.message)
			}
		})
	}
}

func TestTextFields(t *testing.T) {
	full := strings.Repeat("x", 64)
	tests := []struct {
		name, send, want string
	}{
		{"empty", "", ""},
		{"short", "pac", "pac"},
		{"63 octets", full[:63], full[:63]},
		{"64 octets, no NUL", full, full},
		{"65 octets are cut", full + "y", full},
		{"what follows a NUL is padding", "a\x00b", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := StartControlConnectionRequest{HostName: tt.send, VendorName: "v"}
			b := m.AppendTo(nil)
			if len(b) != 156 {
				t.Fatalf("%d octets, want 156", len(b))
			}
			got, err := parseStartControlConnectionRequest(b)
			if err != nil || got.HostName != tt.want || got.VendorName != "v" {
				t.Errorf("got %q %q %v, want %q", got.HostName, got.VendorName, err, tt.want)
			}
		})
	}
}

// An inner length is not trusted.
func TestNumberLengthBeyondItsField(t *testing.T) {
	b := OutgoingCallRequest{PhoneNumber: "123", SubAddress: "no digits"}.AppendTo(nil)
	for _, tt := range []struct {
		length uint16
		want   string
	}{{0, ""}, {2, "12"}, {3, "123"}, {64, "123"}, {65, "123"}, {65535, "123"}} {
		binary.BigEndian.PutUint16(b[36:], tt.length)
		got, err := parseOutgoingCallRequest(b)
		if err != nil || got.PhoneNumber != tt.want {
			t.Errorf("length %d: %q, %v, want %q", tt.length, got.PhoneNumber, err, tt.want)
		}
	}
}

func TestParsingTheWrongTypeIsAnError(t *testing.T) {
	// Both have 16 octets.
	if m, err := parseCallClearRequest(EchoRequest{}.AppendTo(nil)); err == nil {
		t.Errorf("an Echo-Request parsed as %+v", m)
	}
}
