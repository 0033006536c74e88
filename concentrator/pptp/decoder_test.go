package pptp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var _ io.Writer = (*Decoder)(nil)

// drain calls Next until there is nothing more.
func drain(t *testing.T, d *Decoder) []Message {
	t.Helper()
	var all []Message
	for {
		m, err := d.Next()
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if m == nil {
			return all
		}
		all = append(all, m)
	}
}

func write(t *testing.T, d *Decoder, b []byte) {
	t.Helper()
	if n, err := d.Write(b); err != nil || n != len(b) {
		t.Fatalf("Write of %d octets = %d, %v", len(b), n, err)
	}
}

func goldenStream() (stream []byte, messages []Message) {
	for _, g := range golden {
		stream = g.message.AppendTo(stream)
		messages = append(messages, g.message)
	}
	return stream, messages
}

func TestDecoderTakesSeveralMessagesOfOneSegment(t *testing.T) {
	stream, want := goldenStream()
	var d Decoder
	write(t, &d, stream)
	if diff := cmp.Diff(want, drain(t, &d)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestDecoderTakesAnOctetAtATime(t *testing.T) {
	stream, want := goldenStream()
	var d Decoder
	var got []Message
	for i := range stream {
		write(t, &d, stream[i:i+1])
		got = append(got, drain(t, &d)...)
		if n := len(d.Buffered()); n >= MaxMessage {
			t.Fatalf("%d octets held, want less than a message", n)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestDecoderTakesAStreamSplitAtEveryOctet(t *testing.T) {
	stream, want := goldenStream()
	for i := range stream {
		var d Decoder
		write(t, &d, stream[:i])
		got := drain(t, &d)
		// The rest goes to another decoder, as after a restart.
		var next Decoder
		write(t, &next, d.Buffered())
		write(t, &next, stream[i:])
		got = append(got, drain(t, &next)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("split at %d (-want +got):\n%s", i, diff)
		}
	}
}

// CVE-2003-0213, and accel-ppp's buffer that never advanced.
func TestDecoderNeverStallsOnALength(t *testing.T) {
	for _, length := range []uint16{0, 1, 7, 11, 12, 15, 221, 1000, 65535} {
		for _, control := range []uint16{0, 1, 5, 16, 255} {
			b := EchoRequest{Identifier: 1}.AppendTo(nil)
			binary.BigEndian.PutUint16(b, length)
			binary.BigEndian.PutUint16(b[8:], control)
			for split := range b {
				var d Decoder
				var err error
				for _, part := range [][]byte{b[:split], b[split:], EchoRequest{}.AppendTo(nil)} {
					if _, err = d.Write(part); err != nil {
						break
					}
					var m Message
					if m, err = d.Next(); err != nil {
						break
					}
					if m != nil {
						t.Fatalf("length %d type %d: message %v", length, control, m)
					}
				}
				var fe *FormatError
				if !errors.As(err, &fe) {
					t.Fatalf("length %d type %d split %d: error %v, want a *FormatError", length, control, split, err)
				}
			}
		}
	}
}

// What is not PPTP is known as soon as the first wrong field is there.
func TestDecoderFindsGarbageEarly(t *testing.T) {
	tests := []struct {
		name    string
		octets  []byte
		problem Problem
	}{
		{"HTTP", []byte("GE"), BadLength},
		{"TLS", []byte{0x16, 0x03}, BadLength},
		{"message type", []byte{0, 16, 0, 2}, BadMessageType},
		{"magic cookie", []byte{0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4e}, BadMagicCookie},
		{"control type", []byte{0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 99}, UnknownControlType},
		{"length of the type", []byte{0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1}, BadLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			write(t, &d, tt.octets[:len(tt.octets)-1])
			if m, err := d.Next(); m != nil || err != nil {
				t.Fatalf("an octet too early: %v, %v, want nothing", m, err)
			}
			write(t, &d, tt.octets[len(tt.octets)-1:])
			_, err := d.Next()
			var fe *FormatError
			if !errors.As(err, &fe) || fe.Problem != tt.problem {
				t.Errorf("error %v, want problem %d", err, tt.problem)
			}
		})
	}
}

func TestDecoderIsDeadAfterAnError(t *testing.T) {
	var d Decoder
	good := EchoRequest{Identifier: 5}.AppendTo(nil)
	write(t, &d, append(bytes.Clone(good), 0xff, 0xff))
	if m, err := d.Next(); m != (EchoRequest{Identifier: 5}) || err != nil {
		t.Fatalf("Next = %v, %v, want the message before the garbage", m, err)
	}
	_, first := d.Next()
	if first == nil {
		t.Fatal("garbage is no error")
	}
	if _, err := d.Write(good); err != first {
		t.Errorf("Write: %v, want %v", err, first)
	}
	if m, err := d.Next(); m != nil || err != first {
		t.Errorf("Next = %v, %v, want %v", m, err, first)
	}
	if b := d.Buffered(); len(b) != 0 {
		t.Errorf("%d octets held by a dead decoder", len(b))
	}
}

func TestDecoderIsBounded(t *testing.T) {
	echo := EchoRequest{Identifier: 1}.AppendTo(nil)
	var d Decoder
	write(t, &d, bytes.Repeat(echo, MaxBuffered/len(echo)))
	if n, err := d.Write(echo); n != 0 || !errors.Is(err, ErrBufferFull) {
		t.Errorf("Write to a full decoder = %d, %v, want ErrBufferFull", n, err)
	}
	if got, want := len(drain(t, &d)), MaxBuffered/len(echo); got != want {
		t.Errorf("%d messages, want %d", got, want)
	}
	write(t, &d, echo)
	if got := len(drain(t, &d)); got != 1 {
		t.Errorf("%d messages after draining, want 1", got)
	}
	if d.buf != nil {
		t.Errorf("an empty decoder holds %d octets of memory", cap(d.buf))
	}
}
