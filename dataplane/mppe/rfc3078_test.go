package mppe

import (
	"bytes"
	"errors"
	"testing"
)

// "Bit D ... the packet is encrypted"; "Bits B and C ... MUST be set to 0"
// (RFC 3078 §3.1), and every truncation.
func TestMalformed(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		e, d := pair(t, p)
		good := e.Seal(nil, ipPacket(1))
		for name, mask := range map[string]byte{"bit B": 0x40, "bit C": 0x20, "bit D cleared": 0x10} {
			bad := bytes.Clone(good)
			bad[0] ^= mask
			if _, err := d.Open(nil, bad); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %v, want %v", name, err, ErrMalformed)
			}
			d.Commit()
		}
		for n := range HeaderLen + 1 {
			if _, err := d.Open(nil, good[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%d octets: %v, want %v", n, err, ErrMalformed)
			}
		}
		for n := HeaderLen + 1; n < len(good); n++ {
			if plain, err := d.Open(nil, good[:n]); err != nil || !bytes.Equal(plain, ipPacket(1)[:n-HeaderLen]) {
				t.Errorf("cut to %d octets: %x, %v", n, plain, err)
			}
		}
		mustReceive(t, d, good, 1)
	})
}

// "If the stateless option has been negotiated, [bit A] MUST be set on every
// encrypted packet" (RFC 3078 §3.1); in stateful mode it is set on flag packets.
func TestFlushedBitAndCount(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		e, d := pair(t, p)
		for i := range uint32(countSpace + 600) {
			packet := e.Seal(nil, ipPacket(i))
			if got, want := countOf(packet), uint16(i&maskCount); got != want {
				t.Fatalf("packet %d: count %#x, want %#x", i, got, want)
			}
			if got, want := isFlushed(packet), p.Stateless || i&0xff == 0xff; got != want {
				t.Fatalf("packet %d: flushed %v, want %v", i, got, want)
			}
			mustReceive(t, d, packet, i)
		}
	})
}

// "the sender MUST change its key before encrypting and transmitting each packet"
// (stateless, §8.1); "any packet in which the low order octet of the coherency
// count equals 0xFF" (stateful, §8.2).
func TestKeyChanges(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		e, d := pair(t, p)
		key := e.keys.first()
		if e.key != key || d.key != key {
			t.Fatal("the ends do not begin with the initial key")
		}
		for i := range uint32(600) {
			mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			if p.Stateless || i&0xff == 0xff {
				key = e.keys.after(&key)
			}
			if e.key != key || d.key != key {
				t.Fatalf("after packet %d: sender changed as it must: %v, receiver: %v", i, e.key == key, d.key == key)
			}
		}
	})
}

// "Upon receiving a packet with bit A set, the receiver MUST set its coherency
// count to that of the packet, and ... re-initialise its tables": a peer that does
// as RFC 3078 says, and flushes any packet with the current key.
func TestFlushedByTheBook(t *testing.T) {
	for _, lost := range []int{1, 2, 255, 256, 257, 1000, 3000, LateFrom - 1} {
		e, d := pair(t, Params{Bits: 128, StartKey: make([]byte, 16)})
		for i := range uint32(10) {
			mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
		}
		skip(e, lost)
		if _, err := receive(d, e.Seal(nil, ipPacket(0))); !errors.Is(err, ErrOutOfSync) && !isFlag(e.next-1) {
			t.Errorf("%d lost: %v, want %v", lost, err, ErrOutOfSync)
		}
		if lost == LateFrom-1 {
			continue // with the packet above it is one too many, and taken for a late one
		}
		flushed := sealByTheBook(e, ipPacket(77))
		mustReceive(t, d, flushed, 77)
		if d.changesOnFlush {
			t.Errorf("%d lost: taken for a peer that changes keys on request", lost)
		}
		for i := range uint32(600) {
			mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
		}
	}
}

// sealByTheBook flushes the next packet wherever it is, without a change of key but
// for a flag packet.
func sealByTheBook(e *Encryptor, ppp []byte) []byte {
	if isFlag(e.next) {
		return e.Seal(nil, ppp)
	}
	e.restart()
	packet := e.Seal(nil, ppp)
	packet[0] |= 0x80
	return packet
}

// sealLikeLinux flushes the next packet with a change of key wherever it is.
func sealLikeLinux(e *Encryptor, ppp []byte) []byte {
	if isFlag(e.next) {
		return e.Seal(nil, ppp)
	}
	e.key = e.keys.after(&e.key)
	e.restart()
	packet := e.Seal(nil, ppp)
	packet[0] |= 0x80
	return packet
}

// TestFlushedLikeLinux: a peer that changes the key for every packet it flushes,
// some of which are lost.
func TestFlushedLikeLinux(t *testing.T) {
	for lostFlushes := range maxFlushes {
		e, d := pair(t, Params{Bits: 40, StartKey: make([]byte, 8)})
		number := uint32(0)
		for range 300 {
			mustReceive(t, d, e.Seal(nil, ipPacket(number)), number)
			number++
		}
		for range 5 {
			skip(e, 70)
			for range lostFlushes {
				sealLikeLinux(e, ipPacket(number))
			}
			mustReceive(t, d, sealLikeLinux(e, ipPacket(number)), number)
			for range 100 {
				number++
				mustReceive(t, d, e.Seal(nil, ipPacket(number)), number)
			}
		}
		// Having learned how the peer does it, packets other than IP work too.
		packet := sealLikeLinux(e, []byte("\x00\x2d compressed header"))
		plain, err := d.Open(nil, packet)
		if isFlag(e.next-1) || err != nil || !bytes.HasPrefix(plain, []byte("\x00\x2d")) {
			t.Errorf("%d lost flushes: %q, %v", lostFlushes, plain, err)
		}
	}
}

// linuxReceiver is how the Linux kernel receives in stateful mode, written down as
// rules: it counts from its last block of 256, and changes the key once for each
// block passed and once for the flushed packet itself.
type linuxReceiver struct {
	d     *Decryptor // key schedule only
	count uint64
	lost  bool
}

func (l *linuxReceiver) receive(packet []byte) (plain []byte, ok bool) {
	count, flushed, sealed, err := parseHeader(packet)
	if err != nil {
		return nil, false
	}
	if !l.lost {
		l.count = (l.count + 1) & maskCount
		l.lost = count != l.count
		if l.lost {
			return nil, false
		}
	} else {
		if !flushed {
			return nil, false
		}
		for l.count>>8 != count>>8 {
			l.d.key = l.d.keys.after(&l.d.key)
			l.count = (l.count + 256) & maskCount
		}
		l.count, l.lost = count, false
	}
	if flushed {
		l.d.key = l.d.keys.after(&l.d.key)
		l.d.stream = l.d.keys.cipher(&l.d.key)
	}
	plain = make([]byte, len(sealed))
	l.d.stream.XORKeyStream(plain, sealed)
	return plain, true
}

// TestFlushForBothKinds: what Flush does must be understood by a receiver after
// RFC 3078 and by one after the Linux kernel, after any loss.
func TestFlushForBothKinds(t *testing.T) {
	for _, lost := range []int{0, 1, 100, 253, 254, 255, 256, 257, 511, 1000, 3000} {
		for _, before := range []int{1, 10, 254, 255, 256, 300} {
			p := Params{Bits: 128, StartKey: make([]byte, 16)}
			e, d := pair(t, p)
			_, own := pair(t, p)
			linux := &linuxReceiver{d: own, count: maskCount}
			both := func(packet []byte, want uint32) {
				t.Helper()
				mustReceive(t, d, packet, want)
				plain, ok := linux.receive(packet)
				if got, sound := numberOf(plain); !ok || !sound || got != want {
					t.Fatalf("%d before, %d lost: Linux receives packet %d as %x, %v", before, lost, want, plain, ok)
				}
			}
			for i := range uint32(before) {
				both(e.Seal(nil, ipPacket(i)), i)
			}
			skip(e, lost+1)
			// Something must tell the receivers of the loss.
			told := e.Seal(nil, ipPacket(9))
			if _, ok := linux.receive(told); ok {
				t.Fatal("loss not seen")
			}
			e.Flush()
			for i := range uint32(600) {
				both(e.Seal(nil, ipPacket(i)), i)
			}
		}
	}
}

// "the next packet": a request is answered by one packet, however often it is made.
func TestFlushOnce(t *testing.T) {
	e, d := pair(t, Params{Bits: 56, StartKey: make([]byte, 8)})
	mustReceive(t, d, e.Seal(nil, ipPacket(0)), 0)
	key := e.key
	e.Flush()
	e.Flush()
	e.Flush()
	packet := e.Seal(nil, ipPacket(1))
	if !isFlushed(packet) || countOf(packet) != 0xff || e.key != e.keys.after(&key) {
		t.Errorf("after Flush: flushed %v, count %#x", isFlushed(packet), countOf(packet))
	}
	mustReceive(t, d, packet, 1)
	packet = e.Seal(nil, ipPacket(2))
	if isFlushed(packet) || countOf(packet) != 0x100 {
		t.Errorf("the packet after: flushed %v, count %#x", isFlushed(packet), countOf(packet))
	}
	mustReceive(t, d, packet, 2)
}
