package concentrator

import (
	"sync"
	"testing"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
)

// Of simultaneous logins of an only-one user exactly one is left.
func TestSimultaneousLogins(t *testing.T) {
	for name, replace := range map[string]bool{"only one": false, "replace": true} {
		t.Run(name, func(t *testing.T) {
			b := startServer(t, nil)
			b.aaa.policies["john"] = &aaa.Policy{MaxSessions: 1, ReplaceOldest: replace}
			var all sync.WaitGroup
			for range 8 {
				h := b.held(b.client(nil))
				all.Go(func() {
					select {
					case <-h.up:
					case <-h.Done():
					}
				})
			}
			all.Wait()
			b.eventually("one session", func() bool {
				l := b.server.Sessions()
				return len(l) == 1 && l[0].Stage == StageConnected
			})
			if n := b.server.registry.countUser("john"); n != 1 {
				t.Errorf("john has %d slots, want 1", n)
			}
		})
	}
}

// A user's policy may tighten the server's encryption, never loosen it.
func TestEncryptionTerms(t *testing.T) {
	const all = ppp.Key40 | ppp.Key56 | ppp.Key128
	tests := []struct {
		name    string
		server  ppp.Encryption
		lengths ppp.KeyLengths
		policy  aaa.Policy
		want    terms
		refused bool
	}{
		{name: "no word", server: ppp.EncryptionRequired, lengths: all, want: terms{ppp.EncryptionRequired, all}},
		{name: "loosen", server: ppp.EncryptionRequired, lengths: all, policy: aaa.Policy{Encryption: "none"}, want: terms{ppp.EncryptionRequired, all}},
		{name: "loosen a little", server: ppp.EncryptionStateless, lengths: all, policy: aaa.Policy{Encryption: "required"}, want: terms{ppp.EncryptionStateless, all}},
		{name: "tighten", server: ppp.EncryptionOptional, lengths: all, policy: aaa.Policy{Encryption: "required"}, want: terms{ppp.EncryptionRequired, all}},
		{name: "fewer lengths", server: ppp.EncryptionRequired, lengths: all, policy: aaa.Policy{MPPEBits: []int{128}}, want: terms{ppp.EncryptionRequired, ppp.Key128}},
		{name: "no common length", server: ppp.EncryptionRequired, lengths: ppp.Key40, policy: aaa.Policy{MPPEBits: []int{128}}, refused: true},
		{name: "no common length, optional", server: ppp.EncryptionOptional, lengths: ppp.Key40, policy: aaa.Policy{MPPEBits: []int{128}}, want: terms{ppp.EncryptionNone, ppp.Key40}},
		{name: "unknown word", server: ppp.EncryptionOptional, lengths: all, policy: aaa.Policy{Encryption: "maybe"}, refused: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := encryptionTerms(test.server, test.lengths, &test.policy)
			if (err != nil) != test.refused || err == nil && got != test.want {
				t.Errorf("terms %+v, error %v, want %+v", got, err, test.want)
			}
		})
	}
	// The data plane hears of it.
	b := startServer(t, nil)
	b.aaa.policies["john"] = &aaa.Policy{Encryption: "none"}
	b.dialHeld(b.client(nil))
	s := b.server.Sessions()[0]
	if _, state, _ := b.wire.Left.Lookup(s.CalledID, s.LocalCallID); state.Forwarding == nil || !state.Forwarding.RequireEncryption {
		t.Errorf("forwarding %+v, want clear text to be dropped", state.Forwarding)
	}
}
