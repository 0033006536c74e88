package mschap

import "crypto/sha1" // RFC 3079 is made of SHA-1.

// Constants of RFC 3079 §3.4.
const (
	magicMaster = "This is the MPPE Master Key"
	// The key with which the client encrypts, and the one with which the server
	// does: each end holds both, under opposite names.
	magicClientSend = "On the client side, this is the send key; on the server side, it is the receive key."
	magicServerSend = "On the client side, this is the receive key; on the server side, it is the send key."
)

// shaPads are SHApad1 and SHApad2 (RFC 3079 §3.4).
func shaPads() (pad1, pad2 [40]byte) {
	for i := range pad2 {
		pad2[i] = 0xf2
	}
	return pad1, pad2
}

// StartKeysV1 derives the start keys of a link authenticated by MS-CHAPv1
// (RFC 3079 §2): the 64-bit key from the LM hash, the 128-bit key from the NT
// hash and the 8-octet challenge. Both directions use the same key. Without
// lmHash there are no 64-bit keys; with a challenge of another length there are
// no 128-bit ones.
func StartKeysV1(ntHash [16]byte, lmHash *[16]byte, challenge []byte) StartKeys {
	var keys StartKeys
	if lmHash != nil {
		keys.Send64 = append([]byte(nil), lmHash[:8]...)
		keys.Recv64 = append([]byte(nil), lmHash[:8]...)
	}
	if len(challenge) == ChallengeLenV1 {
		hashHash := NTHashHash(ntHash)
		h := sha1.New() // RFC 3079 §2.4, Get_Start_Key
		h.Write(hashHash[:])
		h.Write(hashHash[:])
		h.Write(challenge)
		digest := h.Sum(nil)
		keys.Send128 = append([]byte(nil), digest[:16]...)
		keys.Recv128 = append([]byte(nil), digest[:16]...)
	}
	return keys
}

// StartKeysV2 derives the start keys of a link authenticated by MS-CHAPv2
// (RFC 3079 §3) from the point of view of the server, that is the authenticator,
// or of the client. Who dialled does not matter.
func StartKeysV2(ntHash [16]byte, ntResponse [24]byte, server bool) StartKeys {
	master := masterKey(NTHashHash(ntHash), ntResponse)
	send, recv := asymmetricStartKey(master, magicClientSend), asymmetricStartKey(master, magicServerSend)
	if server {
		send, recv = recv, send
	}
	return StartKeys{
		Send128: append([]byte(nil), send[:16]...),
		Recv128: append([]byte(nil), recv[:16]...),
		Send64:  append([]byte(nil), send[:8]...),
		Recv64:  append([]byte(nil), recv[:8]...),
	}
}

// masterKey is GetMasterKey (RFC 3079 §3.4).
func masterKey(hashHash [16]byte, ntResponse [24]byte) (key [16]byte) {
	h := sha1.New() // RFC 3079 §3.4
	h.Write(hashHash[:])
	h.Write(ntResponse[:])
	h.Write([]byte(magicMaster))
	copy(key[:], h.Sum(nil))
	return key
}

// asymmetricStartKey is GetAsymmetricStartKey (RFC 3079 §3.4); a key of n octets
// is the first n of the digest.
func asymmetricStartKey(master [16]byte, magic string) [sha1.Size]byte {
	pad1, pad2 := shaPads()
	h := sha1.New() // RFC 3079 §3.4
	h.Write(master[:])
	h.Write(pad1[:])
	h.Write([]byte(magic))
	h.Write(pad2[:])
	return [sha1.Size]byte(h.Sum(nil))
}
