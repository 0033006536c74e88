package ppp

import (
	"testing"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// startKeys are keys of all lengths, different in every octet that matters.
func startKeys() mschap.StartKeys {
	fill := func(b byte, n int) []byte {
		key := make([]byte, n)
		for i := range key {
			key[i] = b
		}
		return key
	}
	return mschap.StartKeys{Send128: fill(1, 16), Recv128: fill(2, 16), Send64: fill(3, 8), Recv64: fill(4, 8)}
}

func TestJudgeMPPE(t *testing.T) {
	const h, s, m56, l, c, d = 0x01000000, 0x40, 0x80, 0x20, 0x01, 0x10
	all := Key40 | Key56 | Key128
	for _, test := range []struct {
		name    string
		policy  Encryption
		allowed KeyLengths
		offered mppeBits
		want    decision
		value   mppeBits
	}{
		{"stateless 128", EncryptionRequired, Key128, h | s, accept, 0},
		{"stateful under required", EncryptionRequired, Key128, s, accept, 0},
		{"stateful under optional", EncryptionOptional, Key128, s, accept, 0},
		{"stateful under stateless", EncryptionStateless, Key128, s, nak, h | s},
		{"several strengths", EncryptionRequired, all, h | s | m56 | l, nak, h | s},
		{"several strengths, stateful, stay stateful", EncryptionRequired, all, s | l, nak, s},
		{"56 and 40", EncryptionRequired, all, h | m56 | l, nak, h | m56},
		{"a single weak one that is allowed", EncryptionRequired, all, h | l, accept, 0},
		{"a single weak one that is not", EncryptionRequired, Key128, h | l, nak, h | s},
		{"compression too", EncryptionRequired, Key128, h | s | c, nak, h | s},
		{"the obsolete bit too", EncryptionRequired, Key128, h | s | d, nak, h | s},
		{"unknown bits too", EncryptionRequired, Key128, h | s | 0x80000000, nak, h | s},
		{"compression alone", EncryptionRequired, Key128, c, reject, 0},
		{"compression alone, stateless", EncryptionOptional, Key128, h | c, reject, 0},
		{"nothing", EncryptionRequired, Key128, 0, nak, h | s},
		{"stateless nothing", EncryptionOptional, Key40, h, nak, h | l},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := opened(t, Config{Auth: []AuthMethod{MSCHAPv2}, Encryption: test.policy, KeyLengths: test.allowed})
			got, v := judgeMPPE(m, test.offered.value())
			if got != test.want || parseMPPE(v) != test.value {
				t.Errorf("judgeMPPE(%#x) = %d %#x, want %d %#x", test.offered, got, parseMPPE(v), test.want, test.value)
			}
		})
	}
}

// Only strengths with keys in both directions count.
func TestAllowedMPPE(t *testing.T) {
	for _, test := range []struct {
		name string
		keys mschap.StartKeys
		want mppeBits
	}{
		{"all", startKeys(), mppe40 | mppe56 | mppe128},
		{"no LM hash", mschap.StartKeys{Send128: make([]byte, 16), Recv128: make([]byte, 16)}, mppe128},
		{"one direction", mschap.StartKeys{Send128: make([]byte, 16), Send64: make([]byte, 8), Recv64: make([]byte, 8)}, mppe40 | mppe56},
		{"none", mschap.StartKeys{}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := opened(t, Config{KeyLengths: Key40 | Key56 | Key128})
			m.st.Auth.Keys = &test.keys
			if got := m.allowedMPPE(); got != test.want {
				t.Errorf("allowedMPPE = %#x, want %#x", got, test.want)
			}
		})
	}
}

func TestNakOfOurMPPE(t *testing.T) {
	const h, s, l = 0x01000000, 0x40, 0x20
	for _, test := range []struct {
		name   string
		policy Encryption
		naks   []mppeBits
		want   mppeBits // what we ask for then
	}{
		{"no Nak", EncryptionRequired, nil, h | s},
		{"stateful under required: taken at once", EncryptionRequired, []mppeBits{s}, s},
		{"stateful under stateless: refused once", EncryptionStateless, []mppeBits{s}, h | s},
		{"stateful under stateless: taken then", EncryptionStateless, []mppeBits{s, s}, s},
		{"weaker", EncryptionRequired, []mppeBits{h | l}, h | l},
		{"a set: the strongest alone", EncryptionRequired, []mppeBits{h | s | l}, h | s},
		{"nothing that is allowed: we insist", EncryptionRequired, []mppeBits{h | 0x80}, h | s},
		{"no bits: we insist", EncryptionRequired, []mppeBits{h}, h | s},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := opened(t, Config{Auth: []AuthMethod{MSCHAPv2}, Encryption: test.policy, KeyLengths: Key40 | Key128})
			m.st.CCP.Want = m.allowedMPPE().strongest()
			for _, v := range test.naks {
				mppeNaked(m, v.value())
			}
			v, ok := ccpRules[0].ask(m)
			if got := parseMPPE(v); !ok || got != test.want {
				t.Errorf("request = %#x, %v, want %#x", got, ok, test.want)
			}
		})
	}
}
