package mppe

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestInitialKeys: RFC 3079 §2.5 (MS-CHAP) and §3.5 (MS-CHAPv2), session key and
// "test message" encrypted under it.
func TestInitialKeys(t *testing.T) {
	tests := []struct {
		name               string
		bits               int
		start, key, sealed string
	}{
		{"2.5.3", 128, "a8947850cfc0acc1d1789fb62ddcddb0", "59d159bc09f76f1da2a86a28ffec0b1e", ""},
		{"3.5.1", 40, "8b7cdc149b993a1b", "d1269ec49fa62e3e", "929137917e5803d668d75898"},
		{"3.5.2", 56, "8b7cdc149b993a1b", "d15c00c49fa62e3e", "3f106833fa448da842bc57b8"},
		{"3.5.3", 128, "8b7cdc149b993a1ba118cb153f56dccb", "405cb2247a7956e6e211007ae27b22d4", "81848317df68846272fb5abe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := newSchedule(Params{Bits: tt.bits, StartKey: unhex(t, tt.start)})
			if err != nil {
				t.Fatal(err)
			}
			key := keys.first()
			if got, want := key[:keys.length], unhex(t, tt.key); !bytes.Equal(got, want) {
				t.Errorf("session key = %x, want %x", got, want)
			}
			if tt.sealed == "" {
				return
			}
			// The first packet of a stateful link uses the initial key.
			e, err := NewEncryptor(Params{Bits: tt.bits, StartKey: unhex(t, tt.start)})
			if err != nil {
				t.Fatal(err)
			}
			got := e.Seal([]byte("head"), []byte("test message"))
			if want := append([]byte("head\x10\x00"), unhex(t, tt.sealed)...); !bytes.Equal(got, want) {
				t.Errorf("Seal = %x, want %x", got, want)
			}
		})
	}
}

// TestStrength: "the 40-bit key ... 0xd1269e", "the 56-bit key ... 0xd1"
// (RFC 3078 §7.1, §7.2), for changed keys too.
func TestStrength(t *testing.T) {
	tests := []struct {
		bits   int
		prefix string
	}{{40, "d1269e"}, {56, "d1"}}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.bits), func(t *testing.T) {
			keys, err := newSchedule(Params{Bits: tt.bits, StartKey: unhex(t, "8b7cdc149b993a1b")})
			if err != nil {
				t.Fatal(err)
			}
			key := keys.first()
			seen := map[sessionKey]bool{}
			for i := range 100 {
				if got := hex.EncodeToString(key[:keys.length]); !strings.HasPrefix(got, tt.prefix) {
					t.Fatalf("key %d = %s, want %s...", i, got, tt.prefix)
				}
				if seen[key] {
					t.Fatalf("key %d was there before", i)
				}
				seen[key] = true
				key = keys.after(&key)
			}
		})
	}
}

func TestBadParams(t *testing.T) {
	tests := []struct {
		name string
		p    Params
	}{
		{"no strength", Params{StartKey: make([]byte, 16)}},
		{"64 bits", Params{Bits: 64, StartKey: make([]byte, 8)}},
		{"no key", Params{Bits: 128}},
		{"8 octets for 128 bits", Params{Bits: 128, StartKey: make([]byte, 8)}},
		{"16 octets for 40 bits", Params{Bits: 40, StartKey: make([]byte, 16)}},
		{"5 octets for 40 bits", Params{Bits: 40, StartKey: make([]byte, 5)}},
		{"7 octets for 56 bits", Params{Bits: 56, StartKey: make([]byte, 7)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewEncryptor(tt.p); !errors.Is(err, ErrParams) {
				t.Errorf("NewEncryptor: %v, want %v", err, ErrParams)
			}
			if _, err := NewDecryptor(tt.p); !errors.Is(err, ErrParams) {
				t.Errorf("NewDecryptor: %v, want %v", err, ErrParams)
			}
		})
	}
}

// TestNoKeyIsPrinted formats everything that holds a key.
func TestNoKeyIsPrinted(t *testing.T) {
	p := Params{Bits: 40, Stateless: true, StartKey: []byte("\x41\x42\x43\x44\x45\x46\x47\x48")}
	e, err := NewEncryptor(p)
	if err != nil {
		t.Fatal(err)
	}
	s := e.Snapshot()
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{p, s, LateKey{Number: 7, Key: p.StartKey}} {
			got := fmt.Sprintf(format, v)
			for _, secret := range []string{"65 66 67", "0x41", "ABCD", "4142"} {
				if strings.Contains(got, secret) {
					t.Errorf("%s of %T prints a key: %s", format, v, got)
				}
			}
		}
	}
	if got, want := p.String(), "MPPE 40 bit, stateless"; got != want {
		t.Errorf("Params.String = %q, want %q", got, want)
	}
}
