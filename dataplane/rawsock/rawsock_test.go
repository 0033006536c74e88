package rawsock

import (
	"bytes"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func ipv4(headerWords byte, total int, payload []byte) []byte {
	b := make([]byte, int(headerWords)*4, 64)
	b[0] = 4<<4 | headerWords
	b[2], b[3] = byte(total>>8), byte(total)
	if headerWords >= 5 {
		copy(b[12:], []byte{192, 0, 2, 1, 192, 0, 2, 2})
	}
	return append(b, payload...)
}

func TestParse(t *testing.T) {
	payload := []byte{0x30, 0x01, 0x88, 0x0b}
	tests := []struct {
		name string
		in   []byte
		want []byte // nil: malformed
	}{
		{"no options", ipv4(5, 24, payload), payload},
		{"options", ipv4(7, 32, payload), payload},
		{"padded by Ethernet", append(ipv4(5, 24, payload), 0, 0, 0), payload},
		{"no payload", ipv4(5, 20, nil), []byte{}},
		{"total length lies", ipv4(5, 25, payload), nil},
		{"total shorter than header", ipv4(5, 19, payload), nil},
		{"header of 16 octets", ipv4(4, 24, append(payload, 0, 0, 0, 0)), nil},
		{"header longer than packet", ipv4(5, 24, payload)[:20], nil},
		{"IPv6", append([]byte{0x60}, make([]byte, 39)...), nil},
		{"empty", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(tt.in)
			if tt.want == nil {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("parse = %v, %v, want ErrMalformed", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Src != netip.MustParseAddr("192.0.2.1") || got.Dst != netip.MustParseAddr("192.0.2.2") {
				t.Errorf("addresses = %s, %s", got.Src, got.Dst)
			}
			if !bytes.Equal(got.Payload, tt.want) {
				t.Errorf("payload = %x, want %x", got.Payload, tt.want)
			}
		})
	}
}

func TestParseTruncated(t *testing.T) {
	whole := ipv4(5, 24, []byte{1, 2, 3, 4})
	for n := range len(whole) {
		if _, err := parse(whole[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("parse of %d octets = %v, want ErrMalformed", n, err)
		}
	}
}

func TestOpenErrorNamesCapability(t *testing.T) {
	got := openError(unix.EPERM)
	if !errors.Is(got, fs.ErrPermission) || !strings.Contains(got.Error(), "CAP_NET_RAW") {
		t.Errorf("openError(EPERM) = %v", got)
	}
}

func TestTransient(t *testing.T) {
	tests := []struct {
		err  error
		want bool
	}{
		{unix.ENOBUFS, true},
		{unix.EAGAIN, true},
		{unix.EPERM, true},
		{unix.ENETUNREACH, false},
		{unix.EINVAL, false},
		{ErrClosed, false},
	}
	for _, tt := range tests {
		if got := Transient(tt.err); got != tt.want {
			t.Errorf("Transient(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
}
