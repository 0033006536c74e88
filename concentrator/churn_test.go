package concentrator

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// Two hundred calls come and go at the same time and end in every way there is.
// Meanwhile no address belongs to two sessions; afterwards nothing is held.
func TestChurn(t *testing.T) {
	const workers, rounds = 20, 10
	b := startServer(t, func(c *Config) { c.Dynamic.RemotePool = "big" })
	held := b.leaks()
	before := len(b.server.Ended())

	watched := make(chan struct{})
	done := make(chan struct{})
	go func() { // ends with done
		defer close(watched)
		for {
			seen := map[netip.Addr]string{}
			for _, s := range b.server.Sessions() {
				if other := seen[s.Remote]; s.Stage == StageConnected && other != "" {
					t.Errorf("sessions %s and %s both have %s", s.ID, other, s.Remote)
				}
				if s.Stage == StageConnected {
					seen[s.Remote] = s.ID
				}
			}
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			for range rounds {
				b.churn(rng)
			}
		})
	}
	all.Wait()
	close(done)
	<-watched
	b.idle()
	if n := len(b.server.Ended()) - before; n < workers*rounds/2 {
		t.Errorf("%d sessions ended, want nearly %d", n, workers*rounds)
	}
	held()
}

// churn is one call of a client that comes and goes somehow.
func (b *bench) churn(rng *rand.Rand) {
	o := b.client(func(c *ClientConfig) { c.User = []string{"john", "jane", "nobody"}[rng.IntN(3)] })
	if o.Config.User == "jane" {
		o.Credentials = credentials("geheim")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if rng.IntN(4) == 0 { // gives up half-way
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rng.IntN(3000))*time.Microsecond)
		defer cancel()
	}
	c, _, err := Dial(ctx, o)
	if err != nil {
		return
	}
	switch rng.IntN(4) {
	case 0:
		c.Drop()
	case 1:
		for _, s := range b.server.Sessions() {
			if rng.IntN(4) == 0 {
				_ = b.server.Terminate(s.ID, "churn") // it may be gone already
			}
		}
		c.Close()
	case 2:
		go c.Drop() // both at once
		c.Close()
	default:
		c.Close()
	}
}
