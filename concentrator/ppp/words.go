package ppp

import (
	"fmt"
	"strings"
)

var encryptionWords = [...]string{
	EncryptionNone:      "none",
	EncryptionOptional:  "optional",
	EncryptionRequired:  "required",
	EncryptionStateless: "stateless",
}

// String returns the manual's word for the policy.
func (e Encryption) String() string {
	if int(e) < len(encryptionWords) {
		return encryptionWords[e]
	}
	return fmt.Sprintf("Encryption(%d)", uint8(e))
}

// ParseEncryption reads the manual's word. The error names the allowed ones.
func ParseEncryption(word string) (Encryption, error) {
	for e, w := range encryptionWords {
		if w == word {
			return Encryption(e), nil
		}
	}
	return 0, fmt.Errorf("encryption = %q: allowed are %s", word, strings.Join(encryptionWords[:], ", "))
}

// keyBits lists the strengths, weakest first.
var keyBits = [...]struct {
	set  KeyLengths
	bits int
}{{Key40, 40}, {Key56, 56}, {Key128, 128}}

// Bits lists the strengths of the set, weakest first.
func (k KeyLengths) Bits() []int {
	var bits []int
	for _, b := range keyBits {
		if k&b.set != 0 {
			bits = append(bits, b.bits)
		}
	}
	return bits
}

// KeyLengthOf returns the set of one strength, and false for a strength that
// MPPE does not know.
func KeyLengthOf(bits int) (KeyLengths, bool) {
	for _, b := range keyBits {
		if b.bits == bits {
			return b.set, true
		}
	}
	return 0, false
}
