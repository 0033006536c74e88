package local

import (
	"testing"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/aaatest"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// FuzzProve has a peer who does not know the password send anything.
func FuzzProve(f *testing.F) {
	for _, method := range []aaa.Method{aaa.PAP, aaa.CHAP, aaa.MSCHAPv1, aaa.MSCHAPv2} {
		r := aaatest.Request(f, method, `DOM\john`, "wrong")
		f.Add(string(method), r.User, r.Credential.ID, r.Credential.Challenge, r.Credential.Response)
	}
	f.Add("eap", "", uint8(0), []byte(nil), []byte(nil))
	password := []byte("correct horse battery staple")
	lm := mschap.LMHash(string(password))
	reversible := secret{nt: mschap.NTHash(string(password)), password: password, lm: &lm}
	hashed := secret{nt: reversible.nt}
	f.Fuzz(func(t *testing.T, method, user string, id uint8, challenge, response []byte) {
		r := &aaa.AuthRequest{User: user, MPPE: true, Credential: aaa.Credential{
			Method: aaa.Method(method), ID: id, Challenge: challenge, Response: response,
		}}
		for _, s := range []secret{reversible, hashed} {
			p := prove(s, "john", r)
			if p.ok || p.keys != nil || p.success != "" {
				t.Fatalf("prove() = %+v, want that nothing is proved", p)
			}
			if p.reason == "" {
				t.Fatal("a refusal without a reason")
			}
		}
	})
}
