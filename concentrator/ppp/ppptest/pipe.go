package ppptest

import (
	"math/rand/v2"
	"time"
)

// Pipe describes one direction of the simulated link. The zero value delivers
// everything, at once and in order.
type Pipe struct {
	Delay     time.Duration
	Loss      float64       // probability that a frame vanishes
	Duplicate float64       // probability that it arrives twice
	Reorder   float64       // probability that it is held back by Jitter
	Jitter    time.Duration // how long at most
}

// arrivals draws the delays of the copies of one frame that arrive.
func (p Pipe) arrivals(rng *rand.Rand) []time.Duration {
	if rng.Float64() < p.Loss {
		return nil
	}
	copies := 1
	if rng.Float64() < p.Duplicate {
		copies = 2
	}
	var out []time.Duration
	for range copies {
		d := p.Delay
		if rng.Float64() < p.Reorder && p.Jitter > 0 {
			d += time.Duration(rng.Int64N(int64(p.Jitter)))
		}
		out = append(out, d)
	}
	return out
}
