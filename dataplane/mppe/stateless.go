package mppe

import "fmt"

// openStateless decrypts a packet that is ahead packets after the one expected
// (RFC 3078 §8.1: a key change for each packet, lost ones too).
func (d *Decryptor) openStateless(dst, sealed []byte, ahead uint64) ([]byte, error) {
	if ahead > MaxCatchUp {
		return nil, fmt.Errorf("%w: %d packets", ErrTooFar, ahead)
	}
	number := d.next + ahead
	key := d.keyOf(number)
	d.pending = candidate{kind: onwards, number: number, key: key}
	return d.decrypt(dst, sealed, &key), nil
}

// openLate decrypts a packet that was missing, if its key is still known.
func (d *Decryptor) openLate(dst, sealed []byte, number uint64) ([]byte, error) {
	key, ok := d.late.find(number)
	if !ok {
		return nil, fmt.Errorf("%w: %d behind", ErrLate, d.next-number)
	}
	d.pending = candidate{kind: lateOne, number: number}
	return d.decrypt(dst, sealed, &key), nil
}

func (d *Decryptor) decrypt(dst, sealed []byte, key *sessionKey) []byte {
	start := len(dst)
	dst = append(dst, sealed...)
	d.keys.cipher(key).XORKeyStream(dst[start:], dst[start:])
	return dst
}

// keyOf computes the key of packet number, next or a later one, in stateless mode.
func (d *Decryptor) keyOf(number uint64) sessionKey {
	at, key := d.next-1, d.key
	if number-at > markEvery {
		if n, k, ok := d.marks.below(number, d.next); ok {
			at, key = n, k
		}
	}
	for at != number {
		key = d.keys.after(&key)
		at++
		if at%markEvery == 0 && number-d.next > markEvery {
			d.marks.put(at, key)
		}
	}
	return key
}

// missed notes the packets from the one expected up to before number, which was
// received, as missing.
func (d *Decryptor) missed(number uint64) {
	if number == d.next {
		return
	}
	from := d.next
	if number-from > LateKeys {
		from = number - LateKeys
	}
	key := d.keyOf(from)
	for n := from; n < number; n++ {
		d.late.add(n, key)
		key = d.keys.after(&key)
	}
}

// Marks are keys on the way ahead, remembered so that the way is gone only once:
// without them a few forged packets a second, far ahead, would cost thousands of
// key changes each. With them each costs markEvery at most, after the first.
const (
	markEvery = 64
	markCount = 2 * MaxCatchUp / markEvery // a power of two; twice what is in reach
)

type keyMarks struct {
	ring []keyMark // by number/markEvery % markCount; nil until a packet is far ahead
}

type keyMark struct {
	number uint64 // of the packet with this key; 0 is none
	key    sessionKey
}

func (m *keyMarks) put(number uint64, key sessionKey) {
	if m.ring == nil {
		m.ring = make([]keyMark, markCount)
	}
	m.ring[number/markEvery%markCount] = keyMark{number, key}
}

// below finds the last mark at or before number that is not before from.
func (m *keyMarks) below(number, from uint64) (at uint64, key sessionKey, ok bool) {
	if m.ring == nil {
		return 0, key, false
	}
	for n := number &^ (markEvery - 1); n >= from && n > 0; n -= markEvery {
		if mark := &m.ring[n/markEvery%markCount]; mark.number == n {
			return n, mark.key, true
		}
	}
	return 0, key, false
}

// lateKeys are the keys of packets that are missing, the last LateKeys of them.
type lateKeys struct {
	list []lateKey // ascending; nil until a packet is missing
}

type lateKey struct {
	number uint64
	key    sessionKey
}

// add notes a packet as missing, and forgets the oldest if there are too many.
func (l *lateKeys) add(number uint64, key sessionKey) {
	if len(l.list) == LateKeys {
		l.list = append(l.list[:0], l.list[1:]...)
	}
	l.list = append(l.list, lateKey{number, key})
}

func (l *lateKeys) find(number uint64) (key sessionKey, ok bool) {
	for i := range l.list {
		if l.list[i].number == number {
			return l.list[i].key, true
		}
	}
	return key, false
}

func (l *lateKeys) remove(number uint64) {
	for i := range l.list {
		if l.list[i].number == number {
			l.list = append(l.list[:i], l.list[i+1:]...)
			return
		}
	}
}
