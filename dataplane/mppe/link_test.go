package mppe

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// modes are all that can be negotiated.
var modes = func() (all []Params) {
	for _, bits := range []int{40, 56, 128} {
		for _, stateless := range []bool{false, true} {
			key := make([]byte, 8)
			if bits == 128 {
				key = make([]byte, 16)
			}
			for i := range key {
				key[i] = byte(i*7 + bits)
			}
			all = append(all, Params{Bits: bits, Stateless: stateless, StartKey: key})
		}
	}
	return all
}()

func eachMode(t *testing.T, run func(t *testing.T, p Params)) {
	t.Helper()
	for _, p := range modes {
		t.Run(p.String(), func(t *testing.T) { run(t, p) })
	}
}

func pair(t testing.TB, p Params) (*Encryptor, *Decryptor) {
	t.Helper()
	e, err := NewEncryptor(p)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecryptor(p)
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// ipPacket is a sound IPv4 packet, with its PPP protocol, that carries a number.
func ipPacket(number uint32) []byte {
	ip := make([]byte, 2+minIPv4Header+8+int(number%40))
	ip[1] = protocolIPv4
	h := ip[2:]
	h[0], h[8], h[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(h[2:], uint16(len(h)))
	copy(h[12:], "\x0a\x05\x11\x01\x0a\x05\x11\xfe")
	binary.BigEndian.PutUint16(h[10:], ^uint16(checksum(h[:minIPv4Header])))
	binary.BigEndian.PutUint32(h[minIPv4Header:], number)
	return ip
}

// numberOf reads the number of a packet of ipPacket; false if it is noise.
func numberOf(plain []byte) (uint32, bool) {
	if len(plain) < 2+minIPv4Header+4 || !soundIP(plain, len(plain)) {
		return 0, false
	}
	return binary.BigEndian.Uint32(plain[2+minIPv4Header:]), true
}

// receive does what the data plane does: open, check, commit.
func receive(d *Decryptor, packet []byte) (number uint32, err error) {
	plain, err := d.Open(nil, packet)
	if err != nil {
		return 0, err
	}
	number, ok := numberOf(plain)
	if !ok {
		return 0, errNoise
	}
	d.Commit()
	return number, nil
}

var errNoise = fmt.Errorf("noise")

// mustReceive fails the test if the packet does not carry want.
func mustReceive(t testing.TB, d *Decryptor, packet []byte, want uint32) {
	t.Helper()
	got, err := receive(d, packet)
	if err != nil || got != want {
		t.Fatalf("packet %d (count %#x): got %d, %v", want, countOf(packet), got, err)
	}
}

func countOf(packet []byte) uint16 { return binary.BigEndian.Uint16(packet) & maskCount }

func isFlushed(packet []byte) bool { return packet[0]&0x80 != 0 }

// skip seals n packets that nobody receives.
func skip(e *Encryptor, n int) {
	for range n {
		e.Seal(nil, ipPacket(0))
	}
}
