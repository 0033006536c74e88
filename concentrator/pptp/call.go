package pptp

import (
	"container/list"
	"fmt"
	"time"
)

// CallState is where a call stands. The numbers stand in snapshots and do not
// change.
type CallState uint8

// States of a call.
const (
	CallStateQueued        CallState = iota // placed before the connection was established
	CallStateRequested                      // the peer asked, AcceptCall or RefuseCall is due
	CallStateWaitReply                      // we asked, Outgoing-Call-Reply is due
	CallStateWaitConnected                  // we answered, Incoming-Call-Connected is due
	CallStateUp                             // CallConnected

	callStates = iota
)

func (s CallState) String() string {
	switch s {
	case CallStateQueued:
		return "queued"
	case CallStateRequested:
		return "requested"
	case CallStateWaitReply:
		return "wait-reply"
	case CallStateWaitConnected:
		return "wait-connected"
	case CallStateUp:
		return "up"
	}
	return fmt.Sprintf("call state %d", uint8(s))
}

// Origin says who asked for a call and how; it fixes which end is its PAC. The
// numbers stand in snapshots and do not change.
type Origin uint8

// Origins of a call.
const (
	OriginOurs     Origin = iota // our Outgoing-Call-Request: the peer is the PAC
	OriginOutgoing               // the peer's Outgoing-Call-Request: we are the PAC
	OriginIncoming               // the peer's Incoming-Call-Request: the peer is the PAC

	callOrigins = iota
)

type call struct {
	state      CallState
	origin     Origin
	callID     uint16 // ours; without meaning in CallStateRequested
	peerKnown  bool   // peerCallID is the peer's, be it 0
	peerCallID uint16
	peerWindow uint16
	speed      uint32
	request    uint32 // in CallStateRequested
	withdrawn  bool   // in CallStateRequested: the peer thought better of it
	endCause   CallCause
	endDetail  string
	deadline   time.Time // zero: none

	seq  uint64 // order among the calls
	wait *list.Element
}

// pac tells whether we are the access concentrator of the call.
func (c *call) pac() bool { return c.origin == OriginOutgoing }
