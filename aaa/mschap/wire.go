package mschap

import (
	"errors"
	"fmt"
)

// Lengths on the wire, octets.
const (
	ChallengeLenV1 = 8  // RFC 2433 §4
	ChallengeLenV2 = 16 // RFC 2759 §3
	ResponseLen    = 49 // the value of a Response, both versions
)

// ErrResponseLength is returned for a response value that has not 49 octets.
var ErrResponseLength = errors.New("mschap: response has not 49 octets")

// ResponseV1 is the value of an MS-CHAPv1 Response packet (RFC 2433 §5).
type ResponseV1 struct {
	LM, NT [24]byte
	UseNT  bool // NT is valid and to be preferred to LM
}

// ResponseV2 is the value of an MS-CHAPv2 Response packet (RFC 2759 §4).
type ResponseV2 struct {
	PeerChallenge [16]byte
	NT            [24]byte
	Flags         uint8 // must be zero; sent and ignored
}

// ParseResponseV1 reads the value of a Response packet. Nothing of b is kept.
func ParseResponseV1(b []byte) (ResponseV1, error) {
	if len(b) != ResponseLen {
		return ResponseV1{}, fmt.Errorf("%w: %d", ErrResponseLength, len(b))
	}
	var r ResponseV1
	copy(r.LM[:], b[:24])
	copy(r.NT[:], b[24:48])
	r.UseNT = b[48] != 0
	return r, nil
}

// AppendTo appends the 49 octets of the value to b.
func (r ResponseV1) AppendTo(b []byte) []byte {
	b = append(b, r.LM[:]...)
	b = append(b, r.NT[:]...)
	if r.UseNT {
		return append(b, 1)
	}
	return append(b, 0)
}

// ParseResponseV2 reads the value of a Response packet. The reserved octets are
// ignored. Nothing of b is kept.
func ParseResponseV2(b []byte) (ResponseV2, error) {
	if len(b) != ResponseLen {
		return ResponseV2{}, fmt.Errorf("%w: %d", ErrResponseLength, len(b))
	}
	var r ResponseV2
	copy(r.PeerChallenge[:], b[:16])
	copy(r.NT[:], b[24:48])
	r.Flags = b[48]
	return r, nil
}

// AppendTo appends the 49 octets of the value to b.
func (r ResponseV2) AppendTo(b []byte) []byte {
	b = append(b, r.PeerChallenge[:]...)
	b = append(b, make([]byte, 8)...)
	b = append(b, r.NT[:]...)
	return append(b, r.Flags)
}
