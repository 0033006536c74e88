package ppptest

import "math/rand/v2"

// Random is a seeded io.Reader that knows how much was read from it, so that
// a restored machine can go on where the saved one stopped.
type Random struct {
	seed uint64
	read int
	rng  *rand.PCG
}

// NewRandom returns the stream of a seed.
func NewRandom(seed uint64) *Random {
	return &Random{seed: seed, rng: rand.NewPCG(seed, 0x9e3779b97f4a7c15)}
}

// Read fills b; it never fails.
func (r *Random) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.rng.Uint64() >> 32)
	}
	r.read += len(b)
	return len(b), nil
}

// Clone returns a reader that continues as r would.
func (r *Random) Clone() *Random {
	c := NewRandom(r.seed)
	_, _ = c.Read(make([]byte, r.read))
	return c
}
