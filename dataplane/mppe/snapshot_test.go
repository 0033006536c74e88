package mppe

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// through writes a snapshot as JSON and reads it again.
func through(t *testing.T, s Snapshot) Snapshot {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Snapshot
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Fatalf("snapshot changed on its way: %s", diff)
	}
	return back
}

// TestSnapshotAnywhere replaces both ends again and again.
func TestSnapshotAnywhere(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		e, d := pair(t, p)
		var missing []byte
		for i := range uint32(700) {
			if i == 600 {
				missing = e.Seal(nil, ipPacket(600))
				e.Flush()
			} else {
				mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			}
			if i%13 != 0 && i < 595 {
				continue
			}
			var err error
			if e, err = RestoreEncryptor(through(t, e.Snapshot())); err != nil {
				t.Fatal(err)
			}
			if d, err = RestoreDecryptor(through(t, d.Snapshot())); err != nil {
				t.Fatal(err)
			}
		}
		if p.Stateless {
			mustReceive(t, d, missing, 600)
		}
	})
}

// TestSkip: a successor that does not know how much was sent.
func TestSkip(t *testing.T) {
	for _, n := range []uint32{0, 1, 100, 255, 256, 1000, LateFrom - 1} {
		eachMode(t, func(t *testing.T, p Params) {
			e, d := pair(t, p)
			for i := range uint32(200) {
				mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			}
			e, err := RestoreEncryptor(e.Snapshot())
			if err != nil {
				t.Fatal(err)
			}
			e.Skip(n)
			if n == LateFrom-1 && !p.Stateless {
				return // and then on to the flag packet: too far
			}
			for i := range uint32(300) {
				mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			}
		})
	}
}

func TestSnapshotRefused(t *testing.T) {
	e, d := pair(t, stateless128)
	skip(e, 3)
	mustReceive(t, d, e.Seal(nil, ipPacket(1)), 1)
	tests := []struct {
		name   string
		change func(*Snapshot)
	}{
		{"version", func(s *Snapshot) { s.Version = 2 }},
		{"empty", func(s *Snapshot) { *s = Snapshot{} }},
		{"bits", func(s *Snapshot) { s.Bits = 64 }},
		{"start key", func(s *Snapshot) { s.StartKey = s.StartKey[:8] }},
		{"key", func(s *Snapshot) { s.Key = s.Key[:8] }},
		{"used", func(s *Snapshot) { s.Used = 1 << 40 }},
		{"late key", func(s *Snapshot) { s.Late[0].Key = nil }},
		{"late keys", func(s *Snapshot) { s.Late = append(s.Late, make([]LateKey, LateKeys)...) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := through(t, d.Snapshot())
			tt.change(&s)
			if _, err := RestoreDecryptor(s); !errors.Is(err, ErrSnapshot) {
				t.Errorf("RestoreDecryptor: %v, want %v", err, ErrSnapshot)
			}
			if s.Late == nil || tt.name == "late key" || tt.name == "late keys" {
				return
			}
			if _, err := RestoreEncryptor(s); !errors.Is(err, ErrSnapshot) {
				t.Errorf("RestoreEncryptor: %v, want %v", err, ErrSnapshot)
			}
		})
	}
}

func TestProtocol(t *testing.T) {
	tests := []struct {
		name, plain string
		protocol    uint16
		info        string
		ok          bool
	}{
		{"IPv4", "\x00\x21data", 0x21, "data", true},
		{"IPv4, compressed field", "\x21data", 0x21, "data", true},
		{"last", "\x00\xf9", 0xf9, "", true},
		{"compressed, last", "\xf9", 0xf9, "", true},
		{"padding protocol", "\x00\x01x", 0, "", false},
		{"compressed, too low", "\x1fx", 0, "", false},
		{"compressed datagram", "\x00\xfdx", 0, "", false},
		{"compressed datagram, compressed field", "\xfdx", 0, "", false},
		{"even", "\x00\x22x", 0, "", false},
		{"LCP", "\xc0\x21x", 0, "", false},
		{"IPCP", "\x80\x21x", 0, "", false},
		{"one octet of two", "\x00", 0, "", false},
		{"nothing", "", 0, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			protocol, info, ok := Protocol([]byte(tt.plain))
			if protocol != tt.protocol || string(info) != tt.info || ok != tt.ok {
				t.Errorf("Protocol(%q) = %#x, %q, %v, want %#x, %q, %v",
					tt.plain, protocol, info, ok, tt.protocol, tt.info, tt.ok)
			}
		})
	}
}
