package concentrator

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// floodLines is how many lines of one kind reach the log in a second: whoever
// can connect can cause them.
const floodLines = 10

// floodGate keeps what strangers cause from flooding the log. The zero value
// is ready. Safe for concurrent use.
type floodGate struct {
	mu     sync.Mutex // guards the rest
	second time.Time
	lines  int
	held   uint64 // since the last line that passed
}

// pass reports whether a line may be logged, and how many before it were not.
func (g *floodGate) pass(now time.Time) (held uint64, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.second) >= time.Second {
		g.second, g.lines = now, 0
	}
	if g.lines >= floodLines {
		g.held++
		return 0, false
	}
	g.lines++
	held, g.held = g.held, 0
	return held, true
}

// withHeld tells in a line that passed how many before it did not.
func withHeld(line *zerolog.Event, held uint64) *zerolog.Event {
	if held == 0 {
		return line
	}
	return line.Uint64("not-logged", held)
}
