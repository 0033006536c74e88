package mschap

import (
	"bytes"
	"encoding/hex"
	"testing"

	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc3079"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectorsV1: RFC 2433 §B and RFC 3079 §2.5.
func TestVectorsV1(t *testing.T) {
	challenge := unhex(t, "102db5df085d3041")
	t.Run("RFC 2433 NT response", func(t *testing.T) {
		hash := NTHash("MyPw")
		if got, want := hash[:], unhex(t, "fc156af7edcd6c0edde3337d427f4eac"); !bytes.Equal(got, want) {
			t.Errorf("NTHash(MyPw) = %x, want %x", got, want)
		}
		got := NTResponseV1(challenge, hash)
		if want := unhex(t, "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61"); !bytes.Equal(got[:], want) {
			t.Errorf("NTResponseV1 = %x, want %x", got, want)
		}
	})
	lm, nt := LMHash("clientPass"), NTHash("clientPass")
	t.Run("RFC 3079 2.5.1 LM hash", func(t *testing.T) {
		if want := unhex(t, "76a152936096d7830e2390227404afd2"); !bytes.Equal(lm[:], want) {
			t.Errorf("LMHash = %x, want %x", lm, want)
		}
	})
	keys := StartKeysV1(nt, &lm, challenge)
	t.Run("RFC 3079 2.5.1 start key of 8 octets", func(t *testing.T) {
		if want := unhex(t, "76a152936096d783"); !bytes.Equal(keys.Send64, want) || !bytes.Equal(keys.Recv64, want) {
			t.Errorf("64-bit keys = %x, %x, want %x", keys.Send64, keys.Recv64, want)
		}
	})
	t.Run("RFC 3079 2.5.3 start key of 16 octets", func(t *testing.T) {
		if want := unhex(t, "a8947850cfc0acc1d1789fb62ddcddb0"); !bytes.Equal(keys.Send128, want) || !bytes.Equal(keys.Recv128, want) {
			t.Errorf("128-bit keys = %x, %x, want %x", keys.Send128, keys.Recv128, want)
		}
	})
}

// The example of RFC 2759 §9.2 and RFC 3079 §3.5.
const (
	exampleUser     = "User"
	examplePassword = "clientPass"
	exampleAuth     = "5b5d7c7d7b3f2f3e3c2c602132262628"
	examplePeer     = "21402324255e262a28295f2b3a337c7e"
	exampleResponse = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
	exampleSuccess  = "S=407A5589115FD0D6209F510FE9C04566932CDA56"
)

// TestVectorsV2: RFC 2759 §9.2 and RFC 3079 §3.5.
func TestVectorsV2(t *testing.T) {
	auth, peer := unhex(t, exampleAuth), unhex(t, examplePeer)
	nt := NTHash(examplePassword)
	hashHash := NTHashHash(nt)
	challenge := ChallengeHash(peer, auth, exampleUser)
	response := NTResponseV2(auth, peer, exampleUser, nt)
	master := masterKey(hashHash, response)
	server := StartKeysV2(nt, response, true)
	tests := []struct {
		name, want string
		got        []byte
	}{
		{"PasswordHash", "44ebba8d5312b8d611474411f56989ae", nt[:]},
		{"PasswordHashHash", "41c00c584bd2d91c4017a2a12fa59f3f", hashHash[:]},
		{"Challenge", "d02e4386bce91226", challenge[:]},
		{"NT-Response", exampleResponse, response[:]},
		{"MasterKey", "fdece3717a8c838cb388e527ae3cdd31", master[:]},
		{"SendStartKey40 and 56", "8b7cdc149b993a1b", server.Send64},
		{"SendStartKey128", "8b7cdc149b993a1ba118cb153f56dccb", server.Send128},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if want := unhex(t, tt.want); !bytes.Equal(tt.got, want) {
				t.Errorf("got %x, want %x", tt.got, want)
			}
		})
	}
	if got := AuthenticatorResponse(nt, response, peer, auth, exampleUser); got != exampleSuccess {
		t.Errorf("AuthenticatorResponse = %q, want %q", got, exampleSuccess)
	}
}

// TestDESKeys: RFC 2759 §9.3, the three keys that the padded hash makes. DES
// ignores parity bits, so the key is checked by what it encrypts.
func TestDESKeys(t *testing.T) {
	tests := []struct{ name, raw, withParity string }{
		{"first", "fc156af7edcd6c", "fd0b5b5e7f6e34d9"},
		{"second", "0edde3337d427f", "0e6e796737ea08fe"},
		{"third", "4eac0000000000", "4f57010101010101"},
	}
	hash := NTHash("MyPw")
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			padded := append(append([]byte(nil), hash[:]...), make([]byte, 5)...)
			if got, want := padded[7*i:7*i+7], unhex(t, tt.raw); !bytes.Equal(got, want) {
				t.Fatalf("raw key = %x, want %x", got, want)
			}
			raw, parity := unhex(t, tt.raw), unhex(t, tt.withParity)
			// Removing the parity bit of each octet must give the raw key back.
			var bits uint64
			for _, b := range parity {
				bits = bits<<7 | uint64(b>>1)
			}
			var got [7]byte
			for k := range got {
				got[k] = byte(bits >> (48 - 8*k))
			}
			if !bytes.Equal(got[:], raw) {
				t.Errorf("key without parity = %x, want %x", got, raw)
			}
			a, b := make([]byte, 8), make([]byte, 8)
			desEncrypt(a, unhex(t, "102db5df085d3041"), raw)
			desEncrypt(b, unhex(t, "102db5df085d3041"), got[:])
			if !bytes.Equal(a, b) || bytes.Equal(a, make([]byte, 8)) {
				t.Errorf("encryption under the two forms = %x, %x", a, b)
			}
		})
	}
}

// TestLMHash compares with hashes known everywhere.
func TestLMHash(t *testing.T) {
	tests := []struct{ name, password, want string }{
		{"empty", "", "aad3b435b51404eeaad3b435b51404ee"},
		{"lower case", "password", "e52cac67419a9a224a3b108f3fa6cb6d"},
		{"upper case", "PASSWORD", "e52cac67419a9a224a3b108f3fa6cb6d"},
		{"14 octets", "clientPass1234", ""},
		{"longer is cut", "clientPass1234567", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := LMHash(tt.password)
			want := LMHash("CLIENTPASS1234")
			if tt.want != "" {
				want = [16]byte(unhex(t, tt.want))
			}
			if got != want {
				t.Errorf("LMHash(%q) = %x, want %x", tt.password, got, want)
			}
		})
	}
}

// TestAgainstLayeh compares with an independent implementation.
func TestAgainstLayeh(t *testing.T) {
	for i, password := range []string{"clientPass", "", "p", "Grüße, 世界 🔑", "a password that is rather longer than fourteen octets"} {
		user := []string{"User", "u", "", "müller", "user@realm"}[i]
		auth := bytes.Repeat([]byte{byte(i + 1)}, 16)
		peer := bytes.Repeat([]byte{byte(0xf0 - i)}, 16)
		want, err := rfc2759.GenerateNTResponse(auth, peer, []byte(user), []byte(password))
		if err != nil {
			t.Fatal(err)
		}
		nt := NTHash(password)
		got := NTResponseV2(auth, peer, user, nt)
		if !bytes.Equal(got[:], want) {
			t.Errorf("%q: NTResponseV2 = %x, want %x", password, got, want)
		}
		wantSuccess, err := rfc2759.GenerateAuthenticatorResponse(auth, peer, want, []byte(user), []byte(password))
		if err != nil {
			t.Fatal(err)
		}
		if got := AuthenticatorResponse(nt, got, peer, auth, user); got != wantSuccess {
			t.Errorf("%q: AuthenticatorResponse = %q, want %q", password, got, wantSuccess)
		}
		keys := StartKeysV2(nt, got, true)
		for _, send := range []bool{true, false} {
			want, err := rfc3079.MakeKey(got[:], []byte(password), send)
			if err != nil {
				t.Fatal(err)
			}
			key := keys.Recv128
			if send {
				key = keys.Send128
			}
			if !bytes.Equal(key, want) {
				t.Errorf("%q: key (send %v) = %x, want %x", password, send, key, want)
			}
		}
	}
}
