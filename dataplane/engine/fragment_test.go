package engine

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// withOptions puts options, a multiple of four octets, into a packet.
func withOptions(p ipv4, options []byte) ipv4 {
	out := append(bytes.Clone(p[:20]), options...)
	out = append(out, p[20:]...)
	out[0] = 4<<4 | byte(5+len(options)/4)
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)))
	ipv4(out).setChecksum()
	return out
}

func cut(p ipv4, mtu int) (pieces []ipv4, ok bool) {
	_, ok = fragments(nil, protocolRoom, p, mtu, func(framed []byte) {
		pieces = append(pieces, ipv4(bytes.Clone(framed[protocolRoom:])))
	})
	return pieces, ok
}

func TestFragments(t *testing.T) {
	plain := ipv4(udp(innerServer, innerClient, 7, 4000))
	// Loose source route (131, copied), padded; timestamp (68, not copied).
	optioned := withOptions(plain, []byte{131, 7, 4, 10, 0, 0, 9, 68, 8, 5, 0, 0, 0, 0, 0, 0})
	middle := ipv4(bytes.Clone(plain))
	binary.BigEndian.PutUint16(middle[6:], flagMF|100)
	last := ipv4(bytes.Clone(plain))
	binary.BigEndian.PutUint16(last[6:], 100)
	tests := []struct {
		name   string
		p      ipv4
		mtu    int
		pieces int
		header int // of later pieces
	}{
		{"three", plain, 1396, 3, 20},
		{"MTU no multiple of 8", plain, 1399, 3, 20},
		{"least MTU", plain, 68, 83, 20},
		{"options", optioned, 1396, 3, 28},
		{"middle fragment", middle, 1396, 3, 20},
		{"last fragment", last, 1396, 3, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pieces, ok := cut(tt.p, tt.mtu)
			if !ok || len(pieces) != tt.pieces {
				t.Fatalf("%d pieces, ok %v, want %d", len(pieces), ok, tt.pieces)
			}
			var data []byte
			for i, f := range pieces {
				checked, ok := parseIPv4(f)
				if !ok || len(checked) != len(f) || len(f) > tt.mtu {
					t.Fatalf("piece %d is no packet of at most %d octets: %x", i, tt.mtu, f)
				}
				if got := checksum(f[:f.headerLen()]); got != 0 {
					t.Errorf("piece %d: checksum is off by %#04x", i, got)
				}
				header := tt.header
				if i == 0 {
					header = tt.p.headerLen()
				}
				if f.headerLen() != header {
					t.Errorf("piece %d: header of %d octets, want %d", i, f.headerLen(), header)
				}
				offset := int(tt.p.fragment()&maskOffset) + len(data)/8
				flags := tt.p.fragment() & flagMF
				if i < len(pieces)-1 {
					flags = flagMF
				}
				if got, want := f.fragment(), flags|uint16(offset); got != want {
					t.Errorf("piece %d: flags and offset %#04x, want %#04x", i, got, want)
				}
				if !bytes.Equal(f[4:6], tt.p[4:6]) || f.src() != tt.p.src() || f.dst() != tt.p.dst() || f.protocol() != tt.p.protocol() {
					t.Errorf("piece %d: identification, addresses or protocol changed", i)
				}
				data = append(data, f.payload()...)
			}
			if !bytes.Equal(data, tt.p.payload()) {
				t.Error("the pieces do not make the whole")
			}
		})
	}
}

func TestFragmentsNoRoom(t *testing.T) {
	// 60 octets of header in an MTU of 64 leave no eight octets of data.
	p := withOptions(ipv4(udp(innerServer, innerClient, 1, 200)), bytes.Repeat([]byte{131}, 40))
	if pieces, ok := cut(p, 64); ok || len(pieces) != 0 {
		t.Errorf("%d pieces, ok %v, want none", len(pieces), ok)
	}
}

// A fragment whose end lies beyond 65535 octets has no pieces: their offsets would
// run over into the flags.
func TestFragmentsBeyondLargestPacket(t *testing.T) {
	p := ipv4(udp(innerServer, innerClient, 1, 2000))
	binary.BigEndian.PutUint16(p[6:], maskOffset-100)
	if pieces, ok := cut(p, 1000); ok || len(pieces) != 0 {
		t.Errorf("%d pieces, ok %v, want none", len(pieces), ok)
	}
}

// Options that lie about their length must not take fragments out of bounds.
func TestFragmentsBadOptions(t *testing.T) {
	for _, options := range [][]byte{{131, 0, 0, 0}, {131, 1, 0, 0}, {131, 5, 0, 0}, {1, 1, 1, 131}, {0, 131, 3, 4}} {
		p := withOptions(ipv4(udp(innerServer, innerClient, 1, 200)), options)
		pieces, ok := cut(p, 100)
		if !ok {
			t.Fatalf("options %v: not fragmented", options)
		}
		for i, f := range pieces[1:] {
			if f.headerLen() != 20 {
				t.Errorf("options %v, piece %d: header of %d octets, want 20", options, i+1, f.headerLen())
			}
		}
	}
}
