package pptp

import (
	"fmt"
	"time"
)

// alive notes a sign of life; it stands for the reply to an Echo-Request.
func (c *Conn) alive(now time.Time) {
	c.heard = now
	c.echoSent = time.Time{}
}

// echoDue is when the next Echo-Request is due, or the verdict on the last one.
func (c *Conn) echoDue() time.Time {
	if !c.echoSent.IsZero() {
		return c.echoSent.Add(c.cfg.EchoWithin)
	}
	return c.heard.Add(c.cfg.EchoAfter)
}

func (c *Conn) echoTick(now time.Time) {
	if now.Before(c.echoDue()) {
		return
	}
	if !c.echoSent.IsZero() {
		c.finish(ConnEchoTimeout, fmt.Sprintf("no answer to Echo-Request in %v", c.cfg.EchoWithin))
		return
	}
	c.echoID++
	c.echoSent = now
	c.send(EchoRequest{Identifier: c.echoID})
}

func (c *Conn) echoRequested(_ time.Time, m EchoRequest) {
	c.send(EchoReply{Identifier: m.Identifier, Result: EchoOK})
}

func (c *Conn) echoTooEarly(_ time.Time, m EchoRequest) {
	c.send(EchoReply{Identifier: m.Identifier, Result: EchoGeneralError, Error: ErrorNotConnected})
}
