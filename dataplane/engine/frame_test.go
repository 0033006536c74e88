package engine

import (
	"bytes"
	"testing"
)

func TestSplitFrame(t *testing.T) {
	tests := []struct {
		name  string
		in    []byte
		proto uint16
		info  []byte
		ok    bool
	}{
		{"full", []byte{0xff, 3, 0xc0, 0x21, 1, 2}, 0xc021, []byte{1, 2}, true},
		{"no address and control", []byte{0xc0, 0x21, 1, 2}, 0xc021, []byte{1, 2}, true},
		{"compressed protocol", []byte{0xff, 3, 0x21, 0x45}, 0x21, []byte{0x45}, true},
		{"both compressed", []byte{0x21, 0x45}, 0x21, []byte{0x45}, true},
		{"MPPE uncompressed", []byte{0, 0xfd, 0x90, 0}, 0xfd, []byte{0x90, 0}, true},
		{"MPPE compressed", []byte{0xfd, 0x90, 0}, 0xfd, []byte{0x90, 0}, true},
		{"no information", []byte{0xff, 3, 0xc0, 0x21}, 0xc021, []byte{}, true},
		{"empty", nil, 0, nil, false},
		{"address only", []byte{0xff}, 0, nil, false},
		{"address and control only", []byte{0xff, 3}, 0, nil, false},
		{"one octet of protocol", []byte{0xff, 3, 0xc0}, 0, nil, false},
		{"compressed protocol only", []byte{0x21}, 0, nil, false},
		{"even protocol", []byte{0xc0, 0x20, 1}, 0, nil, false},
		{"address without control", []byte{0xff, 0xc0, 0x21}, 0, nil, false},
		{"address and control twice", []byte{0xff, 3, 0xff, 3, 0xc0, 0x21}, 0, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proto, info, ok := splitFrame(tt.in)
			if ok != tt.ok || proto != tt.proto || !bytes.Equal(info, tt.info) {
				t.Errorf("splitFrame = %#04x, %x, %v, want %#04x, %x, %v", proto, info, ok, tt.proto, tt.info, tt.ok)
			}
		})
	}
}

func TestParseIPv4(t *testing.T) {
	whole := udp(innerServer, innerClient, 1, 60)
	if p, ok := parseIPv4(append(bytes.Clone(whole), 1, 2, 3)); !ok || !bytes.Equal(p, whole) {
		t.Errorf("padded packet: %x, %v", p, ok)
	}
	for n := range len(whole) {
		if _, ok := parseIPv4(whole[:n]); ok {
			t.Errorf("truncated to %d octets: accepted", n)
		}
	}
	for name, change := range map[string]func(p []byte){
		"version 6":         func(p []byte) { p[0] = 0x65 },
		"header of 16":      func(p []byte) { p[0] = 0x44 },
		"header of 60":      func(p []byte) { p[0] = 0x4f; p[3] = 59 },
		"total below 20":    func(p []byte) { p[2], p[3] = 0, 19 },
		"total beyond data": func(p []byte) { p[2], p[3] = 0, 61 },
	} {
		p := bytes.Clone(whole)
		change(p)
		if _, ok := parseIPv4(p); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestIsUnicast(t *testing.T) {
	tests := []struct {
		name string
		dst  [4]byte
		udp  byte // low octet of the destination port
		want bool
	}{
		{"host", [4]byte{10, 0, 0, 1}, 9, true},
		{"host that ends in 255", [4]byte{10, 0, 0, 255}, 9, true},
		{"NetBIOS name to a host", [4]byte{10, 0, 0, 1}, 137, true},
		{"NetBIOS name to a subnet", [4]byte{10, 0, 0, 255}, 137, false},
		{"NetBIOS datagram to a network", [4]byte{10, 255, 255, 255}, 138, false},
		{"broadcast", [4]byte{255, 255, 255, 255}, 9, false},
		{"SSDP", [4]byte{239, 255, 255, 250}, 9, false},
		{"IGMP", [4]byte{224, 0, 0, 22}, 9, false},
		{"nobody", [4]byte{}, 9, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := ipv4(udp(innerServer, innerClient, 1, 60))
			copy(p[16:], tt.dst[:])
			p[23] = tt.udp
			if got := p.isUnicast(); got != tt.want {
				t.Errorf("isUnicast = %v, want %v", got, tt.want)
			}
		})
	}
}
