package gre

import (
	"errors"
	"fmt"
	"time"
)

// snapshotVersion is written into snapshots; others are refused.
const snapshotVersion = 1

// ErrSnapshot is returned for a snapshot that this version cannot restore.
var ErrSnapshot = errors.New("gre: snapshot not understood")

// SenderSnapshot is a Sender written out.
type SenderSnapshot struct {
	Version  int    `json:"version"`
	CallID   uint16 `json:"call_id"`
	AckEvery uint32 `json:"ack_every"`
	Next     uint32 `json:"next"`
	Acked    uint32 `json:"acked"`
	Received bool   `json:"received"`
	Highest  uint32 `json:"highest"`
	Pending  bool   `json:"pending"` // an acknowledgement is owed
	BadAcks  uint64 `json:"bad_acks"`
}

// Snapshot writes the sender out.
func (s *Sender) Snapshot() SenderSnapshot {
	return SenderSnapshot{
		Version: snapshotVersion, CallID: s.callID, AckEvery: s.ackEvery,
		Next: s.next, Acked: s.acked,
		Received: s.received, Highest: s.highest, Pending: !s.due.IsZero(),
		BadAcks: s.badAcks,
	}
}

// RestoreSender continues from a snapshot. jump is added to the next sequence
// number: for packets that were sent after the snapshot was taken. An
// acknowledgement that was owed is due AckDelay after now.
func RestoreSender(snap SenderSnapshot, now time.Time, jump uint32) (*Sender, error) {
	if snap.Version != snapshotVersion {
		return nil, fmt.Errorf("%w: sender, version %d", ErrSnapshot, snap.Version)
	}
	s := &Sender{
		callID: snap.CallID, ackEvery: max(snap.AckEvery, minAckEvery),
		next: snap.Next + jump, acked: snap.Acked,
		received: snap.Received, highest: snap.Highest,
		badAcks: snap.BadAcks,
	}
	if snap.Pending && snap.Received {
		s.pending, s.due = 1, now.Add(AckDelay)
	}
	return s, nil
}

// ReceiverSnapshot is a Receiver written out. Packets that were held back are not
// part of it: call Release first.
type ReceiverSnapshot struct {
	Version   int       `json:"version"`
	Window    int       `json:"window"`
	Started   bool      `json:"started"`
	Next      uint32    `json:"next"`
	Seen      uint64    `json:"seen"`
	Confirmed uint32    `json:"confirmed"`
	Counts    RecvStats `json:"counts"`
}

// Snapshot writes the receiver out.
func (r *Receiver) Snapshot() ReceiverSnapshot {
	return ReceiverSnapshot{
		Version: snapshotVersion, Window: r.window,
		Started: r.started, Next: r.cur.next, Seen: r.cur.seen, Confirmed: r.cur.confirmed,
		Counts: r.stats,
	}
}

// RestoreReceiver continues from a snapshot. It needs no jump: a receiver accepts
// packets however far ahead.
func RestoreReceiver(snap ReceiverSnapshot) (*Receiver, error) {
	if snap.Version != snapshotVersion {
		return nil, fmt.Errorf("%w: receiver, version %d", ErrSnapshot, snap.Version)
	}
	r := NewReceiver(snap.Window)
	r.started = snap.Started
	r.cur = position{next: snap.Next, seen: snap.Seen, confirmed: snap.Confirmed}
	r.stats = snap.Counts
	return r, nil
}
