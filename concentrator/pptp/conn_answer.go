package pptp

import (
	"fmt"
	"time"
)

// defaultSpeed in bit/s is what we claim where the peer names no maximum.
const defaultSpeed = 100_000_000

func (c *Conn) outgoingNotConnected(_ time.Time, m OutgoingCallRequest) {
	c.send(OutgoingCallReply{PeerCallID: m.CallID, Result: CallGeneralError, Error: ErrorNotConnected})
}

func (c *Conn) incomingNotConnected(_ time.Time, m IncomingCallRequest) {
	c.send(IncomingCallReply{PeerCallID: m.CallID, Result: IncomingGeneralError, Error: ErrorNotConnected})
}

func (c *Conn) outgoingRequested(now time.Time, m OutgoingCallRequest) {
	speed := m.MaximumBPS
	if speed == 0 {
		speed = defaultSpeed
	}
	c.requested(now, &call{
		origin:     OriginOutgoing,
		peerCallID: m.CallID,
		peerWindow: m.RecvWindow,
		speed:      speed,
	}, CallRequested{Serial: m.SerialNumber, Number: printable(m.PhoneNumber), SubAddress: printable(m.SubAddress)})
}

func (c *Conn) incomingRequested(now time.Time, m IncomingCallRequest) {
	c.requested(now, &call{
		origin:     OriginIncoming,
		peerCallID: m.CallID,
	}, CallRequested{
		Incoming:   true,
		Serial:     m.SerialNumber,
		Number:     printable(m.DialingNumber),
		SubAddress: printable(m.SubAddress),
	})
}

// requested asks our side about a call of the peer. A call id that the peer
// uses already on this connection is refused: nobody could tell the two calls'
// Call-Clear-Request, nor their GRE packets at the peer, apart.
func (c *Conn) requested(now time.Time, call *call, ask CallRequested) {
	call.state, call.peerKnown = CallStateRequested, true
	_, used := c.calls.peers[call.peerCallID]
	switch {
	case used:
		c.answerNo(call, CallGeneralError, ErrorBadCallID)
		return
	case c.cfg.MaxCalls > 0 && c.calls.count() >= c.cfg.MaxCalls, len(c.calls.requests) >= maxPending:
		c.answerNo(call, CallBusy, ErrorNone)
		return
	}
	call.request = c.calls.newRequest()
	call.deadline = now.Add(c.cfg.ReplyWithin)
	c.calls.insert(call)
	ask.Request, ask.PeerCallID, ask.PeerWindow = call.request, call.peerCallID, call.peerWindow
	c.emit(ask)
}

// answerNo refuses a request. It is the caller's to forget the call.
func (c *Conn) answerNo(call *call, r CallResult, e ErrorCode) {
	switch {
	case call.origin == OriginOutgoing:
		c.send(OutgoingCallReply{PeerCallID: call.peerCallID, Result: r, Error: e})
	case !call.withdrawn: // the PAC that withdrew its call needs no answer
		c.send(IncomingCallReply{PeerCallID: call.peerCallID, Result: r.incoming(), Error: e})
	}
}

func (c *Conn) acceptCall(now time.Time, in AcceptCall) {
	call := c.calls.requests[in.Request]
	if call == nil {
		c.acceptedTooLate(in)
		return
	}
	if _, used := c.calls.ours[in.CallID]; used || in.CallID == 0 {
		c.calls.remove(call)
		c.answerNo(call, CallGeneralError, ErrorNoResource)
		return
	}
	c.calls.remove(call)
	if call.withdrawn {
		if call.pac() {
			c.send(CallDisconnectNotify{CallID: in.CallID, Result: DisconnectRequest})
		}
		c.emit(CallEnded{CallID: in.CallID, Cause: call.endCause, Detail: call.endDetail})
		return
	}
	call.callID = in.CallID
	c.idleAt = time.Time{}
	if call.origin == OriginIncoming {
		call.state, call.deadline = CallStateWaitConnected, now.Add(c.cfg.ReplyWithin)
		c.calls.insert(call)
		c.send(IncomingCallReply{
			CallID:     call.callID,
			PeerCallID: call.peerCallID,
			Result:     IncomingConnect,
			RecvWindow: c.cfg.Window,
		})
		return
	}
	call.state = CallStateUp
	c.calls.insert(call)
	c.send(OutgoingCallReply{
		CallID:       call.callID,
		PeerCallID:   call.peerCallID,
		Result:       CallConnectedOK,
		ConnectSpeed: call.speed,
		RecvWindow:   c.cfg.Window,
	})
	c.connected(call)
}

// acceptedTooLate frees the call id that was meant for a request which is
// gone. An id that is in use here belongs to a call that was accepted before.
func (c *Conn) acceptedTooLate(in AcceptCall) {
	if _, used := c.calls.ours[in.CallID]; used || in.CallID == 0 {
		return
	}
	end := CallEnded{CallID: in.CallID, Cause: CallClearedByUs, Detail: "the request for this call was already refused"}
	if c.state != StateEstablished {
		end.Cause, end.Detail = CallConnectionLost, "the control connection is "+c.state.String()
	}
	c.emit(end)
}

func (c *Conn) refuseCall(in RefuseCall) {
	call := c.calls.requests[in.Request]
	if call == nil {
		return
	}
	c.calls.remove(call)
	result := in.Result
	if result <= CallConnectedOK {
		result = CallGeneralError
	}
	c.answerNo(call, result, in.Error)
}

func (c *Conn) incomingConnected(_ time.Time, m IncomingCallConnected) {
	call := c.calls.ours[m.PeerCallID]
	if call == nil || call.state != CallStateWaitConnected {
		return
	}
	call.peerWindow, call.speed = m.RecvWindow, m.ConnectSpeed
	c.becomeUp(call)
}

// becomeUp moves a call from a wait to CallStateUp.
func (c *Conn) becomeUp(call *call) {
	c.calls.remove(call)
	call.state = CallStateUp
	c.calls.insert(call)
	c.connected(call)
}

func (c *Conn) connected(call *call) {
	c.emit(CallConnected{
		CallID:     call.callID,
		PeerCallID: call.peerCallID,
		PeerWindow: call.peerWindow,
		Speed:      call.speed,
	})
}

// callExpired: somebody took longer than ReplyWithin over a call. If it was
// our own side, the peer need not wait any longer.
func (c *Conn) callExpired(now time.Time, call *call) {
	switch call.state {
	case CallStateRequested:
		c.calls.remove(call)
		if !call.withdrawn {
			c.answerNo(call, CallTimeout, ErrorNone)
		}
	case CallStateWaitReply:
		c.send(CallClearRequest{CallID: call.callID})
		c.endCall(now, call, CallNotAnswered, fmt.Sprintf("no Outgoing-Call-Reply in %v", c.cfg.ReplyWithin))
	case CallStateWaitConnected:
		c.send(CallClearRequest{CallID: call.callID})
		c.endCall(now, call, CallNotAnswered, fmt.Sprintf("no Incoming-Call-Connected in %v", c.cfg.ReplyWithin))
	default:
		c.calls.wait(call, time.Time{})
	}
}
