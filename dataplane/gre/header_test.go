package gre

import (
	"bytes"
	"errors"
	"testing"
)

// Golden packets (RFC 2637 §4.1).
var golden = []struct {
	name    string
	header  Header
	payload string
	wire    string
}{
	{
		"data", Header{CallID: 0x1234, HasSeq: true, Seq: 0x01020304}, "ppp",
		"\x30\x01" + // K, S; version 1
			"\x88\x0b" + // protocol type
			"\x00\x03" + // payload length
			"\x12\x34" + // call id
			"\x01\x02\x03\x04" + // sequence number
			"ppp",
	},
	{
		"data and acknowledgement",
		Header{CallID: 0xffff, HasSeq: true, Seq: 0, HasAck: true, Ack: 0xfffffffe}, "\xff\x03\xc0\x21",
		"\x30\x81" + // K, S, A; version 1
			"\x88\x0b" +
			"\x00\x04" +
			"\xff\xff" +
			"\x00\x00\x00\x00" + // sequence number
			"\xff\xff\xff\xfe" + // acknowledgement number
			"\xff\x03\xc0\x21",
	},
	{
		"acknowledgement only: it stands where the sequence number would be",
		Header{HasAck: true, Ack: 7}, "",
		"\x20\x81" + // K, A; version 1
			"\x88\x0b" +
			"\x00\x00" +
			"\x00\x00" + // call id 0 is legal
			"\x00\x00\x00\x07",
	},
	{
		"sequence number without payload", Header{CallID: 1, HasSeq: true, Seq: 9}, "",
		"\x30\x01\x88\x0b\x00\x00\x00\x01\x00\x00\x00\x09",
	},
}

func TestGolden(t *testing.T) {
	for _, tt := range golden {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.header.AppendTo([]byte("before"), len(tt.payload))
			got = append(got, tt.payload...)
			if want := "before" + tt.wire; string(got) != want {
				t.Errorf("AppendTo = %x, want %x", got, want)
			}
			for _, padding := range []string{"", "\x00", "ethernet padding of 30 octets.."} {
				header, payload, err := Parse([]byte(tt.wire + padding))
				if err != nil || header != tt.header || string(payload) != tt.payload {
					t.Errorf("with %d octets of padding: Parse = %+v, %q, %v", len(padding), header, payload, err)
				}
				if cap(payload) != len(payload) {
					t.Error("an append to the payload would write into the padding")
				}
			}
			if len(got)-len("before")-len(tt.payload) > MaxHeaderLen {
				t.Errorf("header is longer than MaxHeaderLen: %x", got)
			}
		})
	}
}

func TestTruncated(t *testing.T) {
	for _, tt := range golden {
		for n := range len(tt.wire) {
			if _, _, err := Parse([]byte(tt.wire[:n])); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, %d octets: %v, want %v", tt.name, n, err, ErrMalformed)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	const good = "\x30\x81\x88\x0b\x00\x03\x12\x34\x00\x00\x00\x01\x00\x00\x00\x02ppp"
	tests := []struct {
		name  string
		at    int
		octet byte
	}{
		{"C set", 0, 0xb0},
		{"R set", 0, 0x70},
		{"K clear", 0, 0x10},
		{"s set", 0, 0x38},
		{"recursion 1", 0, 0x31},
		{"recursion 4", 0, 0x34},
		{"reserved flag", 1, 0xc1},
		{"lowest reserved flag", 1, 0x89},
		{"version 0", 1, 0x80},
		{"version 2", 1, 0x82},
		{"version 7", 1, 0x87},
		{"protocol type of transparent Ethernet", 2, 0x65},
		{"protocol type IP", 3, 0x00},
		{"payload longer than the packet", 5, 4},
		{"payload of 64 k", 4, 0xff},
		{"payload without sequence number", 0, 0x20},
		{"neither number", 1, 0x01 | 0x08},
	}
	if _, _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := []byte(good)
			bad[tt.at] = tt.octet
			if h, _, err := Parse(bad); !errors.Is(err, ErrMalformed) {
				t.Errorf("Parse = %+v, %v, want %v", h, err, ErrMalformed)
			}
		})
	}
	if _, _, err := Parse([]byte("\x20\x01\x88\x0b\x00\x00\x12\x34")); !errors.Is(err, ErrMalformed) {
		t.Errorf("neither number: %v, want %v", err, ErrMalformed)
	}
}

func TestAppendToRefusesImpossibleLengths(t *testing.T) {
	for _, n := range []int{-1, MaxPayloadLen + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("AppendTo(%d) did not panic", n)
				}
			}()
			Header{}.AppendTo(nil, n)
		}()
	}
}

// FuzzParse: what parses is what AppendTo writes, but for padding.
func FuzzParse(f *testing.F) {
	for _, tt := range golden {
		f.Add([]byte(tt.wire))
		f.Add([]byte(tt.wire + "padding"))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		h, payload, err := Parse(packet)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("Parse: %v is not ErrMalformed", err)
			}
			return
		}
		if got := append(h.AppendTo(nil, len(payload)), payload...); !bytes.HasPrefix(packet, got) {
			t.Errorf("parsed from %x, written as %x", packet, got)
		}
	})
}
