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
	// Special is the fate of single frames, by their number from 1.
	Special map[int]Fate

	sent int
}

// Fate is what becomes of one frame: the copies that arrive, each so much later
// than Delay. No copy is a loss.
type Fate []time.Duration

// arrivals draws the delays of the copies of one frame that arrive.
func (p *Pipe) arrivals(rng *rand.Rand) []time.Duration {
	p.sent++
	if fate, ok := p.Special[p.sent]; ok {
		var out []time.Duration
		for _, later := range fate {
			out = append(out, p.Delay+later)
		}
		return out
	}
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
