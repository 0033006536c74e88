package mschap

import "crypto/subtle"

// VerifyV1 reports whether an MS-CHAPv1 response (49 octets, as on the wire)
// answers our 8-octet challenge. The NT response is checked if the peer says
// that it is there, the LM response otherwise; ntHash and lmHash may be nil where
// the hash is not known, and then no response made from it is right. Anything of
// a wrong length is wrong. Comparison takes constant time.
func VerifyV1(challenge, response []byte, ntHash, lmHash *[16]byte) bool {
	r, err := ParseResponseV1(response)
	if err != nil || len(challenge) != ChallengeLenV1 {
		return false
	}
	hash, got := lmHash, r.LM
	if r.UseNT {
		hash, got = ntHash, r.NT
	}
	if hash == nil {
		return false
	}
	want := challengeResponse(challenge, *hash)
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// VerifyV2 reports whether an MS-CHAPv2 response (49 octets, as on the wire)
// answers our 16-octet challenge, and returns the authenticator response for the
// Success packet if so. The domain of user is stripped. Anything of a wrong
// length is wrong. Comparison takes constant time.
func VerifyV2(authChallenge, response []byte, user string, ntHash [16]byte) (success string, ok bool) {
	r, err := ParseResponseV2(response)
	if err != nil || len(authChallenge) != ChallengeLenV2 {
		return "", false
	}
	want := NTResponseV2(authChallenge, r.PeerChallenge[:], user, ntHash)
	if subtle.ConstantTimeCompare(r.NT[:], want[:]) != 1 {
		return "", false
	}
	return AuthenticatorResponse(ntHash, r.NT, r.PeerChallenge[:], authChallenge, user), true
}
