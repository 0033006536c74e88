package gre

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWalkedAway: forged packets that never decode, one after the other just where
// the window is, must not take it out of reach of the genuine ones.
func TestWalkedAway(t *testing.T) {
	for _, window := range []int{0, 3, MaxWindow} {
		r, k := NewReceiver(window), &taker{valid: notForged}
		for i := range uint32(1000) {
			r.Offer(at(int(i)), i, []byte("genuine"), k.deliver)
			for range 10 {
				r.Offer(at(int(i)), r.cur.next, []byte("forged"), k.deliver)
				r.Offer(at(int(i)), r.cur.next+3, []byte("forged"), k.deliver)
				r.Offer(at(int(i)), r.cur.next+i*1000, []byte("forged"), k.deliver)
			}
			r.Expire(at(int(i)+60), k.deliver)
		}
		if got := len(k.seqs); got != 1000 {
			t.Errorf("window %d: %d of 1000 genuine packets were delivered", window, got)
		}
	}
}

// TestLedAstray: forged packets that decode lead the window away for good; after
// a few genuine packets in sequence it comes back.
func TestLedAstray(t *testing.T) {
	r, k := NewReceiver(8), &taker{}
	r.Offer(at(0), 0, nil, k.deliver)
	for i := range uint32(200) {
		r.Offer(at(0), 1<<30+i, nil, k.deliver)
	}
	k.take()
	for i := range uint32(100) {
		r.Offer(at(1), 1+i, nil, k.deliver)
	}
	if got, want := len(k.got), 100-resyncRun+1; got != want {
		t.Errorf("%d of 100 genuine packets were delivered, want %d", got, want)
	}
	if highest, ok := r.Highest(); !ok || highest != 100 {
		t.Errorf("Highest = %d, %v, want 100", highest, ok)
	}
}

// TestUndecodableRun: a long run of packets that do not decode (stateful MPPE that
// waits for a reset) is neither held back nor dropped.
func TestUndecodableRun(t *testing.T) {
	r, k := NewReceiver(8), &taker{valid: notForged}
	r.Offer(at(0), 0, []byte("first"), k.deliver)
	for i := range uint32(500) {
		r.Offer(at(1), 1+i, []byte("forged"), k.deliver)
	}
	if got := len(k.got); got != 501 {
		t.Errorf("%d of 501 packets were delivered", got)
	}
	r.Offer(at(2), 501, []byte("good again"), k.deliver)
	k.take()
	r.Offer(at(2), 503, []byte("early"), k.deliver)
	r.Offer(at(2), 502, []byte("then this"), k.deliver)
	if got, want := k.take(), "502 503"; got != want {
		t.Errorf("after the run: delivered %q, want %q", got, want)
	}
}

// TestHeldPayloads: what is held back is a copy, and what is too long to copy is
// delivered at once.
func TestHeldPayloads(t *testing.T) {
	r := NewReceiver(8)
	var got []string
	deliver := func(_ uint32, p []byte, _ bool) bool { got = append(got, string(p)); return true }
	buffer := []byte("zero")
	r.Offer(at(0), 0, buffer, deliver)
	copy(buffer, "two.")
	r.Offer(at(0), 2, buffer, deliver)
	copy(buffer, "one.")
	r.Offer(at(0), 1, buffer, deliver)
	copy(buffer, "xxxx")
	if diff := cmp.Diff([]string{"zero", "one.", "two."}, got); diff != "" {
		t.Error(diff)
	}
	k := &taker{}
	r.Offer(at(0), 4, []byte("held"), k.deliver)
	r.Offer(at(0), 6, []byte("held"), k.deliver)
	r.Offer(at(0), 5, bytes.Repeat([]byte("long"), maxHeld), k.deliver)
	if got, want := k.take(), "4 6 5L"; got != want {
		t.Errorf("delivered %q, want %q", got, want)
	}
	if !r.Deadline().IsZero() {
		t.Error("something is held back still")
	}
}

func TestDeadline(t *testing.T) {
	r, k := NewReceiver(8), &taker{}
	r.Offer(at(0), 0, nil, k.deliver)
	if !r.Deadline().IsZero() {
		t.Error("a deadline with nothing held back")
	}
	r.Offer(at(7), 3, nil, k.deliver)
	r.Offer(at(9), 2, nil, k.deliver)
	if got, want := r.Deadline(), at(7).Add(HoldTime); !got.Equal(want) {
		t.Errorf("Deadline = %v, want %v", got, want)
	}
	r.Expire(at(7).Add(HoldTime), k.deliver)
	if got, want := k.take(), "0 2 3"; got != want {
		t.Errorf("delivered %q, want %q", got, want)
	}
	r.Offer(at(100), 9, nil, k.deliver)
	r.Release(k.deliver)
	if got, want := k.take(), "9"; got != want || !r.Deadline().IsZero() {
		t.Errorf("Release delivered %q, want %q", got, want)
	}
}

// TestRandomLink: over a link that loses, reorders by a few packets and duplicates,
// everything that arrives is delivered once, and in order unless flagged.
func TestRandomLink(t *testing.T) {
	for _, window := range []int{0, 1, 4, MaxWindow} {
		for seed := range int64(20) {
			rnd := rand.New(rand.NewSource(seed)) // reproducible
			r := NewReceiver(window)
			base := rnd.Uint32()
			if seed == 0 {
				base = 1<<32 - 300
			}
			delivered, last := map[uint32]int{}, uint32(0)
			deliver := func(seq uint32, p []byte, late bool) bool {
				if got := binary.BigEndian.Uint32(p); got != seq {
					t.Fatalf("payload of %d delivered as %d", got, seq)
				}
				delivered[seq]++
				if offset := seq - base + 1; !late {
					if offset <= last {
						t.Fatalf("window %d, seed %d: %d delivered after %d, and not as late", window, seed, offset, last)
					}
					last = offset
				}
				return true
			}
			now, arrived := epoch, map[uint32]bool{}
			var queue []uint32
			offer := func(i int) {
				seq := queue[i]
				queue = append(queue[:i], queue[i+1:]...)
				arrived[seq] = true
				r.Offer(now, seq, binary.BigEndian.AppendUint32(nil, seq), deliver)
			}
			queue = append(queue, base)
			offer(0) // the first packet starts the window
			for i := range uint32(1000) {
				now = now.Add(time.Duration(rnd.Intn(10)) * time.Millisecond)
				if d := r.Deadline(); !d.IsZero() && !now.Before(d) {
					r.Expire(now, deliver)
				}
				if d := r.Deadline(); !d.IsZero() && (d.Sub(now) > HoldTime || !now.Before(d)) {
					t.Fatalf("deadline %v from now", d.Sub(now))
				}
				if rnd.Intn(20) == 0 {
					continue
				}
				queue = append(queue, base+1+i)
				if rnd.Intn(20) == 0 {
					queue = append(queue, base+1+i)
				}
				for len(queue) > rnd.Intn(4) {
					offer(rnd.Intn(len(queue)))
				}
			}
			for len(queue) > 0 {
				offer(0)
			}
			r.Expire(now.Add(time.Second), deliver)
			for seq := range arrived {
				if got := delivered[seq]; got != 1 {
					t.Errorf("window %d, seed %d: packet %d was delivered %d times", window, seed, seq-base, got)
				}
			}
			if got, want := r.Stats().Lost, uint64(last)-uint64(len(arrived)); got != want {
				t.Errorf("window %d, seed %d: lost %d, want %d", window, seed, got, want)
			}
		}
	}
}

func TestReceiverSnapshot(t *testing.T) {
	r, k := NewReceiver(6), &taker{}
	for _, seq := range []uint32{10, 11, 13, 40, 39, 40} {
		r.Offer(at(0), seq, nil, k.deliver)
	}
	b, err := json.Marshal(r.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var snap ReceiverSnapshot
	if err := json.Unmarshal(b, &snap); err != nil {
		t.Fatal(err)
	}
	back, err := RestoreReceiver(snap)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Snapshot(), back.Snapshot()); diff != "" {
		t.Errorf("restored differently: %s", diff)
	}
	k.take()
	for _, seq := range []uint32{39, 12, 12, 41, 43, 42} {
		back.Offer(at(1), seq, nil, k.deliver)
	}
	if got, want := k.take(), "12L 41 42 43"; got != want {
		t.Errorf("after Restore: delivered %q, want %q", got, want)
	}
	back.Offer(at(2), 5000, nil, k.deliver) // the peer went on meanwhile
	if got, want := k.take(), "5000"; got != want {
		t.Errorf("after a gap: delivered %q, want %q", got, want)
	}
	snap.Version = 0
	if _, err := RestoreReceiver(snap); !errors.Is(err, ErrSnapshot) {
		t.Errorf("RestoreReceiver = %v, want %v", err, ErrSnapshot)
	}
}

// FuzzReceiver drives a receiver with any packets at any time.
func FuzzReceiver(f *testing.F) {
	f.Add(uint8(8), []byte{0, 0, 1, 1, 2, 0, 1, 3, 9})
	f.Add(uint8(0), []byte{0xff, 0x80, 0x7f, 3, 2, 1})
	f.Add(uint8(255), bytes.Repeat([]byte{2, 0x90, 0x11, 0xf0}, 50))
	f.Fuzz(func(t *testing.T, window uint8, script []byte) {
		r := NewReceiver(int(window))
		now, seq := epoch, uint32(0)
		delivered := 0
		valid := byte(0)
		deliver := func(uint32, []byte, bool) bool { delivered++; return valid&1 == 0 }
		offered := 0
		for _, b := range script {
			valid = b >> 7
			switch b >> 5 & 3 {
			case 0: // a little forward
				seq += uint32(b & 31)
			case 1: // a little back
				seq -= uint32(b & 31)
			case 2: // far
				seq += uint32(b&31) << 27
			case 3:
				now = now.Add(time.Duration(b&31) * 4 * time.Millisecond)
				r.Expire(now, deliver)
				continue
			}
			offered++
			r.Offer(now, seq, script[:min(len(script), 5)], deliver)
			if d := r.Deadline(); !d.IsZero() && d.Sub(now) > HoldTime {
				t.Fatalf("held back for %v", d.Sub(now))
			}
			if r.nHeld > MaxWindow {
				t.Fatalf("%d packets held back", r.nHeld)
			}
		}
		r.Expire(now.Add(HoldTime), deliver)
		if r.nHeld != 0 || !r.Deadline().IsZero() {
			t.Fatalf("%d packets are held back for ever", r.nHeld)
		}
		if got := delivered + int(r.Stats().Duplicates); delivered > offered || got < offered {
			t.Fatalf("%d packets offered, %d delivered, %+v", offered, delivered, r.Stats())
		}
	})
}

func BenchmarkReceiver(b *testing.B) {
	r := NewReceiver(8)
	payload := make([]byte, 1400)
	deliver := func(uint32, []byte, bool) bool { return true }
	seq := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		r.Offer(epoch, seq, payload, deliver)
		seq++
	}
}
