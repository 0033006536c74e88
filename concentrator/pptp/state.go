package pptp

import (
	"fmt"
	"time"
)

// State is where a control connection stands. The names follow RFC 2637
// §3.1.1 and §3.1.2. The numbers stand in snapshots and do not change.
type State uint8

// States of a control connection.
//
//	           Open, server                       Open, client
//	  +------- StateIdle ------------------------------+
//	  v                                                v
//	StateWaitRequest                             StateWaitReply
//	  | Start-...-Request                              | Start-...-Reply
//	  +----------------> StateEstablished <------------+
//	                           | Stop, idle
//	                           v
//	                     StateWaitStopReply
//	                           | Stop-...-Reply, timeout
//	                           v
//	 any other end ----> StateFinished
const (
	StateIdle          State = iota // before Open
	StateWaitRequest                // server, idle of RFC 2637
	StateWaitReply                  // client, wait_ctl_reply
	StateEstablished                // established
	StateWaitStopReply              // wait_stop_reply
	StateFinished                   // after Finished

	connStates = iota
)

func (s State) String() string {
	switch s {
	case StateIdle:
		return "idle"
	case StateWaitRequest:
		return "wait-request"
	case StateWaitReply:
		return "wait-reply"
	case StateEstablished:
		return "established"
	case StateWaitStopReply:
		return "wait-stop-reply"
	case StateFinished:
		return "finished"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// reaction is what a Conn does with a message in a state; nil: nothing.
type reaction func(*Conn, time.Time, Message)

// on makes a reaction of a method for one message type.
func on[M Message](f func(*Conn, time.Time, M)) reaction {
	return func(c *Conn, now time.Time, msg Message) {
		if m, ok := msg.(M); ok {
			f(c, now, m)
		}
	}
}

// reactions is the state machine of the control connection: what a message
// does in a state. What stands nowhere is ignored: before the start and behind
// the end nothing matters, and an established connection bears stray messages,
// because a peer that lost count of its calls still has others.
var reactions = [controlTypes][connStates]reaction{
	TypeStartControlConnectionRequest: {
		StateWaitRequest: on((*Conn).startRequested),
		StateWaitReply:   on((*Conn).startedTwice),
		StateEstablished: on((*Conn).startedTwice),
	},
	TypeStartControlConnectionReply: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   on((*Conn).startAnswered),
	},
	TypeStopControlConnectionRequest: {
		StateWaitRequest:   on((*Conn).stopRequested),
		StateWaitReply:     on((*Conn).stopRequested),
		StateEstablished:   on((*Conn).stopRequested),
		StateWaitStopReply: on((*Conn).stopRequested),
	},
	TypeStopControlConnectionReply: {
		StateWaitRequest:   (*Conn).misplaced,
		StateWaitReply:     (*Conn).misplaced,
		StateWaitStopReply: on((*Conn).stopAnswered),
	},
	TypeEchoRequest: {
		StateWaitRequest:   on((*Conn).echoTooEarly),
		StateWaitReply:     on((*Conn).echoRequested),
		StateEstablished:   on((*Conn).echoRequested),
		StateWaitStopReply: on((*Conn).echoRequested),
	},
	// Any octets are a sign of life, hence an Echo-Reply has nothing to add,
	// and one nobody asked for does no harm.
	TypeEchoReply: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
	},
	TypeOutgoingCallRequest: {
		StateWaitRequest:   on((*Conn).outgoingNotConnected),
		StateWaitReply:     on((*Conn).outgoingNotConnected),
		StateEstablished:   on((*Conn).outgoingRequested),
		StateWaitStopReply: on((*Conn).outgoingNotConnected),
	},
	TypeOutgoingCallReply: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
		StateEstablished: on((*Conn).outgoingAnswered),
	},
	TypeIncomingCallRequest: {
		StateWaitRequest:   on((*Conn).incomingNotConnected),
		StateWaitReply:     on((*Conn).incomingNotConnected),
		StateEstablished:   on((*Conn).incomingRequested),
		StateWaitStopReply: on((*Conn).incomingNotConnected),
	},
	// We announce no incoming calls, hence every Incoming-Call-Reply is stray.
	TypeIncomingCallReply: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
	},
	TypeIncomingCallConnected: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
		StateEstablished: on((*Conn).incomingConnected),
	},
	TypeCallClearRequest: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
		StateEstablished: on((*Conn).clearRequested),
	},
	TypeCallDisconnectNotify: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
		StateEstablished: on((*Conn).disconnected),
	},
	// Errors of a telephone line that does not exist.
	TypeWANErrorNotify: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
	},
	TypeSetLinkInfo: {
		StateWaitRequest: (*Conn).misplaced,
		StateWaitReply:   (*Conn).misplaced,
		StateEstablished: on((*Conn).linkInfo),
	},
}

// misplaced ends a connection whose peer talks of things that cannot exist yet.
func (c *Conn) misplaced(_ time.Time, m Message) {
	c.finish(ConnProtocolError, fmt.Sprintf("%v before Start-Control-Connection", m.ControlType()))
}
