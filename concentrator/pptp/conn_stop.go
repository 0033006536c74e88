package pptp

import (
	"fmt"
	"time"
)

// stop is the wish of our side. Before the connection is established there is
// nothing the peer would have to be told.
func (c *Conn) stop(now time.Time, r StopReason) {
	detail := "stopped: " + r.String()
	switch c.state {
	case StateEstablished:
		c.shutDown(now, r, ConnStopped, detail)
	case StateIdle, StateWaitRequest, StateWaitReply:
		c.finish(ConnStopped, detail)
	}
}

// shutDown ends all calls, then asks for the end of the connection. The peer
// is told of each call, although the stop implies it, because clients log and
// some wait for it.
func (c *Conn) shutDown(now time.Time, r StopReason, cause ConnCause, detail string) {
	callCause := CallClearedByUs
	if cause != ConnStopped {
		callCause = CallConnectionLost
	}
	for _, call := range c.calls.ordered() {
		if call.state == CallStateRequested {
			c.calls.remove(call)
			c.answerNo(call, CallGeneralError, ErrorNoResource)
			continue
		}
		c.hangUp(call, DisconnectAdminShutdown, ErrorNone)
		c.calls.remove(call)
		c.emit(CallEnded{CallID: call.callID, Cause: callCause, Detail: detail})
	}
	c.cause, c.detail = cause, detail
	c.echoSent, c.idleAt = time.Time{}, time.Time{}
	c.send(StopControlConnectionRequest{Reason: r})
	c.enter(StateWaitStopReply, now.Add(c.cfg.StopWithin))
}

// idleExpired stops a connection without calls: KeepIdle after its last call,
// ReplyWithin after its start if it never had one.
func (c *Conn) idleExpired(now time.Time) {
	detail := fmt.Sprintf("no call for %v after the last one", c.cfg.KeepIdle)
	if !c.calls.had {
		detail = fmt.Sprintf("no call within %v of the start", c.cfg.ReplyWithin)
	}
	c.shutDown(now, StopGeneral, ConnStopped, detail)
}

// stopRequested: "all active user calls are implicitly cleared" (RFC 2637
// §2.3).
func (c *Conn) stopRequested(_ time.Time, m StopControlConnectionRequest) {
	c.send(StopControlConnectionReply{Result: StopOK})
	c.finish(ConnStoppedByPeer, "the peer stopped the control connection: "+m.Reason.String())
}

// stopAnswered closes whatever the reply says: we do not stay.
func (c *Conn) stopAnswered(time.Time, StopControlConnectionReply) {
	c.finish(c.cause, c.detail)
}
