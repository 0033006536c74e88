package concentrator

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
)

// perform does what the PPP machine of a session asks for.
func (s *session) perform(out ppp.Output) {
	if s.ending != nil {
		s.performEnding(out)
		return
	}
	switch o := out.(type) {
	case ppp.LinkUp:
		s.hintAt = time.Time{}
		if !s.reach(StageLink) {
			s.log.Debug().Uint16("peer-mru", o.PeerMRU).Str("auth", methodName(o.Auth)).Msg("link negotiated anew")
			return
		}
		s.log.Info().Str("stage", string(StageLink)).Uint16("peer-mru", o.PeerMRU).Str("auth", methodName(o.Auth)).Msg("link established")
	case ppp.PeerIdent:
		s.info.ClientIdent = o.Text
		s.publish()
		s.log.Debug().Str("ident", o.Text).Msg("client identified itself")
	case ppp.NeedAuth:
		s.authenticate(o)
	case ppp.AuthDone:
		s.authenticated()
	case ppp.NeedAddress:
		s.needAddress(o)
	case ppp.LayerUp:
		s.up(o)
	case ppp.LayerDown:
		s.tunnel.StopForwarding()
	case ppp.Finished:
		s.linkFinished(o)
	}
}

// performEnding: a session that is ending starts nothing any more, whatever its
// machine had to say in the same breath as what ended it.
func (s *session) performEnding(out ppp.Output) {
	switch o := out.(type) {
	case ppp.LayerDown:
		s.tunnel.StopForwarding()
	case ppp.Finished:
		s.linkFinished(o)
	}
}

// up: IPCP is open. IP passes, and accounting starts, before the last
// Configure-Ack leaves.
func (s *session) up(o ppp.LayerUp) {
	mtu := int(o.MTU)
	err := s.tunnel.Forward(dataplane.ForwardSpec{
		Local: o.Local, Remote: o.Remote, Routes: s.policyRoutes(), MTU: mtu,
		ClampMSS:          s.cfg.ClampMSS,
		RequireEncryption: s.required,
		ACFC:              o.ACFC, PFC: o.PFC,
	})
	if err != nil {
		s.stop(CauseDataPlane, err.Error())
		return
	}
	now := time.Now()
	s.info.Local, s.info.Remote, s.info.MTU = o.Local, o.Remote, mtu
	s.info.Encoding = encodingText(o.Receive, o.Send)
	if !s.info.Connected.IsZero() { // IPCP was negotiated anew
		s.publish()
		s.log.Debug().Str("encoding", s.info.Encoding).Int("mtu", mtu).Msg("connected again")
		return
	}
	s.info.Connected, s.setupBy = now, time.Time{}
	if s.info.IdleTimeout > 0 {
		s.idleAt = now.Add(s.info.IdleTimeout)
	}
	if s.info.Timeout > 0 {
		s.endAt = now.Add(s.info.Timeout)
	}
	s.reach(StageConnected)
	s.srv.registry.connected()
	s.accountStart(now)
	s.log.Info().Str("stage", string(StageConnected)).Stringer("address", o.Remote).Stringer("local-address", o.Local).
		Str("encoding", s.info.Encoding).Int("mtu", mtu).Str("interface", s.info.Interface).
		Dur("setup", now.Sub(s.info.Started).Round(time.Millisecond)).Msg("connected")
}

func (s *session) policyRoutes() []netip.Prefix {
	if s.info.Policy == nil {
		return nil
	}
	routes := make([]netip.Prefix, 0, len(s.info.Policy.Routes))
	for _, r := range s.info.Policy.Routes {
		routes = append(routes, r.Destination)
	}
	return routes
}

// linkFinished: the link is over, and with it the session.
func (s *session) linkFinished(o ppp.Finished) {
	e := &ending{cause: fromPPP[o.Cause], detail: o.Detail}
	switch {
	case o.Cause == ppp.CauseLowerDown && s.callEnding != nil:
		e = s.callEnding
	case o.Cause == ppp.CauseAuthRejected && s.refusal != nil:
		e = s.refusal
	case o.Cause == ppp.CauseNoFrames:
		e.detail = s.noFramesReason(time.Now())
	case o.Cause == ppp.CausePeerTerminated:
		e.detail = peerTerminated(o.Detail)
	case o.Detail != "":
		e.detail = causeEffects[e.cause].reason + ": " + o.Detail
	}
	s.conclude(e)
	s.over = true
}

func peerTerminated(words string) string {
	if words == "" {
		return causeEffects[CauseUserRequest].reason
	}
	return causeEffects[CauseUserRequest].reason + ": " + words
}
