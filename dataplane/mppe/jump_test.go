package mppe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var stateless128 = Params{Bits: 128, Stateless: true, StartKey: []byte("0123456789abcdef")}

// TestStatelessJumps loses packets and looks what becomes of the next one.
func TestStatelessJumps(t *testing.T) {
	tests := []struct {
		lost int
		want error
	}{
		{0, nil},
		{1, nil},
		{255, nil},
		{2047, nil},
		{2048, nil},
		{LateFrom - 1, nil},
		{LateFrom, ErrLate},
		{4095, ErrLate},
		{4096, errNoise}, // looks as if none were lost
		{10000, errNoise},
	}
	for _, tt := range tests {
		for _, before := range []uint32{0, 4090} {
			t.Run(fmt.Sprintf("%d lost after %d", tt.lost, before), func(t *testing.T) {
				e, d := pair(t, stateless128)
				for i := range before {
					mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
				}
				skip(e, tt.lost)
				packet := e.Seal(nil, ipPacket(4711))
				if got, err := receive(d, packet); !errors.Is(err, tt.want) {
					t.Fatalf("receive = %d, %v, want %v", got, err, tt.want)
				}
				if tt.want != nil {
					if tt.lost < countSpace {
						return
					}
					findAgain(t, d, packet, tt.lost)
				}
				for i := range uint32(100) {
					mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
				}
			})
		}
	}
}

// findAgain opens a packet after the loss of 4096 or more by their number, even if
// a few more were counted, which were not encrypted.
func findAgain(t *testing.T, d *Decryptor, packet []byte, lost int) {
	t.Helper()
	for _, more := range []uint32{0, 3, 200} {
		gap := uint32(lost) + more
		plain, err := d.OpenAfter(nil, packet, gap)
		if err != nil || !bytes.Equal(plain, ipPacket(4711)) {
			t.Fatalf("OpenAfter(gap %d) = %x, %v", gap, plain, err)
		}
	}
	d.Commit()
}

func TestReKeyBound(t *testing.T) {
	e, d := pair(t, stateless128)
	skip(e, MaxCatchUp)
	packet, beyond := e.Seal(nil, ipPacket(1)), e.Seal(nil, ipPacket(2))
	for _, gap := range []uint32{MaxCatchUp + 1, 1<<32 - 1} {
		if _, err := d.OpenAfter(nil, beyond, gap); !errors.Is(err, ErrTooFar) {
			t.Errorf("gap %d: %v, want %v", gap, err, ErrTooFar)
		}
	}
	plain, err := d.OpenAfter(nil, packet, MaxCatchUp)
	if err != nil || !bytes.Equal(plain, ipPacket(1)) {
		t.Fatalf("gap MaxCatchUp: %x, %v", plain, err)
	}
	d.Commit()
	mustReceive(t, d, beyond, 2)
}

// forge makes noise with the count ahead of the one expected.
func forge(d *Decryptor, ahead int) []byte {
	packet := bytes.Repeat([]byte{0x5a}, 60)
	count := (d.next + uint64(ahead)) & maskCount
	binary.BigEndian.PutUint16(packet, bitFlushed|bitEncrypted|uint16(count))
	return packet
}

// TestForgedLeavesState: packets with any count that do not decode change nothing.
func TestForgedLeavesState(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		e, d := pair(t, p)
		for i := range uint32(300) {
			mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			if i%20 == 7 {
				skip(e, 1)
				if !p.Stateless {
					e.Flush()
				}
			}
			if i%15 != 0 && i < 250 {
				continue
			}
			before := d.Snapshot()
			for _, ahead := range []int{0, 1, 100, 255, 2047, 2048, LateFrom - 1, LateFrom, 4095} {
				if got, err := receive(d, forge(d, ahead)); err == nil {
					t.Fatalf("noise decoded to %d", got)
				}
			}
			if diff := cmp.Diff(before, d.Snapshot()); diff != "" {
				t.Fatalf("noise changed the state: %s", diff)
			}
		}
	})
}

// TestCommitOnce: Commit belongs to one Open that succeeded.
func TestCommitOnce(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		e, d := pair(t, p)
		d.Commit()
		first, second := e.Seal(nil, ipPacket(1)), e.Seal(nil, ipPacket(2))
		if _, err := d.Open(nil, first); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Open(nil, nil); !errors.Is(err, ErrMalformed) {
			t.Fatal(err)
		}
		d.Commit() // of the one that failed: nothing
		mustReceive(t, d, first, 1)
		d.Commit()
		d.Commit()
		mustReceive(t, d, second, 2)
	})
}

// TestForgedFarAheadIsCheap counts the key changes that forged packets cost: the
// way ahead is gone once, and then each costs no more than the distance of marks.
func TestForgedFarAheadIsCheap(t *testing.T) {
	e, d := pair(t, stateless128)
	if _, err := receive(d, forge(d, LateFrom-1)); err == nil {
		t.Fatal("noise decoded")
	}
	for i := range uint32(1000) {
		mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
		for _, ahead := range []int{LateFrom - 1, LateFrom - 1 - int(i), 2000 + int(i)} {
			if ahead < 200 {
				continue
			}
			if got := stepsTo(d, d.next+uint64(ahead)); got > markEvery {
				t.Fatalf("packet %d: %d key changes to one %d ahead, want at most %d", i, got, ahead, markEvery)
			}
		}
		if _, err := receive(d, forge(d, LateFrom-1)); err == nil {
			t.Fatal("noise decoded")
		}
	}
}

// stepsTo is how many key changes keyOf needs.
func stepsTo(d *Decryptor, number uint64) uint64 {
	at, _, ok := d.marks.below(number, d.next)
	if !ok {
		at = d.next - 1
	}
	return number - at
}

// TestLateKeys: a missing packet decodes once, as long as its key is kept.
func TestLateKeys(t *testing.T) {
	tests := []struct {
		name      string
		lost, age int // age: how many missing packets after it, itself included
		want      error
	}{
		{"the only one", 1, 1, nil},
		{"last of many", 1000, 1, nil},
		{"oldest that is kept", 1000, LateKeys, nil},
		{"older", 1000, LateKeys + 1, ErrLate},
		{"much older", 1000, 200, ErrLate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, d := pair(t, stateless128)
			for i := range uint32(300) {
				mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			}
			var missing [][]byte
			for i := range tt.lost {
				missing = append(missing, e.Seal(nil, ipPacket(uint32(i))))
			}
			mustReceive(t, d, e.Seal(nil, ipPacket(1)), 1)
			late := missing[len(missing)-tt.age]
			got, err := receive(d, late)
			if !errors.Is(err, tt.want) || (err == nil && got != uint32(tt.lost-tt.age)) {
				t.Fatalf("late packet: %d, %v, want %d, %v", got, err, tt.lost-tt.age, tt.want)
			}
			if _, err := receive(d, late); !errors.Is(err, ErrLate) {
				t.Errorf("late packet again: %v, want %v", err, ErrLate)
			}
			mustReceive(t, d, e.Seal(nil, ipPacket(2)), 2)
		})
	}
}

// TestStatefulDuplicates: old packets neither decode nor ask for a reset.
func TestStatefulDuplicates(t *testing.T) {
	e, d := pair(t, Params{Bits: 128, StartKey: make([]byte, 16)})
	var sent [][]byte
	for i := range uint32(300) {
		sent = append(sent, e.Seal(nil, ipPacket(i)))
		mustReceive(t, d, sent[i], i)
		for back := 1; back <= min(len(sent), 256); back += 51 {
			if _, err := receive(d, sent[len(sent)-back]); !errors.Is(err, ErrLate) {
				t.Fatalf("packet %d again, after %d: %v, want %v", len(sent)-back, i, err, ErrLate)
			}
		}
	}
}
