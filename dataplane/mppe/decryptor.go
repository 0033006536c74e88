package mppe

import (
	"crypto/rc4" // MPPE is RC4.
	"errors"
	"fmt"
)

// Limits of the decryptor.
const (
	// LateKeys is how many keys of missing packets are kept for packets that
	// arrive late, in stateless mode.
	LateKeys = 64
	// LateFrom is the distance of a coherency count ahead of the expected one from
	// which on a packet is taken to be late instead: 256 packets at most.
	LateFrom = 0x0f00
	// MaxCatchUp is how many packets one packet may be ahead in stateless mode,
	// which is the number of keys that have to be passed. OpenAfter can go beyond
	// LateFrom.
	MaxCatchUp = 4 * countSpace
)

// Errors of Open. None of them changes the state.
var (
	// ErrOutOfSync: packets were lost in stateful mode. The peer must be asked for
	// a flushed packet by a CCP Reset-Request.
	ErrOutOfSync = errors.New("mppe: out of synchronisation")
	// ErrLate: an old packet, or a duplicate.
	ErrLate = errors.New("mppe: late packet")
	// ErrTooFar: further ahead than MaxCatchUp.
	ErrTooFar = errors.New("mppe: too far ahead")
)

// Decryptor decrypts one direction of a link. It is used by one goroutine at a
// time.
type Decryptor struct {
	params Params // without the key
	keys   schedule
	key    sessionKey  // of packet next-1; before the first: the initial key
	next   uint64      // number of the packet expected
	stream *rc4.Cipher // stateful: the running key stream
	spare  *rc4.Cipher // stateful: the key stream after the packet that Open decrypted
	used   uint64      // octets of stream that are used
	// changesOnFlush: the peer changes the key for each flushed packet, as Linux
	// does, and not only for flag packets.
	changesOnFlush bool
	late           lateKeys  // stateless
	marks          keyMarks  // stateless
	pending        candidate // what Commit will make the state
}

// candidate is the state after a packet that Open has decrypted.
type candidate struct {
	kind           candidateKind
	number         uint64 // of the packet
	key            sessionKey
	used           uint64
	changesOnFlush bool
}

type candidateKind uint8

const (
	nothing candidateKind = iota
	lateOne               // a packet before next, stateless
	onwards               // next or a later one
)

// NewDecryptor expects coherency count 0.
func NewDecryptor(p Params) (*Decryptor, error) {
	keys, err := newSchedule(p)
	if err != nil {
		return nil, err
	}
	p.StartKey = nil
	d := &Decryptor{params: p, keys: keys, key: keys.first()}
	if !p.Stateless {
		d.stream, d.spare = d.keys.cipher(&d.key), new(rc4.Cipher)
	}
	return d, nil
}

// Params returns what the decryptor was made with, without the start key.
func (d *Decryptor) Params() Params { return d.params }

// Open decrypts the information field of a packet with protocol 0x00fd and appends
// the plain text, a protocol field (compressed or not) and an information field, to
// dst; packet must not overlap the free room of dst. The state stays as it is until
// Commit; opening another packet instead forgets this one.
//
// The plain text of a forged or damaged packet is noise. The caller must check that
// it begins with a protocol that may be there (0x0021 to 0x00fa) before Commit.
func (d *Decryptor) Open(dst, packet []byte) (plain []byte, err error) {
	return d.OpenAfter(dst, packet, 0)
}

// OpenAfter is Open with a hint: gap is how many packets the link has carried since
// the one last committed, this one not counted, as far as the carrier knows (for
// PPTP the difference of GRE sequence numbers, less 1). The coherency count is only
// 12 bits long; after the loss of 4096 packets or more a stateless link is found
// again by the hint alone. gap may be too large, by packets that were not
// encrypted, but not too small. A forged one costs time and nothing else.
func (d *Decryptor) OpenAfter(dst, packet []byte, gap uint32) (plain []byte, err error) {
	d.pending.kind = nothing
	count, flushed, sealed, err := parseHeader(packet)
	if err != nil {
		return nil, err
	}
	ahead := (count - d.next) & maskCount
	if d.params.Stateless {
		if gap >= countSpace {
			ahead += (uint64(gap) - ahead) &^ maskCount
		} else if ahead >= LateFrom {
			return d.openLate(dst, sealed, d.next-(countSpace-ahead))
		}
		return d.openStateless(dst, sealed, ahead)
	}
	if ahead >= LateFrom {
		return nil, fmt.Errorf("%w: %d behind", ErrLate, countSpace-ahead)
	}
	return d.openStateful(dst, sealed, ahead, flushed)
}

// Commit moves the state over the packet that Open decrypted last: the next one is
// expected. It does nothing if Open failed or was not called since the last Commit.
func (d *Decryptor) Commit() {
	p := &d.pending
	switch p.kind {
	case lateOne:
		d.late.remove(p.number)
	case onwards:
		if d.params.Stateless {
			d.missed(p.number)
		} else {
			d.stream, d.spare = d.spare, d.stream
			d.used = p.used
			d.changesOnFlush = p.changesOnFlush
		}
		d.key, d.next = p.key, p.number+1
	}
	*p = candidate{}
}
