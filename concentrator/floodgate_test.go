package concentrator

import (
	"testing"
	"time"
)

func TestFloodGate(t *testing.T) {
	var g floodGate
	now := time.Unix(1000, 0)
	passed := 0
	for range 1000 {
		if _, ok := g.pass(now); ok {
			passed++
		}
	}
	if passed != floodLines {
		t.Errorf("%d lines in a second, want %d", passed, floodLines)
	}
	if held, ok := g.pass(now.Add(time.Second)); !ok || held != 1000-floodLines {
		t.Errorf("next second: %v, %d held, want %d", ok, held, 1000-floodLines)
	}
	if held, ok := g.pass(now.Add(time.Second)); !ok || held != 0 {
		t.Errorf("then: %v, %d held, want 0", ok, held)
	}
}

// A mailbox that is closed takes nothing, and says so.
func TestMailbox(t *testing.T) {
	m := newMailbox[int](2)
	if !m.offer(1) || !m.offer(2) || m.offer(3) || !m.post(4) {
		t.Error("offer must stop at the limit, post must not")
	}
	if got := m.close(); len(got) != 3 {
		t.Errorf("%v was left, want 1, 2, 4", got)
	}
	if m.offer(5) || m.post(6) || m.take() != nil {
		t.Error("a closed mailbox took something")
	}
}
