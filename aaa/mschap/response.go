package mschap

import (
	"crypto/sha1" // MS-CHAPv2 is made of SHA-1.
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// UserPart returns the name that enters the challenge hash: what follows the
// last backslash of "DOMAIN\user" (RFC 2759 §4: "without any associated Windows
// NT domain name"). A name without backslash is returned unchanged, one with a
// realm ("user@realm") too.
func UserPart(name string) string {
	return name[strings.LastIndexByte(name, '\\')+1:]
}

// NTResponseV1 is NtChallengeResponse (RFC 2433 §A.4). challenge has 8 octets;
// with any other length the response is all zeros, and no peer's.
func NTResponseV1(challenge []byte, ntHash [16]byte) [24]byte {
	if len(challenge) != ChallengeLenV1 {
		return [24]byte{}
	}
	return challengeResponse(challenge, ntHash)
}

// LMResponseV1 is LmChallengeResponse (RFC 2433 §A.1), with the same rule for
// the length of the challenge as NTResponseV1.
func LMResponseV1(challenge []byte, lmHash [16]byte) [24]byte {
	return NTResponseV1(challenge, lmHash)
}

// ChallengeHash is the 8-octet challenge that MS-CHAPv2 really uses
// (RFC 2759 §8.2). The domain of user is stripped.
func ChallengeHash(peerChallenge, authChallenge []byte, user string) (hash [8]byte) {
	h := sha1.New() // RFC 2759 §8.2
	h.Write(peerChallenge)
	h.Write(authChallenge)
	h.Write([]byte(UserPart(user)))
	copy(hash[:], h.Sum(nil))
	return hash
}

// NTResponseV2 is GenerateNTResponse (RFC 2759 §8.1) from an NT hash. Both
// challenges have 16 octets. The domain of user is stripped.
func NTResponseV2(authChallenge, peerChallenge []byte, user string, ntHash [16]byte) [24]byte {
	hash := ChallengeHash(peerChallenge, authChallenge, user)
	return challengeResponse(hash[:], ntHash)
}

// Constants of GenerateAuthenticatorResponse (RFC 2759 §8.7).
const (
	signingConstant = "Magic server to client signing constant"
	paddingConstant = "Pad to make it do more than one iteration"
)

// AuthenticatorResponse is GenerateAuthenticatorResponse (RFC 2759 §8.7): "S="
// and 40 hexadecimal digits in capitals, which tells the peer that we know its
// password too. The domain of user is stripped.
func AuthenticatorResponse(ntHash [16]byte, ntResponse [24]byte, peerChallenge, authChallenge []byte, user string) string {
	hashHash := NTHashHash(ntHash)
	h := sha1.New() // RFC 2759 §8.7
	h.Write(hashHash[:])
	h.Write(ntResponse[:])
	h.Write([]byte(signingConstant))
	digest := h.Sum(nil)

	challenge := ChallengeHash(peerChallenge, authChallenge, user)
	h.Reset()
	h.Write(digest)
	h.Write(challenge[:])
	h.Write([]byte(paddingConstant))
	return "S=" + strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}

// authenticatorLen is the length of "S=" and 40 hexadecimal digits.
const authenticatorLen = 42

// CheckAuthenticatorResponse is CheckAuthenticatorResponse (RFC 2759 §8.8), for
// the client: whether message, the text of a Success packet, begins with the
// authenticator response expected. Case of the digits is ignored, and so is what
// follows them ("M=..."). A want that is no authenticator response matches
// nothing. Comparison takes constant time.
func CheckAuthenticatorResponse(message, want string) bool {
	if len(want) != authenticatorLen || len(message) < len(want) {
		return false
	}
	got := strings.ToUpper(message[:len(want)])
	return subtle.ConstantTimeCompare([]byte(got), []byte(strings.ToUpper(want))) == 1
}
