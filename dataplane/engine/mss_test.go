package engine

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// tcp makes an IPv4 TCP packet with those flags and options, checksum right.
func tcp(flags byte, options []byte, data []byte) ipv4 {
	for len(options)%4 != 0 {
		options = append(options, tcpOptEnd)
	}
	p := make([]byte, 40, 40+len(options)+len(data))
	p[0], p[8], p[9] = 0x45, 64, protoTCP
	copy(p[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint32(p[24:], 0x01020304)
	p[32] = byte(5+len(options)/4) << 4
	p[33] = flags
	p = append(append(p, options...), data...)
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	ipv4(p).setChecksum()
	binary.BigEndian.PutUint16(p[20+tcpChecksum:], tcpSum(p))
	return p
}

// tcpSum computes the checksum of a TCP packet, or 0 if it carries the right one.
func tcpSum(p ipv4) uint16 {
	pseudo := bytes.Clone(p[12:20])
	pseudo = append(pseudo, 0, protoTCP)
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(p)-20))
	return checksum(append(pseudo, p.payload()...))
}

func TestClampMSS(t *testing.T) {
	const syn, synAck, ack = 0x02, 0x12, 0x10
	mss1460 := []byte{2, 4, 0x05, 0xb4}
	tests := []struct {
		name    string
		flags   byte
		options []byte
		mtu     int
		want    uint16 // MSS afterwards, at offset at; 0: packet unchanged
		at      int
	}{
		{"SYN", syn, mss1460, 1396, 1356, 2},
		{"SYN ACK", synAck, mss1460, 1396, 1356, 2},
		{"not SYN", ack, mss1460, 1396, 0, 0},
		{"fits exactly", syn, mss1460, 1500, 0, 0},
		{"one too large", syn, mss1460, 1499, 1459, 2},
		{"behind window scale and nops", syn, append([]byte{1, 3, 3, 7}, mss1460...), 1396, 1356, 6},
		{"at odd offset", syn, append([]byte{1}, mss1460...), 1396, 1356, 3},
		{"at odd offset, after SACK permitted", syn, append([]byte{4, 2, 1}, mss1460...), 1000, 960, 5},
		{"no MSS option", syn, []byte{4, 2, 3, 3, 7}, 1396, 0, 0},
		{"after end of options", syn, append([]byte{0}, mss1460...), 1396, 0, 0},
		{"length 0", syn, []byte{2, 0, 5, 0xb4}, 1396, 0, 0},
		{"length 1", syn, []byte{3, 1, 2, 4, 5, 0xb4}, 1396, 0, 0},
		{"length beyond header", syn, []byte{2, 40, 5, 0xb4}, 1396, 0, 0},
		{"MSS option of wrong length", syn, []byte{2, 3, 5, 1}, 1396, 0, 0},
		{"kind in last octet", syn, []byte{1, 1, 1, 2}, 1396, 0, 0},
		{"tiny MTU", syn, mss1460, 40, 0, 0},
		{"MTU 68", syn, mss1460, 68, 28, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := tcp(tt.flags, bytes.Clone(tt.options), []byte("data!"))
			before := bytes.Clone(p)
			if got, want := clampMSS(p, tt.mtu), tt.want != 0; got != want {
				t.Fatalf("clampMSS = %v, want %v", got, want)
			}
			if tt.want == 0 {
				if !bytes.Equal(p, before) {
					t.Errorf("packet changed\n got %x\nwant %x", p, before)
				}
				return
			}
			if got := binary.BigEndian.Uint16(p[40+tt.at:]); got != tt.want {
				t.Errorf("MSS = %d, want %d", got, tt.want)
			}
			if got := tcpSum(p); got != 0 {
				t.Errorf("checksum is off by %#04x", got)
			}
		})
	}
}

func TestClampMSSLeavesAlone(t *testing.T) {
	syn := tcp(tcpSYN, []byte{2, 4, 0x05, 0xb4}, nil)
	later := ipv4(bytes.Clone(syn))
	binary.BigEndian.PutUint16(later[6:], 8)
	udp := ipv4(bytes.Clone(syn))
	udp[9] = protoUDP
	for name, p := range map[string]ipv4{"later fragment": later, "UDP": udp} {
		if clampMSS(p, 1000) {
			t.Errorf("%s was changed", name)
		}
	}
	// Truncated at every offset, with a total length that agrees.
	for n := ipv4MinHeader; n < len(syn); n++ {
		p := ipv4(bytes.Clone(syn[:n]))
		binary.BigEndian.PutUint16(p[2:], uint16(n))
		if clampMSS(p, 1000) {
			t.Errorf("packet of %d octets was changed", n)
		}
	}
}

// Every possible value, at both alignments: the incremental checksum must equal
// the full one.
func TestClampMSSChecksum(t *testing.T) {
	for _, pad := range [][]byte{nil, {1}} {
		for mss := 1; mss <= 0xffff; mss += 251 {
			options := append(bytes.Clone(pad), 2, 4, byte(mss>>8), byte(mss))
			p := tcp(tcpSYN, options, nil)
			if clampMSS(p, 600) != (mss > 560) {
				t.Fatalf("MSS %d: wrong decision", mss)
			}
			if got := tcpSum(p); got != 0 {
				t.Fatalf("MSS %d, padding %d: checksum is off by %#04x", mss, len(pad), got)
			}
		}
	}
}
