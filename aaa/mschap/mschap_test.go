package mschap

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUserPart(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "User", "User"},
		{"domain", `DOMAIN\User`, "User"},
		{"two backslashes", `A\B\User`, "User"},
		{"realm", "user@example.com", "user@example.com"},
		{"nothing after it", `DOMAIN\`, ""},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := UserPart(tt.in); got != tt.want {
				t.Errorf("UserPart(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestDomainIsNotHashed(t *testing.T) {
	auth, peer := unhex(t, exampleAuth), unhex(t, examplePeer)
	nt := NTHash(examplePassword)
	if got, want := NTResponseV2(auth, peer, `CORP\User`, nt), NTResponseV2(auth, peer, "User", nt); got != want {
		t.Errorf("response with domain = %x, want %x", got, want)
	}
	if got := AuthenticatorResponse(nt, [24]byte(unhex(t, exampleResponse)), peer, auth, `CORP\User`); got != exampleSuccess {
		t.Errorf("success with domain = %q, want %q", got, exampleSuccess)
	}
}

func TestResponsesOnTheWire(t *testing.T) {
	v1 := ResponseV1{LM: [24]byte{1, 2}, NT: [24]byte{23: 9}, UseNT: true}
	b := v1.AppendTo([]byte("head"))
	want := "head" + "\x01\x02" + strings.Repeat("\x00", 22) + // LAN Manager compatible response
		strings.Repeat("\x00", 23) + "\x09" + // NT compatible response
		"\x01" // use NT flag
	if string(b) != want {
		t.Errorf("v1 = %q, want %q", b, want)
	}
	if got, err := ParseResponseV1(b[4:]); err != nil || got != v1 {
		t.Errorf("ParseResponseV1 = %+v, %v, want %+v", got, err, v1)
	}
	v2 := ResponseV2{PeerChallenge: [16]byte{7}, NT: [24]byte{8}, Flags: 1}
	b = v2.AppendTo(nil)
	want = "\x07" + strings.Repeat("\x00", 15) + // peer challenge
		strings.Repeat("\x00", 8) + // reserved
		"\x08" + strings.Repeat("\x00", 23) + // NT response
		"\x01" // flags
	if string(b) != want {
		t.Errorf("v2 = %q, want %q", b, want)
	}
	if got, err := ParseResponseV2(b); err != nil || got != v2 {
		t.Errorf("ParseResponseV2 = %+v, %v, want %+v", got, err, v2)
	}
	for n := range 100 {
		if n == ResponseLen {
			continue
		}
		_, err1 := ParseResponseV1(make([]byte, n))
		_, err2 := ParseResponseV2(make([]byte, n))
		if !errors.Is(err1, ErrResponseLength) || !errors.Is(err2, ErrResponseLength) {
			t.Errorf("%d octets: %v, %v, want %v", n, err1, err2, ErrResponseLength)
		}
	}
}

func TestVerifyV1(t *testing.T) {
	challenge := unhex(t, "102db5df085d3041")
	nt, lm, other := NTHash("secret"), LMHash("secret"), NTHash("Secret")
	ntOnly := ResponseV1{NT: NTResponseV1(challenge, nt), UseNT: true}.AppendTo(nil)
	lmOnly := ResponseV1{LM: LMResponseV1(challenge, lm)}.AppendTo(nil)
	tests := []struct {
		name                string
		challenge, response []byte
		nt, lm              *[16]byte
		want                bool
	}{
		{"NT", challenge, ntOnly, &nt, nil, true},
		{"LM", challenge, lmOnly, nil, &lm, true},
		{"NT, password of other case", challenge, ntOnly, &other, &lm, false},
		{"NT response, hash unknown", challenge, ntOnly, nil, &lm, false},
		{"LM response, hash unknown", challenge, lmOnly, &nt, nil, false},
		{"zeros, flag clear, no LM hash", challenge, make([]byte, 49), &nt, nil, false},
		{"other challenge", unhex(t, "112db5df085d3041"), ntOnly, &nt, &lm, false},
		{"challenge cut", challenge[:7], ntOnly, &nt, &lm, false},
		{"no challenge", nil, make([]byte, 49), &nt, &lm, false},
		{"response cut", challenge, ntOnly[:48], &nt, &lm, false},
		{"response too long", challenge, append(ntOnly[:49:49], 0), &nt, &lm, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := VerifyV1(tt.challenge, tt.response, tt.nt, tt.lm); got != tt.want {
				t.Errorf("VerifyV1 = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestVerifyV2(t *testing.T) {
	auth := unhex(t, exampleAuth)
	good := ResponseV2{PeerChallenge: [16]byte(unhex(t, examplePeer)), NT: [24]byte(unhex(t, exampleResponse))}.AppendTo(nil)
	bad := bytes.Clone(good)
	bad[47] ^= 1
	reserved := bytes.Clone(good)
	copy(reserved[16:24], "reserved")
	nt := NTHash(examplePassword)
	tests := []struct {
		name            string
		auth, response  []byte
		user, wantReply string
	}{
		{"right", auth, good, "User", exampleSuccess},
		{"right, with domain", auth, good, `D\User`, exampleSuccess},
		{"reserved octets do not matter", auth, reserved, "User", exampleSuccess},
		{"name of other case", auth, good, "user", ""},
		{"one bit", auth, bad, "User", ""},
		{"cut", auth, good[:48], "User", ""},
		{"empty", auth, nil, "User", ""},
		{"challenge of 8 octets", auth[:8], good, "User", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := VerifyV2(tt.auth, tt.response, tt.user, nt)
			if got != tt.wantReply || ok != (tt.wantReply != "") {
				t.Errorf("VerifyV2 = %q, %v, want %q", got, ok, tt.wantReply)
			}
		})
	}
}

func TestCheckAuthenticatorResponse(t *testing.T) {
	tests := []struct {
		name, message string
		want          bool
	}{
		{"same", exampleSuccess, true},
		{"with message", exampleSuccess + " M=Welcome", true},
		{"small letters", strings.ToLower(exampleSuccess), true},
		{"one digit", strings.Replace(exampleSuccess, "A", "B", 1), false},
		{"cut", exampleSuccess[:41], false},
		{"empty", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CheckAuthenticatorResponse(tt.message, exampleSuccess); got != tt.want {
				t.Errorf("CheckAuthenticatorResponse(%q) = %v, want %v", tt.message, got, tt.want)
			}
		})
	}
	if CheckAuthenticatorResponse("anything", "") {
		t.Error("an empty expectation was met")
	}
}

func TestStartKeys(t *testing.T) {
	nt, lm := NTHash("secret"), LMHash("secret")
	client, server := StartKeysV2(nt, [24]byte{1}, false), StartKeysV2(nt, [24]byte{1}, true)
	if diff := cmp.Diff(server, client.Swap()); diff != "" {
		t.Errorf("the client's keys are not the server's, swapped: %s", diff)
	}
	if bytes.Equal(server.Send128, server.Recv128) {
		t.Error("MS-CHAPv2: the two directions have one key")
	}
	withoutLM := StartKeysV1(nt, nil, make([]byte, 8))
	for bits, want := range map[int]bool{40: false, 56: false, 128: true} {
		if got := withoutLM.Has(bits); got != want {
			t.Errorf("MS-CHAPv1 without LM hash: Has(%d) = %v, want %v", bits, got, want)
		}
	}
	for _, bits := range []int{40, 56, 128} {
		if v1 := StartKeysV1(nt, &lm, make([]byte, 8)); !v1.Has(bits) || !server.Has(bits) {
			t.Errorf("no keys for %d bits", bits)
		}
	}
	if keys := StartKeysV1(nt, &lm, make([]byte, 7)); keys.Has(128) {
		t.Error("a challenge of 7 octets made 128-bit keys")
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, server); got != "<mppe start keys>" {
			t.Errorf("%s prints %q", format, got)
		}
	}
}

func BenchmarkVerifyV2(b *testing.B) {
	auth := unhex(b, exampleAuth)
	response := ResponseV2{PeerChallenge: [16]byte(unhex(b, examplePeer)), NT: [24]byte(unhex(b, exampleResponse))}.AppendTo(nil)
	nt := NTHash(examplePassword)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := VerifyV2(auth, response, exampleUser, nt); !ok {
			b.Fatal("the example does not verify")
		}
	}
}
