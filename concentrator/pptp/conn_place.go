package pptp

import "time"

// minimumSpeed in bit/s is what Windows asks for, too.
const minimumSpeed = 300

func (c *Conn) placeCall(now time.Time, id uint16) {
	if _, used := c.calls.ours[id]; used || id == 0 {
		return
	}
	switch c.state {
	case StateWaitStopReply, StateFinished:
		c.emit(CallEnded{CallID: id, Cause: CallConnectionLost, Detail: "the control connection is " + c.state.String()})
		return
	}
	call := &call{origin: OriginOurs, state: CallStateQueued, callID: id}
	c.calls.insert(call)
	c.idleAt = time.Time{}
	if c.state == StateEstablished {
		c.requestCall(now, call)
	}
}

// requestCall sends the Outgoing-Call-Request of a queued call.
func (c *Conn) requestCall(now time.Time, call *call) {
	c.calls.remove(call)
	call.state, call.deadline = CallStateWaitReply, now.Add(c.cfg.ReplyWithin)
	c.calls.insert(call)
	c.calls.lastSerial++
	c.send(OutgoingCallRequest{
		CallID:       call.callID,
		SerialNumber: c.calls.lastSerial,
		MinimumBPS:   minimumSpeed,
		MaximumBPS:   defaultSpeed,
		BearerType:   BearerAny,
		FramingType:  FramingAny,
		RecvWindow:   c.cfg.Window,
	})
}

func (c *Conn) outgoingAnswered(now time.Time, m OutgoingCallReply) {
	call := c.calls.ours[m.PeerCallID]
	if call == nil || call.state != CallStateWaitReply {
		return // of a call that was given up
	}
	if m.Result != CallConnectedOK {
		c.endCall(now, call, CallRefusedByPeer, "Outgoing-Call-Reply: "+verdict(m.Result, m.Error, m.Cause))
		return
	}
	if _, used := c.calls.peers[m.CallID]; used {
		c.send(CallClearRequest{CallID: call.callID})
		c.endCall(now, call, CallRefusedByPeer, "Outgoing-Call-Reply: with a call id of another call")
		return
	}
	call.peerKnown, call.peerCallID = true, m.CallID
	call.peerWindow, call.speed = m.RecvWindow, m.ConnectSpeed
	c.becomeUp(call)
}
