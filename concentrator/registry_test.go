package concentrator

import (
	"fmt"
	"slices"
	"testing"
)

func TestUserSlots(t *testing.T) {
	r := newRegistry(10)
	s := []*session{
		{id: "1", userSlot: "john", hasSlot: true},
		{id: "2", userSlot: "jane", hasSlot: true},
		{id: "3", userSlot: "john", hasSlot: true},
	}
	if _, ok := r.claimUser("john", s[0], 1, false); !ok {
		t.Fatal("first session refused")
	}
	if _, ok := r.claimUser("john", s[1], 1, false); ok {
		t.Error("second session of an only-one user admitted")
	}
	if _, ok := r.claimUser("jane", s[1], 1, false); !ok {
		t.Error("another user refused")
	}
	oldest, ok := r.claimUser("john", s[2], 1, true)
	if !ok || len(oldest) != 1 || oldest[0] != s[0] {
		t.Errorf("replace: oldest %v, %v, want session 1", oldest, ok)
	}
	// The replaced session ends later and must not take the new one's slot.
	r.remove(s[0], EndedSession{Cause: CauseReplaced})
	if n := r.countUser("john"); n != 1 {
		t.Errorf("john has %d sessions, want 1", n)
	}
	r.remove(s[2], EndedSession{Cause: CauseUserRequest})
	if n := r.countUser("john"); n != 0 || len(r.users) != 1 {
		t.Errorf("john has %d sessions and %d users are known, want 0 and 1", n, len(r.users))
	}
}

// A limit that has been lowered makes room for one by ending all that are too
// many.
func TestReplaceUnderALoweredLimit(t *testing.T) {
	r := newRegistry(0)
	var all []*session
	for i := range 4 {
		s := &session{id: fmt.Sprint(i), userSlot: "john", hasSlot: true}
		r.claimUser("john", s, 0, false)
		all = append(all, s)
	}
	s := &session{id: "new", userSlot: "john", hasSlot: true}
	oldest, ok := r.claimUser("john", s, 2, true)
	if !ok || !slices.Equal(oldest, all[:3]) || r.countUser("john") != 2 {
		t.Errorf("replaced %d sessions (%v), %d are left; want the three oldest, 2", len(oldest), ok, r.countUser("john"))
	}
}

func TestEndedSessionsAreARing(t *testing.T) {
	ids := func(r *registry) (list []string) {
		for _, e := range r.endedSessions() {
			list = append(list, e.ID)
		}
		return list
	}
	end := func(r *registry, from, to int) {
		for i := from; i <= to; i++ {
			r.remove(&session{id: fmt.Sprint(i)}, EndedSession{SessionInfo: SessionInfo{ID: fmt.Sprint(i)}, Cause: CauseAdmin})
		}
	}
	r := newRegistry(3)
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"filling", func() { end(r, 1, 2) }, []string{"2", "1"}},
		{"full", func() { end(r, 3, 5) }, []string{"5", "4", "3"}},
		{"larger", func() { r.resize(4); end(r, 6, 7) }, []string{"7", "6", "5", "4"}},
		{"smaller", func() { r.resize(2); end(r, 8, 8) }, []string{"8", "7"}},
		{"none", func() { r.resize(0); end(r, 9, 9) }, nil},
	}
	for _, s := range steps {
		s.do()
		if got := ids(r); !slices.Equal(got, s.want) {
			t.Errorf("%s: %v, want %v", s.name, got, s.want)
		}
	}
	if n := r.snapshotTotals().Ended[CauseAdmin]; n != 9 {
		t.Errorf("%d sessions counted, want 9", n)
	}
}
