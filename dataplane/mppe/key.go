package mppe

import (
	"crypto/rc4"  // MPPE is RC4.
	"crypto/sha1" // MPPE changes keys by SHA-1.
	"errors"
	"fmt"
)

// Params are what was negotiated for one direction.
type Params struct {
	Bits      int    // 40, 56 or 128
	Stateless bool   // a new key for every packet (RFC 3078 §8.1)
	StartKey  []byte // 8 octets for 40 and 56 bits, 16 for 128 (RFC 3079); copied
}

// String shows the parameters without the key, as an administrator knows them.
func (p Params) String() string {
	mode := "stateful"
	if p.Stateless {
		mode = "stateless"
	}
	return fmt.Sprintf("MPPE %d bit, %s", p.Bits, mode)
}

// GoString hides the key.
func (p Params) GoString() string { return p.String() }

// ErrParams is returned for parameters that MPPE does not have.
var ErrParams = errors.New("mppe: bad parameters")

// maxKeyLen is the length of a 128-bit key, octets.
const maxKeyLen = 16

// sessionKey is a key of 8 or 16 octets; schedule knows which.
type sessionKey [maxKeyLen]byte

// schedule is the sequence of session keys that follows from a start key. It does
// not change.
type schedule struct {
	length int // octets of a key
	salt   int // leading octets of a key that are constants
	start  sessionKey
}

// newSchedule checks the parameters.
func newSchedule(p Params) (schedule, error) {
	s := schedule{length: 8}
	switch p.Bits {
	case 40:
		s.salt = 3
	case 56:
		s.salt = 1
	case 128:
		s.length = maxKeyLen
	default:
		return schedule{}, fmt.Errorf("%w: %d bits", ErrParams, p.Bits)
	}
	if len(p.StartKey) != s.length {
		return schedule{}, fmt.Errorf("%w: start key of %d octets for %d bits", ErrParams, len(p.StartKey), p.Bits)
	}
	copy(s.start[:], p.StartKey)
	return s, nil
}

// first is the initial session key (RFC 3079 §2.1 to §2.3, §3.1 to §3.3).
func (s *schedule) first() sessionKey {
	key := s.fromSHA(&s.start)
	s.reduce(&key)
	return key
}

// after is the key that follows key (RFC 3078 §7.3): the digest of start key and
// key, encrypted with itself.
func (s *schedule) after(key *sessionKey) sessionKey {
	interim := s.fromSHA(key)
	var next sessionKey
	s.cipher(&interim).XORKeyStream(next[:s.length], interim[:s.length])
	s.reduce(&next)
	return next
}

// fromSHA is GetNewKeyFromSHA (RFC 3078 §7.3).
func (s *schedule) fromSHA(key *sessionKey) (digest sessionKey) {
	var block [2 * (maxKeyLen + 40)]byte // two keys, each with its pad of 40 octets
	n := copy(block[:], s.start[:s.length])
	n += 40 // SHApad1: zeros
	n += copy(block[n:], key[:s.length])
	for range 40 { // SHApad2
		block[n] = 0xf2
		n++
	}
	sum := sha1.Sum(block[:n]) // RFC 3078 §7.3
	copy(digest[:], sum[:s.length])
	return digest
}

// reduce lowers the effective length of a key of 8 octets (RFC 3078 §7.1, §7.2).
func (s *schedule) reduce(key *sessionKey) {
	salt := [3]byte{0xd1, 0x26, 0x9e}
	copy(key[:s.salt], salt[:s.salt])
}

// cipher returns RC4 at the start of the key stream.
func (s *schedule) cipher(key *sessionKey) *rc4.Cipher {
	c, err := rc4.NewCipher(key[:s.length]) // MPPE is RC4.
	if err != nil {
		panic("BUG: mppe: RC4 key of wrong length: " + err.Error())
	}
	return c
}

// pass moves a key stream n octets on.
func pass(c *rc4.Cipher, n uint64) {
	var waste [1024]byte
	for n > 0 {
		part := waste[:min(n, uint64(len(waste)))]
		c.XORKeyStream(part, part)
		n -= uint64(len(part))
	}
}
