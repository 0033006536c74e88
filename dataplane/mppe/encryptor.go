package mppe

import (
	"crypto/rc4" // MPPE is RC4.
	"encoding/binary"
)

// Encryptor encrypts one direction of a link. It is used by one goroutine at a
// time.
type Encryptor struct {
	params Params // without the key
	keys   schedule
	key    sessionKey  // of the last packet; before the first: the initial key
	next   uint64      // number of the next packet; its low 12 bits are the coherency count
	stream *rc4.Cipher // stateful: the running key stream
	used   uint64      // octets of it that are used
	flush  bool        // stateful: the next packet must be flushed
}

// NewEncryptor starts with coherency count 0.
func NewEncryptor(p Params) (*Encryptor, error) {
	keys, err := newSchedule(p)
	if err != nil {
		return nil, err
	}
	p.StartKey = nil
	e := &Encryptor{params: p, keys: keys, key: keys.first()}
	if !p.Stateless {
		e.restart()
	}
	return e, nil
}

// Params returns what the encryptor was made with, without the start key.
func (e *Encryptor) Params() Params { return e.params }

// Seal encrypts ppp, the protocol field (compressed or not) and the information
// field of a packet, and appends the MPPE header and the cipher text to dst. ppp
// must not overlap the free room of dst.
//
// The first packet of a stateful link is not flushed: its tables are those of the
// initial key anyway, and a Linux peer would change the key for it.
func (e *Encryptor) Seal(dst, ppp []byte) []byte {
	head := uint16(bitEncrypted)
	switch {
	case e.params.Stateless:
		e.key = e.keys.after(&e.key)
		e.restart()
		head |= bitFlushed
	case e.flush:
		// Peers differ in whether a flushed packet changes the key; see Flush.
		e.next |= flagPacket
		fallthrough
	case e.next&0xff == flagPacket:
		e.key = e.keys.after(&e.key)
		e.restart()
		head |= bitFlushed
	}
	e.flush = false
	dst = binary.BigEndian.AppendUint16(dst, head|uint16(e.next&maskCount))
	start := len(dst)
	dst = append(dst, ppp...)
	e.stream.XORKeyStream(dst[start:], dst[start:])
	e.used += uint64(len(ppp))
	e.next++
	return dst
}

// Flush answers a CCP Reset-Request (RFC 3078 §8.2): the next packet is flushed. It
// does nothing to a stateless link, all of whose packets are.
//
// RFC 3078 restarts RC4 with the current key for a flushed packet; the Linux kernel
// changes the key first, at both ends. They agree only about the flag packet, whose
// count ends in 0xff and which changes the key in any case. The next packet is
// therefore made the next flag packet: its count jumps there, as if those between
// had been lost.
func (e *Encryptor) Flush() {
	e.flush = !e.params.Stateless
}

// Skip moves n packets ahead, as if they had been sent and lost: for a successor
// that does not know how many were sent after its snapshot. Of a stateful link the
// next packet is flushed.
func (e *Encryptor) Skip(n uint32) {
	if n == 0 {
		return
	}
	target := e.next + uint64(n)
	changes := target - e.next
	if !e.params.Stateless {
		changes = flagsBefore(target) - flagsBefore(e.next)
	}
	for range changes {
		e.key = e.keys.after(&e.key)
	}
	e.next = target
	e.Flush()
}

// restart begins the key stream of the current key.
func (e *Encryptor) restart() {
	e.stream, e.used = e.keys.cipher(&e.key), 0
}

// flagsBefore is the number of flag packets before packet n.
func flagsBefore(n uint64) uint64 { return n >> 8 }
