package concentrator

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// refusalsAtOnce is how many refused control connections are told so at the
// same time; beyond that they are just closed.
const refusalsAtOnce = 16

// accept takes control connections until the listener is closed.
func (s *Server) accept(ctx context.Context, l net.Listener) {
	refusing := make(chan struct{}, refusalsAtOnce)
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.log.Error().Err(err).Msg("cannot accept control connections")
			time.Sleep(acceptPause)
			continue
		}
		local, peer := addrPort(nc.LocalAddr()), addrPort(nc.RemoteAddr())
		if err := s.limits.connect(peer.Addr()); err != nil {
			s.log.Warn().Stringer("peer", peer).Str("reason", err.Error()).Msg("control connection refused")
			s.refuse(nc, refusing)
			continue
		}
		// Ends with the connection, which ctx ends at the latest.
		s.controls.Go(func() {
			defer s.limits.disconnect(peer.Addr())
			newControl(s, nc, local, peer).run(ctx)
		})
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// refuse tells a client that its control connection is not authorised, where
// that is cheap, so that it can tell a limit from a firewall.
func (s *Server) refuse(nc net.Conn, refusing chan struct{}) {
	select {
	case refusing <- struct{}{}:
	default:
		nc.Close()
		return
	}
	// Ends within the deadline.
	s.controls.Go(func() {
		defer func() { <-refusing }()
		defer nc.Close()
		_ = nc.SetDeadline(time.Now().Add(2 * time.Second))
		if !readMessage(nc) {
			return
		}
		reply := pptp.StartControlConnectionReply{
			ProtocolVersion: pptp.ProtocolVersion, Result: pptp.StartNotAuthorized,
			HostName: s.config().Server.HostName, VendorName: vendorName,
		}
		_, _ = nc.Write(reply.AppendTo(nil))
	})
}

// readMessage reads until there is one whole control message.
func readMessage(r io.Reader) bool {
	var decoder pptp.Decoder
	buf := make([]byte, pptp.MaxMessage)
	for {
		n, err := r.Read(buf)
		if _, writeErr := decoder.Write(buf[:n]); writeErr != nil {
			return false
		}
		if m, decodeErr := decoder.Next(); m != nil || decodeErr != nil {
			return m != nil
		}
		if err != nil {
			return false
		}
	}
}
