package concentrator

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// refusalsAtOnce is how many refused control connections are told so at the
// same time; beyond that they are just closed.
const refusalsAtOnce = 16

// accept takes control connections until the listener is closed. ctx stops
// them politely, kill at once.
func (s *Server) accept(ctx, kill context.Context, l net.Listener) {
	refusing := make(chan struct{}, refusalsAtOnce)
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			if held, ok := s.strangers.pass(time.Now()); ok {
				withHeld(s.log.Error(), held).Err(err).Msg("cannot accept control connections")
			}
			select {
			case <-time.After(s.timing.acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		local, peer := addrPort(nc.LocalAddr()), addrPort(nc.RemoteAddr())
		if err := s.limits.connect(peer.Addr()); err != nil {
			if held, ok := s.strangers.pass(time.Now()); ok {
				withHeld(s.log.Warn(), held).Stringer("peer", peer).Str("reason", err.Error()).Msg("control connection refused")
			}
			s.refuse(ctx, kill, nc, refusing)
			continue
		}
		// Ends with the connection, which kill ends at the latest.
		s.controls.Go(func() {
			c := newControl(s, nc, local, peer)
			c.run(ctx, kill)
			s.limits.disconnect(peer.Addr(), !c.called)
		})
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// refuse tells a client that its control connection is not authorised, where
// that is cheap, so that it can tell a limit from a firewall.
func (s *Server) refuse(ctx, kill context.Context, nc net.Conn, refusing chan struct{}) {
	select {
	case refusing <- struct{}{}:
	default:
		nc.Close()
		return
	}
	machine := pptp.New(pptp.Config{
		Role: pptp.Server, Host: s.config().Server.HostName, Vendor: vendorName,
		Refuse: pptp.StartNotAuthorized, FirstWithin: s.timing.refuse,
	})
	conn := newControlConn(nc, machine, s.timing.refuse, func(pptp.Output) {})
	// Ends after timing.refuse, or with kill.
	s.controls.Go(func() {
		defer func() { <-refusing }()
		defer context.AfterFunc(kill, func() { nc.Close() })()
		conn.run(ctx, pptp.StopLocalShutdown)
	})
}
