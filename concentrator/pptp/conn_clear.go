package pptp

import (
	"strings"
	"time"
)

func (c *Conn) clearCall(now time.Time, in ClearCall) {
	call := c.calls.ours[in.CallID]
	if call == nil {
		return
	}
	c.hangUp(call, in.Result, in.Error)
	c.endCall(now, call, CallClearedByUs, "cleared: "+verdict(in.Result, in.Error, 0))
}

// hangUp tells the peer that we end a call: the PAC notifies, the PNS requests
// (RFC 2637 §2.12, §2.13). Both messages carry the sender's call id.
func (c *Conn) hangUp(call *call, r DisconnectResult, e ErrorCode) {
	switch {
	case call.pac():
		c.send(CallDisconnectNotify{CallID: call.callID, Result: r, Error: e})
	case call.state != CallStateQueued:
		c.send(CallClearRequest{CallID: call.callID})
	}
}

// endCall forgets a call that has a call id of ours. With the last one KeepIdle
// begins.
func (c *Conn) endCall(now time.Time, call *call, cause CallCause, detail string) {
	c.calls.remove(call)
	c.emit(CallEnded{CallID: call.callID, Cause: cause, Detail: detail})
	if c.cfg.Role == Server && len(c.calls.ours) == 0 && c.state == StateEstablished {
		c.idleAt = now.Add(c.cfg.KeepIdle)
		c.calls.had = true
	}
}

// clearRequested: "The call being cleared can be either an incoming or
// outgoing call, in any state. The PAC responds to this message with a
// Call-Disconnect-Notify message" (RFC 2637 §2.12). Calls we do not know any
// more are what our own Call-Disconnect-Notify was about.
func (c *Conn) clearRequested(now time.Time, m CallClearRequest) {
	call := c.calls.peers[m.CallID]
	if call == nil {
		return
	}
	const detail = "Call-Clear-Request of the peer"
	if call.state == CallStateRequested {
		c.withdraw(call, CallClearedByPeer, detail)
		return
	}
	c.send(CallDisconnectNotify{CallID: call.callID, Result: DisconnectRequest})
	c.endCall(now, call, CallClearedByPeer, detail)
}

func (c *Conn) disconnected(now time.Time, m CallDisconnectNotify) {
	call := c.calls.peers[m.CallID]
	if call == nil {
		call = c.misnamed(m.CallID)
	}
	if call == nil {
		return
	}
	detail := "Call-Disconnect-Notify of the peer: " + verdict(m.Result, m.Error, m.Cause)
	if s := strings.TrimSpace(printable(m.Statistics)); s != "" {
		detail += ", statistics: " + s
	}
	if call.state == CallStateRequested {
		c.withdraw(call, CallDisconnectedByPeer, detail)
		return
	}
	c.endCall(now, call, CallDisconnectedByPeer, detail)
}

// misnamed finds the call of a Call-Disconnect-Notify that carries our call id
// instead of the peer's, as some servers send it. With several calls it could
// as well be a late word about one that is gone.
func (c *Conn) misnamed(id uint16) *call {
	if call := c.calls.ours[id]; call != nil && !call.pac() && c.calls.count() == 1 {
		return call
	}
	return nil
}

// withdraw notes that the peer gave up a call our side has not answered yet.
// The answer will free the call id; the peer may use its own again at once.
func (c *Conn) withdraw(call *call, cause CallCause, detail string) {
	call.withdrawn, call.endCause, call.endDetail = true, cause, detail
	c.calls.forgetPeer(call)
}

func (c *Conn) linkInfo(_ time.Time, m SetLinkInfo) {
	if call := c.calls.ours[m.PeerCallID]; call != nil {
		c.emit(LinkInfo{CallID: call.callID, SendACCM: m.SendACCM, RecvACCM: m.ReceiveACCM})
	}
}
