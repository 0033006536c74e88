package pptp

import (
	"fmt"
	"math"
	"time"
)

// firmwareRevision is what we say of ourselves; nobody acts on it.
const firmwareRevision = 1

func (c *Conn) open(now time.Time) {
	if c.state != StateIdle {
		return
	}
	c.alive(now)
	if c.cfg.Role == Server {
		c.enter(StateWaitRequest, now.Add(c.cfg.FirstWithin))
		return
	}
	c.enter(StateWaitReply, now.Add(c.cfg.ReplyWithin))
	c.send(StartControlConnectionRequest{
		ProtocolVersion:     ProtocolVersion,
		FramingCapabilities: FramingAny,
		BearerCapabilities:  BearerAny,
		FirmwareRevision:    firmwareRevision,
		HostName:            c.cfg.Host,
		VendorName:          c.cfg.Vendor,
	})
}

func (c *Conn) startReply(r StartResult) StartControlConnectionReply {
	channels := uint16(math.MaxUint16)
	if n := c.cfg.MaxCalls; n > 0 && n < math.MaxUint16 {
		channels = uint16(n)
	}
	return StartControlConnectionReply{
		ProtocolVersion:     ProtocolVersion,
		Result:              r,
		FramingCapabilities: FramingAny,
		BearerCapabilities:  BearerAny,
		MaximumChannels:     channels,
		FirmwareRevision:    firmwareRevision,
		HostName:            c.cfg.Host,
		VendorName:          c.cfg.Vendor,
	}
}

func (c *Conn) startRequested(now time.Time, m StartControlConnectionRequest) {
	switch {
	case c.cfg.Refuse != 0 && c.cfg.Refuse != StartOK:
		c.send(c.startReply(c.cfg.Refuse))
		c.finish(ConnRefusedByUs, "refused: "+c.cfg.Refuse.String())
	case m.ProtocolVersion != ProtocolVersion:
		c.send(c.startReply(StartVersionUnknown))
		c.finish(ConnBadVersion, badVersion(m.ProtocolVersion))
	default:
		c.send(c.startReply(StartOK))
		c.establish(now, m.HostName, m.VendorName, m.FirmwareRevision)
	}
}

func badVersion(v uint16) string {
	return fmt.Sprintf("the peer speaks PPTP version %d.%d, we speak 1.0", v>>8, v&0xff)
}

// startedTwice: one connection is enough, and it is this one.
func (c *Conn) startedTwice(time.Time, StartControlConnectionRequest) {
	c.send(c.startReply(StartAlreadyExists))
}

func (c *Conn) startAnswered(now time.Time, m StartControlConnectionReply) {
	switch {
	case m.Result == StartVersionUnknown:
		c.finish(ConnBadVersion, badVersion(m.ProtocolVersion))
	case m.Result > StartOK: // 0 is what some peers send for success
		c.finish(ConnRefusedByPeer, "Start-Control-Connection-Reply: "+verdict(m.Result, m.Error, 0))
	case m.ProtocolVersion != ProtocolVersion:
		c.shutDown(now, StopProtocol, ConnBadVersion, badVersion(m.ProtocolVersion))
	default:
		c.establish(now, m.HostName, m.VendorName, m.FirmwareRevision)
	}
}

// establish also places the calls that waited for this moment. A server gives
// its peer ReplyWithin to ask for the first call.
func (c *Conn) establish(now time.Time, host, vendor string, firmware uint16) {
	c.enter(StateEstablished, time.Time{})
	if c.cfg.Role == Server && c.calls.count() == 0 {
		c.idleAt = now.Add(c.cfg.ReplyWithin)
	}
	c.emit(Established{Host: printable(host), Vendor: printable(vendor), Firmware: firmware})
	for _, call := range c.calls.ordered() {
		if call.state == CallStateQueued {
			c.requestCall(now, call)
		}
	}
}
