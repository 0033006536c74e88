package mschap

import (
	"crypto/des" // MS-CHAP is made of DES.
	"encoding/binary"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // the NT hash is MD4.
)

// NTHash is NtPasswordHash: MD4 over the password in UTF-16, little-endian
// (RFC 2433 §A.5, RFC 2759 §8.3). Characters outside the basic plane are
// surrogate pairs, as Windows writes them; invalid UTF-8 becomes U+FFFD.
func NTHash(password string) [16]byte {
	units := utf16.Encode([]rune(password))
	octets := make([]byte, 0, 2*len(units))
	for _, u := range units {
		octets = binary.LittleEndian.AppendUint16(octets, u)
	}
	return md4Sum(octets)
}

// NTHashHash is HashNtPasswordHash: MD4 over an NT hash (RFC 2759 §8.4).
func NTHashHash(ntHash [16]byte) [16]byte {
	return md4Sum(ntHash[:])
}

func md4Sum(b []byte) (sum [16]byte) {
	h := md4.New()
	h.Write(b)
	h.Sum(sum[:0])
	return sum
}

// lmText is what LmPasswordHash encrypts (RFC 2433 §A.3, DesHash).
const lmText = "KGS!@#$%"

// LMHash is LmPasswordHash (RFC 2433 §A.2): the password in capitals, cut or
// padded with zeros to 14 octets, is two DES keys for a constant.
//
// Only ASCII letters are made capitals; other characters are taken as the octets
// of their UTF-8 form, because the OEM code page of the peer is not known. The
// hash thus agrees with a Windows peer's for ASCII passwords of at most 14
// characters only; Windows keeps no LM hash of a longer one.
func LMHash(password string) (hash [16]byte) {
	var upper [14]byte
	for i := 0; i < len(password) && i < len(upper); i++ {
		c := password[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	desEncrypt(hash[:8], []byte(lmText), upper[:7])
	desEncrypt(hash[8:], []byte(lmText), upper[7:])
	return hash
}

// challengeResponse encrypts an 8-octet challenge under the three DES keys that
// a 16-octet hash makes when it is padded to 21 octets (RFC 2433 §A.4).
func challengeResponse(challenge []byte, hash [16]byte) (response [24]byte) {
	var padded [21]byte
	copy(padded[:], hash[:])
	for i := range 3 {
		desEncrypt(response[8*i:], challenge[:8], padded[7*i:7*i+7])
	}
	return response
}

// desEncrypt encrypts one block under a key of 7 octets. The parity bits that
// make it 8 are ignored by DES and left zero (RFC 2433 §A.7 note).
func desEncrypt(dst, block, key7 []byte) {
	var wide [8]byte
	copy(wide[1:], key7)
	bits := binary.BigEndian.Uint64(wide[:])
	var key [8]byte
	for i := range key {
		key[i] = byte(bits>>(49-7*i)) << 1
	}
	cipher, err := des.NewCipher(key[:])
	if err != nil {
		panic("BUG: mschap: DES key is not 8 octets: " + err.Error())
	}
	cipher.Encrypt(dst[:8], block[:8])
}
