package host

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestExpired(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct {
		name   string
		after  time.Duration // of a call with 10 s
		cancel bool
		err    error
		want   bool
	}{
		{"plugin's answer", time.Second, false, other, false},
		{"plugin gave up in time", 9 * time.Second, false, context.DeadlineExceeded, false},
		{"timer fired", 10 * time.Second, false, other, true},
		{"reset before the timer", 10*time.Second - 1, false, context.Canceled, true},
		{"caller left", time.Second, true, context.Canceled, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				<-time.After(c.after)
				if c.cancel {
					cancel()
				}
				if got := expired(ctx, c.err); got != c.want {
					t.Errorf("expired() = %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestDelayDoublesAndIsBounded(t *testing.T) {
	b := &Backend{config: Config{BackoffMin: time.Second, BackoffMax: 10 * time.Second}}
	for _, c := range []struct {
		failures int
		want     time.Duration
	}{{0, 0}, {1, time.Second}, {2, 2 * time.Second}, {4, 8 * time.Second}, {5, 10 * time.Second}, {1 << 40, 10 * time.Second}} {
		for range 100 {
			got := b.delay(c.failures)
			if low, high := c.want-c.want/5, c.want+c.want/5; got < low || got > high {
				t.Errorf("delay(%d) = %v, want %v to %v", c.failures, got, low, high)
			}
		}
	}
}
