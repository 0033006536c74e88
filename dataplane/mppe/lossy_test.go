package mppe

import (
	"errors"
	"math/rand"
	"testing"
)

// TestLossReorderDuplicate sends packets over a link that loses, reorders and
// duplicates them. What decodes must be what was sent; in stateless mode all that
// arrives in time decodes once, in stateful mode the link comes back after each
// reset.
func TestLossReorderDuplicate(t *testing.T) {
	eachMode(t, func(t *testing.T, p Params) {
		for seed := range int64(2) {
			r := rand.New(rand.NewSource(seed)) // reproducible
			e, d := pair(t, p)
			const packets = 4500
			decoded := make([]int, packets)
			arrived := make([]bool, packets)
			var queue [][]byte // packets under way; numbers are in the plain text
			var numbers []uint32
			resets, requested := 0, -1
			arrive := func(at int) {
				packet, number := queue[at], numbers[at]
				queue = append(queue[:at], queue[at+1:]...)
				numbers = append(numbers[:at], numbers[at+1:]...)
				arrived[number] = true
				got, err := receive(d, packet)
				switch {
				case err == nil && got != number:
					t.Fatalf("seed %d: packet %d decoded to %d", seed, number, got)
				case err == nil:
					decoded[got]++
				case errors.Is(err, ErrOutOfSync) && requested < 0:
					requested = 3 // packets until the request has reached the sender
				case errors.Is(err, ErrOutOfSync), errors.Is(err, ErrLate):
				default:
					t.Fatalf("seed %d: packet %d: %v", seed, number, err)
				}
			}
			for i := range uint32(packets) {
				if requested >= 0 {
					if requested--; requested < 0 {
						e.Flush()
						resets++
					}
				}
				packet := e.Seal(nil, ipPacket(i))
				switch r.Intn(20) {
				case 0: // lost
					continue
				case 1: // twice
					queue, numbers = append(queue, packet), append(numbers, i)
				}
				queue, numbers = append(queue, packet), append(numbers, i)
				for len(queue) > 0 && r.Intn(10) != 0 {
					at := 0
					if r.Intn(20) == 0 {
						at = r.Intn(len(queue))
					}
					arrive(at)
				}
			}
			for len(queue) > 0 {
				arrive(0)
			}
			good := 0
			for i, n := range decoded {
				if n > 1 {
					t.Errorf("seed %d: packet %d decoded %d times", seed, i, n)
				}
				if p.Stateless && arrived[i] && n != 1 {
					t.Errorf("seed %d: packet %d arrived and did not decode", seed, i)
				}
				good += n
			}
			switch {
			case p.Stateless && resets != 0:
				t.Errorf("seed %d: %d resets in stateless mode", seed, resets)
			case !p.Stateless && (resets < 100 || good < packets/2):
				t.Errorf("seed %d: %d resets, %d of %d packets decoded", seed, resets, good, packets)
			}
		}
	})
}
