// Package impair makes a fake path lose, repeat and reorder what it carries,
// the same way every time. Tests use it on the outer path (rawsocktest) and on
// the wire between null planes (nulltest).
package impair

import (
	"bytes"
	"math/rand/v2"
)

// Func takes one packet off the path and returns what arrives in its stead, in
// order: nothing, the packet, several. It keeps no reference to packet; what it
// returns is the caller's. One goroutine at a time.
type Func func(packet []byte) [][]byte

// Rates are probabilities, 0 to 1.
type Rates struct {
	Loss      float64
	Duplicate float64
	Reorder   float64 // the packet is held back until the next one has passed
}

// New returns a path with those rates. Equal seeds give equal fates.
func New(seed uint64, r Rates) Func {
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	var held [][]byte
	return func(packet []byte) [][]byte {
		if rng.Float64() < r.Loss {
			return nil
		}
		copies := [][]byte{bytes.Clone(packet)}
		if rng.Float64() < r.Duplicate {
			copies = append(copies, bytes.Clone(packet))
		}
		if len(held) == 0 && rng.Float64() < r.Reorder {
			held = copies
			return nil
		}
		arrived := append(copies, held...)
		held = nil
		return arrived
	}
}
