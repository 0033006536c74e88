package gre

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }

// TestNumbers: sequence numbers start at 0 and go up by one for each packet with
// data (RFC 2637 §4.1); acknowledgements ride on data.
func TestNumbers(t *testing.T) {
	s := NewSender(7, 64)
	for i := range uint32(3) {
		if got, want := s.NextData(at(0)), (Header{CallID: 7, HasSeq: true, Seq: i}); got != want {
			t.Errorf("NextData = %+v, want %+v: no acknowledgement before any data", got, want)
		}
	}
	s.Received(at(1), 41)
	s.SetPeerCallID(8)
	if got, want := s.NextData(at(2)), (Header{CallID: 8, HasSeq: true, Seq: 3, HasAck: true, Ack: 41}); got != want {
		t.Errorf("NextData = %+v, want %+v", got, want)
	}
	if got, want := s.NextData(at(2)), (Header{CallID: 8, HasSeq: true, Seq: 4}); got != want {
		t.Errorf("NextData = %+v, want %+v: acknowledged already", got, want)
	}
	s.next = 1<<32 - 1
	s.NextData(at(3))
	if got := s.NextData(at(3)).Seq; got != 0 {
		t.Errorf("after 2^32-1 comes %d, want 0", got)
	}
}

func TestDelayedAck(t *testing.T) {
	t.Run("nothing received", func(t *testing.T) {
		s := NewSender(7, 64)
		if h, ok := s.AckOnly(at(100000)); ok || !s.Deadline().IsZero() {
			t.Errorf("AckOnly = %+v", h)
		}
	})
	t.Run("after 50 ms", func(t *testing.T) {
		s := NewSender(7, 64)
		s.Received(at(0), 0)
		s.Received(at(20), 1)
		if got, want := s.Deadline(), at(50); !got.Equal(want) {
			t.Errorf("Deadline = %v, want %v", got, want)
		}
		if h, ok := s.AckOnly(at(49)); ok {
			t.Errorf("after 49 ms: AckOnly = %+v", h)
		}
		h, ok := s.AckOnly(at(50))
		if want := (Header{CallID: 7, HasAck: true, Ack: 1}); !ok || h != want {
			t.Errorf("AckOnly = %+v, %v, want %+v", h, ok, want)
		}
		if _, ok := s.AckOnly(at(500)); ok || !s.Deadline().IsZero() {
			t.Error("acknowledged twice")
		}
	})
	t.Run("every half window", func(t *testing.T) {
		s := NewSender(7, 64)
		acks := 0
		for i := range uint32(640) {
			s.Received(at(0), i)
			if h, ok := s.AckOnly(at(0)); ok {
				acks++
				if h.Ack != i {
					t.Errorf("AckOnly acknowledges %d, want %d", h.Ack, i)
				}
			}
		}
		if acks != 20 {
			t.Errorf("%d acknowledgements for 640 packets, want 20", acks)
		}
	})
	t.Run("tiny window, never one for each packet", func(t *testing.T) {
		s := NewSender(7, 1)
		acks := 0
		for i := range uint32(100) {
			s.Received(at(0), i)
			if _, ok := s.AckOnly(at(0)); ok {
				acks++
			}
		}
		if acks > 25 {
			t.Errorf("%d acknowledgements for 100 packets", acks)
		}
	})
	t.Run("old packets are not acknowledged again", func(t *testing.T) {
		s := NewSender(7, 64)
		s.Received(at(0), 9)
		s.AckOnly(at(50))
		s.Received(at(60), 9)
		if s.AckDue(at(10000)) {
			t.Error("an acknowledgement is due")
		}
	})
	t.Run("the window went back", func(t *testing.T) {
		s := NewSender(7, 64)
		s.Received(at(0), 1<<30)
		s.Received(at(1), 10)
		if h, ok := s.AckOnly(at(50)); !ok || h.Ack != 10 {
			t.Errorf("AckOnly = %+v, %v, want 10", h, ok)
		}
	})
}

// TestPeerAcks: whatever the peer acknowledges, we go on sending.
func TestPeerAcks(t *testing.T) {
	s := NewSender(7, 64)
	for range 10 {
		s.NextData(at(0))
	}
	tests := []struct {
		name        string
		ack         uint32
		outstanding uint32
		bad         uint64
	}{
		{"first four", 3, 6, 0},
		{"the same again", 3, 6, 0},
		{"old", 1, 6, 1},
		{"not sent yet", 10, 6, 2},
		{"far beyond", 1 << 31, 6, 3},
		{"all", 9, 0, 3},
		{"all again", 9, 0, 3},
		{"beyond, nothing outstanding", 10, 0, 4},
	}
	for _, tt := range tests {
		s.PeerAcked(tt.ack)
		if got := s.Outstanding(); got != tt.outstanding || s.BadAcks() != tt.bad {
			t.Errorf("%s: outstanding %d, bad %d, want %d, %d", tt.name, got, s.BadAcks(), tt.outstanding, tt.bad)
		}
		if got := s.next; got != 10 {
			t.Fatalf("%s: next is %d", tt.name, got)
		}
	}
	s.next, s.acked = 5, 1<<32-5
	s.PeerAcked(2)
	if got := s.Outstanding(); got != 2 {
		t.Errorf("over the wrap: %d outstanding, want 2", got)
	}
}

func TestSenderSnapshot(t *testing.T) {
	s := NewSender(7, 64)
	for range 5 {
		s.NextData(at(0))
	}
	s.PeerAcked(2)
	s.PeerAcked(77)
	s.Received(at(0), 9)
	b, err := json.Marshal(s.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var snap SenderSnapshot
	if err := json.Unmarshal(b, &snap); err != nil {
		t.Fatal(err)
	}
	back, err := RestoreSender(snap, at(1000), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Snapshot(), back.Snapshot()); diff != "" {
		t.Errorf("restored differently: %s", diff)
	}
	if got, want := back.Deadline(), at(1050); !got.Equal(want) {
		t.Errorf("Deadline = %v, want %v", got, want)
	}
	back, err = RestoreSender(snap, at(1000), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := back.NextData(at(1000)), (Header{CallID: 7, HasSeq: true, Seq: 1005, HasAck: true, Ack: 9}); got != want {
		t.Errorf("NextData = %+v, want %+v", got, want)
	}
	snap.Version = 9
	if _, err := RestoreSender(snap, at(0), 0); !errors.Is(err, ErrSnapshot) {
		t.Errorf("RestoreSender = %v, want %v", err, ErrSnapshot)
	}
}
