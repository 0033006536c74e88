package ppp

import (
	"bytes"
	"errors"
	"testing"
)

func TestPacketGolden(t *testing.T) {
	golden := []byte{
		0x01,       // code: Configure-Request
		0x2a,       // identifier
		0x00, 0x08, // length
		0x01, 0x04, 0x05, 0x78, // MRU 1400
	}
	p := packet{code: codeConfigureRequest, id: 0x2a, data: []byte{1, 4, 5, 0x78}}
	if got := p.appendTo(nil); !bytes.Equal(got, golden) {
		t.Errorf("appendTo = %x, want %x", got, golden)
	}
	padded := append(bytes.Clone(golden), 0xee, 0xee)
	got, err := parsePacket(padded)
	if err != nil {
		t.Fatal(err)
	}
	if got.code != p.code || got.id != p.id || !bytes.Equal(got.data, p.data) {
		t.Errorf("parsePacket = %+v, want %+v: padding is not data", got, p)
	}
	for n := range golden {
		if _, err := parsePacket(golden[:n]); !errors.Is(err, errShortPacket) {
			t.Errorf("parsePacket of %d octets: error %v, want %v", n, err, errShortPacket)
		}
	}
}

func TestPacketLengthLies(t *testing.T) {
	for length := range uint16(12) {
		b := []byte{1, 1, byte(length >> 8), byte(length), 0xaa, 0xbb}
		_, err := parsePacket(b)
		if want := length >= 4 && length <= 6; (err == nil) != want {
			t.Errorf("length field %d of 6 octets: error %v", length, err)
		}
	}
	if _, err := parsePacket([]byte{1, 1, 0xff, 0xff}); err == nil {
		t.Error("length field 65535 was believed")
	}
}

func TestPacketCannotOverflowItsLengthField(t *testing.T) {
	b := packet{code: 1, data: make([]byte, 70000)}.appendTo(nil)
	p, err := parsePacket(b)
	if err != nil || len(b) != 0xffff || len(p.data) != 0xffff-packetHeader {
		t.Errorf("%d octets, %v, want 65535 and no error", len(b), err)
	}
}

func FuzzPacketAndOptions(f *testing.F) {
	f.Add([]byte{1, 1, 0, 8, 1, 4, 5, 0x78})
	f.Add([]byte{1, 1, 0, 7, 7, 2, 8})
	f.Add([]byte{1, 1, 0, 6, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePacket(b)
		if err != nil {
			return
		}
		again, err := parsePacket(p.appendTo(nil))
		if err != nil || again.code != p.code || again.id != p.id || !bytes.Equal(again.data, p.data) {
			t.Fatalf("%+v became %+v, %v", p, again, err)
		}
		opts, err := parseOptions(p.data)
		if err != nil {
			return
		}
		if got := appendOptions(nil, opts, len(p.data)); !bytes.Equal(got, p.data) {
			t.Fatalf("options %x became %x", p.data, got)
		}
	})
}

func TestCountedFields(t *testing.T) {
	name, password, ok := parsePAPRequest([]byte{4, 'j', 'o', 'h', 'n', 0})
	if !ok || string(name) != "john" || len(password) != 0 {
		t.Errorf("parsePAPRequest = %q, %q, %v", name, password, ok)
	}
	whole := papRequestPacket(1, "john", []byte("secret")).data
	for n := range whole {
		if _, _, ok := parsePAPRequest(whole[:n]); ok {
			t.Errorf("a request cut to %d octets was taken", n)
		}
	}
	long := papRequestPacket(1, string(make([]byte, 300)), make([]byte, 300)).data
	if name, password, ok := parsePAPRequest(long); !ok || len(name) != 255 || len(password) != 255 {
		t.Errorf("fields of 300 octets became %d and %d, %v; want 255", len(name), len(password), ok)
	}
	for size := range 256 { // Value-Size lies
		value, rest, ok := parseCHAPValue(append([]byte{byte(size)}, make([]byte, 49)...))
		if want := size <= 49; ok != want || ok && (len(value) != size || len(rest) != 49-size) {
			t.Errorf("Value-Size %d of 49: %d octets, %d left, %v", size, len(value), len(rest), ok)
		}
	}
}
