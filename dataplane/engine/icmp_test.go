package engine

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestFragNeeded(t *testing.T) {
	p := ipv4(udp(innerServer, innerClient, 7, 1400))
	src := innerClient.As4()
	b, ok := appendFragNeeded([]byte("before"), src, p, 1396)
	if !ok || !bytes.HasPrefix(b, []byte("before")) {
		t.Fatalf("appendFragNeeded = %x, %v", b, ok)
	}
	answer, ok := parseIPv4(b[len("before"):])
	if !ok {
		t.Fatalf("no packet: %x", b)
	}
	if answer.src() != src || answer.dst() != p.src() || answer.protocol() != protoICMP {
		t.Errorf("from %v to %v protocol %d", answer.src(), answer.dst(), answer.protocol())
	}
	if checksum(answer[:20]) != 0 || checksum(answer.payload()) != 0 {
		t.Error("checksum is wrong")
	}
	icmp := answer.payload()
	if icmp[0] != 3 || icmp[1] != 4 || binary.BigEndian.Uint16(icmp[4:]) != 0 || binary.BigEndian.Uint16(icmp[6:]) != 1396 {
		t.Errorf("ICMP header %x, want type 3 code 4 MTU 1396", icmp[:8])
	}
	if !bytes.Equal(icmp[8:], p[:28]) {
		t.Errorf("quote = %x, want header and 8 octets", icmp[8:])
	}
}

func TestFragNeededIsNotSent(t *testing.T) {
	packet := func(change func(p ipv4)) ipv4 {
		p := ipv4(udp(innerServer, innerClient, 7, 1400))
		change(p)
		return p
	}
	addr := func(s string) []byte { a := netip.MustParseAddr(s).As4(); return a[:] }
	tests := []struct {
		name string
		p    ipv4
		ok   bool
	}{
		{"later fragment", packet(func(p ipv4) { p[7] = 1 }), false},
		{"from 0.0.0.0", packet(func(p ipv4) { copy(p[12:], addr("0.0.0.0")) }), false},
		{"from multicast", packet(func(p ipv4) { copy(p[12:], addr("224.0.0.1")) }), false},
		{"to broadcast", packet(func(p ipv4) { copy(p[16:], addr("255.255.255.255")) }), false},
		{"to multicast", packet(func(p ipv4) { copy(p[16:], addr("239.1.2.3")) }), false},
		{"about an ICMP error", packet(func(p ipv4) { p[9] = protoICMP; p[20] = 11 }), false},
		{"about an echo", packet(func(p ipv4) { p[9] = protoICMP; p[20] = 8 }), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, ok := appendFragNeeded(nil, innerClient.As4(), tt.p, 1396)
			if ok != tt.ok || (len(b) != 0) != tt.ok {
				t.Errorf("appendFragNeeded = %d octets, %v, want %v", len(b), ok, tt.ok)
			}
		})
	}
}
