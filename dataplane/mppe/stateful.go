package mppe

import "fmt"

// openStateful decrypts a packet that is ahead packets after the one expected
// (RFC 3078 §8.2). After a loss only a flushed packet can be decrypted.
//
// There is no state "discarding": packets that do not follow are refused one by
// one, and if they were forged, the next genuine one is the one expected still.
func (d *Decryptor) openStateful(dst, sealed []byte, ahead uint64, flushed bool) ([]byte, error) {
	if ahead != 0 && !flushed {
		return nil, fmt.Errorf("%w: %d packets missing", ErrOutOfSync, ahead)
	}
	number := d.next + ahead
	p := candidate{
		kind: onwards, number: number, key: d.key,
		used: uint64(len(sealed)), changesOnFlush: d.changesOnFlush,
	}
	for range flagsBefore(number+1) - flagsBefore(d.next) {
		p.key = d.keys.after(&p.key)
	}
	switch {
	case flushed:
		d.guess(&p, sealed)
		*d.spare = *d.keys.cipher(&p.key)
	case isFlag(number):
		*d.spare = *d.keys.cipher(&p.key)
	default:
		*d.spare = *d.stream
		p.used += d.used
	}
	d.pending = p
	start := len(dst)
	dst = append(dst, sealed...)
	d.spare.XORKeyStream(dst[start:], dst[start:])
	return dst, nil
}

// isFlag reports whether a packet is a "flag" packet, which changes the key
// (RFC 3078 §8.2).
func isFlag(number uint64) bool { return number&0xff == flagPacket }

// maxFlushes is how many flushed packets in a row may be lost on the way from a peer
// that changes the key for each.
const maxFlushes = 4

// guess finds the key of a flushed packet. For most peers it is the one that p has
// by the count; a Linux peer has changed it once more for each packet that it
// flushed on our request, this one and those that were lost. The right key is the
// one under which the packet begins with a sound IP header. Without any, what this
// peer did last is assumed.
func (d *Decryptor) guess(p *candidate, sealed []byte) {
	usual := 0
	if d.changesOnFlush && !isFlag(p.number) {
		usual = 1
	}
	var start [2 + maxIPv4Header]byte
	n := min(len(sealed), len(start))
	key, assumed := p.key, p.key
	for changes := 0; changes <= maxFlushes; changes++ {
		if changes > 0 {
			key = d.keys.after(&key)
		}
		d.keys.cipher(&key).XORKeyStream(start[:n], sealed[:n])
		if soundIP(start[:n], len(sealed)) {
			p.key = key
			if changes > 0 || !isFlag(p.number) {
				p.changesOnFlush = changes > 0
			}
			return
		}
		if changes == usual {
			assumed = key
		}
	}
	p.key = assumed
}
