package concentrator

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// vendorName is our vendor string in Start-Control-Connection.
const vendorName = "pptpac"

// control is one control connection of the server with its calls. Its fields
// belong to the actor that run is.
type control struct {
	srv  *Server
	conn *controlConn
	log  zerolog.Logger

	local, peer  netip.AddrPort
	host, vendor string
	established  bool
	called       bool                // has had a call
	calls        map[uint16]*session // by our call id
}

func newControl(srv *Server, nc net.Conn, local, peer netip.AddrPort) *control {
	cfg := srv.config().Server
	c := &control{
		srv: srv, local: local, peer: peer,
		log:   srv.log.With().Stringer("peer", peer).Logger(),
		calls: make(map[uint16]*session),
	}
	machine := pptp.New(pptp.Config{
		Role: pptp.Server, Host: cfg.HostName, Vendor: vendorName, MaxCalls: cfg.MaxCalls,
		FirstWithin: cfg.FirstTimeout, ReplyWithin: cfg.SetupTimeout, EchoAfter: cfg.EchoInterval, EchoWithin: cfg.EchoTimeout,
	})
	c.conn = newControlConn(nc, machine, srv.timing.write, c.perform)
	return c
}

// run is the actor. It returns when the connection is over and every call of
// it has been told. ctx stops it politely, kill at once.
func (c *control) run(ctx, kill context.Context) {
	defer context.AfterFunc(kill, func() { c.conn.nc.Close() })()
	c.log.Debug().Msg("control connection accepted")
	finished := c.conn.run(ctx, pptp.StopLocalShutdown)
	event := c.log.Debug()
	if !c.established { // it never became a PPTP connection
		if held, ok := c.srv.strangers.pass(time.Now()); ok {
			event = withHeld(c.log.Info(), held)
		}
	}
	event.Str("reason", finished.Detail).Msg("control connection ended")
}

// perform does what the machine of the control connection asks for.
func (c *control) perform(out pptp.Output) {
	switch o := out.(type) {
	case pptp.Established:
		c.host, c.vendor, c.established = o.Host, o.Vendor, true
		c.log.Debug().Str("host", o.Host).Str("vendor", o.Vendor).Uint16("firmware", o.Firmware).Msg("control connection established")
	case pptp.CallRequested:
		c.callRequested(o)
	case pptp.CallConnected:
		if s := c.calls[o.CallID]; s != nil {
			s.mail.post(callConnected{o})
		}
	case pptp.CallEnded:
		if s := c.calls[o.CallID]; s != nil {
			delete(c.calls, o.CallID)
			s.mail.post(callEnded{cause: c.callCause(o.Cause), detail: o.Detail})
		}
	case pptp.LinkInfo:
		c.log.Debug().Uint16("call-id", o.CallID).Uint32("send-accm", o.SendACCM).Uint32("receive-accm", o.RecvACCM).Msg("set-link-info")
	}
}

// callCause: a client that stops the whole connection has hung up; nothing was
// lost.
func (c *control) callCause(cause pptp.CallCause) pptp.CallCause {
	if f := c.conn.finished; cause == pptp.CallConnectionLost && f != nil && f.Cause == pptp.ConnStoppedByPeer {
		return pptp.CallClearedByPeer
	}
	return cause
}

// callRequested answers a request for a call. The tunnel is open before the
// reply leaves, so that the client's first frame finds it.
func (c *control) callRequested(o pptp.CallRequested) {
	s, refused := c.srv.newSession(c, o)
	if refused != nil {
		if held, ok := c.srv.strangers.pass(time.Now()); ok {
			withHeld(c.log.Warn(), held).Str("reason", refused.reason).Stringer("result", refused.result).Msg("call refused")
		}
		c.conn.feed(pptp.RefuseCall{Request: o.Request, Result: refused.result, Error: refused.err})
		return
	}
	if !c.called {
		c.called = true
		c.srv.limits.called(c.peer.Addr())
	}
	c.calls[s.callID] = s
	c.conn.feed(pptp.AcceptCall{Request: o.Request, CallID: s.callID})
}

// refusal of a call, before there is a session.
type refusal struct {
	result pptp.CallResult
	err    pptp.ErrorCode
	reason string
}
