package local

import (
	"crypto/md5" //nolint:gosec // RFC 1994 §4.1
	"crypto/subtle"
	"fmt"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// wrongPassword is for the administrator; it is not told to the peer.
const wrongPassword = "wrong password"

// proof is what a credential proves.
type proof struct {
	ok      bool
	reason  string            // why not
	success string            // of MS-CHAPv2
	keys    *mschap.StartKeys // from the server's point of view; nil: none
}

// prove checks a credential against a secret. All comparisons take constant time.
func prove(s secret, name string, r *aaa.AuthRequest) proof {
	c := r.Credential
	switch c.Method {
	case aaa.PAP:
		return outcome(provePAP(s, c))
	case aaa.CHAP:
		if s.password == nil {
			return proof{reason: needReversible(name, "chap")}
		}
		want := chapResponse(c.ID, s.password, c.Challenge)
		return outcome(len(c.Challenge) > 0 && subtle.ConstantTimeCompare(want[:], c.Response) == 1)
	case aaa.MSCHAPv1:
		return proveMSCHAPv1(s, c)
	case aaa.MSCHAPv2:
		return proveMSCHAPv2(s, r.User, c)
	case aaa.EAP:
	}
	return proof{reason: fmt.Sprintf("the local user database cannot check %s", c.Method)}
}

func outcome(ok bool) proof {
	if !ok {
		return proof{reason: wrongPassword}
	}
	return proof{ok: true}
}

func provePAP(s secret, c aaa.Credential) bool {
	got := mschap.NTHash(string(c.Response))
	return subtle.ConstantTimeCompare(got[:], s.nt[:]) == 1
}

// chapResponse is that of CHAP with MD5 (RFC 1994 §4.1).
func chapResponse(id uint8, password, challenge []byte) [md5.Size]byte {
	input := append([]byte{id}, password...)
	return md5.Sum(append(input, challenge...)) //nolint:gosec // RFC 1994 §4.1
}

// proveMSCHAPv1 looks at the NT response only: the LM response proves no more
// than 14 characters without their case.
func proveMSCHAPv1(s secret, c aaa.Credential) proof {
	response, err := mschap.ParseResponseV1(c.Response)
	switch {
	case err != nil || len(c.Challenge) != mschap.ChallengeLenV1:
		return proof{reason: "the ms-chapv1 response has not the right length"}
	case !response.UseNT:
		return proof{reason: "the peer sent an LM response only, which is not accepted"}
	case !mschap.VerifyV1(c.Challenge, c.Response, &s.nt, nil):
		return proof{reason: wrongPassword}
	}
	keys := mschap.StartKeysV1(s.nt, s.lm, c.Challenge)
	return proof{ok: true, keys: &keys}
}

func proveMSCHAPv2(s secret, user string, c aaa.Credential) proof {
	response, err := mschap.ParseResponseV2(c.Response)
	if err != nil || len(c.Challenge) != mschap.ChallengeLenV2 {
		return proof{reason: "the ms-chapv2 response has not the right length"}
	}
	success, ok := mschap.VerifyV2(c.Challenge, c.Response, user, s.nt)
	if !ok {
		return proof{reason: wrongPassword}
	}
	keys := mschap.StartKeysV2(s.nt, response.NT, true)
	return proof{ok: true, success: success, keys: &keys}
}
