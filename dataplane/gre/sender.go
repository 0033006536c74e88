package gre

import "time"

// Limits of delayed acknowledgements.
const (
	// AckDelay is how long an acknowledgement waits for data to ride on.
	AckDelay = 50 * time.Millisecond
	// minAckEvery is the least number of packets that one ack-only packet
	// acknowledges before AckDelay has passed, whatever our window is.
	minAckEvery = 4
)

// Sender numbers the packets of one direction of a call and decides when to
// acknowledge those of the other (RFC 2637 §4.2, §4.3). It is used by one
// goroutine at a time.
type Sender struct {
	callID   uint16
	ackEvery uint32

	next  uint32 // sequence number of the next packet with data
	acked uint32 // first of ours that the peer has not acknowledged

	received bool      // the peer has sent data: there is something to acknowledge
	highest  uint32    // highest sequence number received
	pending  uint32    // packets received since our last acknowledgement
	due      time.Time // when to acknowledge at the latest; zero: nothing pending

	badAcks uint64
}

// NewSender returns the sender of a call: peerCallID is what goes into its
// packets, ourWindow the number of packets that we told the peer to send without
// acknowledgement.
func NewSender(peerCallID, ourWindow uint16) *Sender {
	return &Sender{callID: peerCallID, ackEvery: max(uint32(ourWindow)/2, minAckEvery)}
}

// SetPeerCallID changes the call id, for the end that learns it after the call
// was opened.
func (s *Sender) SetPeerCallID(id uint16) { s.callID = id }

// NextData returns the header of the next packet with data. An acknowledgement
// that is pending rides on it.
func (s *Sender) NextData(_ time.Time) Header {
	h := Header{CallID: s.callID, HasSeq: true, Seq: s.next}
	s.next++
	if !s.due.IsZero() {
		h.HasAck, h.Ack = true, s.acknowledge()
	}
	return h
}

// Received notes that data was accepted, so that it is acknowledged. highest is
// what Receiver.Highest says; it may go back, when what had moved it forward
// turns out to have been forged.
func (s *Sender) Received(now time.Time, highest uint32) {
	if s.received && highest == s.highest {
		return // an older packet: acknowledgements are cumulative
	}
	s.received, s.highest = true, highest
	s.pending++
	if s.due.IsZero() {
		s.due = now.Add(AckDelay)
	}
	if s.pending >= s.ackEvery && now.Before(s.due) {
		s.due = now
	}
}

// PeerAcked notes an acknowledgement from the peer. One that goes back, or beyond
// what was sent, is counted and otherwise ignored: it must not stop the call.
func (s *Sender) PeerAcked(ack uint32) {
	if ack-s.acked >= s.next-s.acked {
		if ack+1 != s.acked { // not merely the last one again
			s.badAcks++
		}
		return
	}
	s.acked = ack + 1
}

// Outstanding is the number of our packets that the peer has not acknowledged.
// It is for display: nothing waits for it.
func (s *Sender) Outstanding() uint32 { return s.next - s.acked }

// BadAcks counts the acknowledgements that went back or beyond what was sent.
func (s *Sender) BadAcks() uint64 { return s.badAcks }

// Deadline is when AckOnly must be asked at the latest; zero if there is nothing
// to acknowledge.
func (s *Sender) Deadline() time.Time { return s.due }

// AckDue reports whether an acknowledgement has waited long enough.
func (s *Sender) AckDue(now time.Time) bool {
	return !s.due.IsZero() && !now.Before(s.due)
}

// AckOnly returns the header of a packet that only acknowledges, if one is due.
// It is to be sent with a payload of length 0.
func (s *Sender) AckOnly(now time.Time) (Header, bool) {
	if !s.AckDue(now) {
		return Header{}, false
	}
	return Header{CallID: s.callID, HasAck: true, Ack: s.acknowledge()}, true
}

func (s *Sender) acknowledge() uint32 {
	s.pending, s.due = 0, time.Time{}
	return s.highest
}
