package concentrator

import (
	"context"
	"fmt"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/pptp"
	"github.com/pptpac/pptpac/dataplane"
)

// newSession admits a call, reserves its call id, opens its tunnel and starts
// its actor. It runs in the actor of the control connection.
func (s *Server) newSession(c *control, o pptp.CallRequested) (*session, *refusal) {
	s.admit.RLock()
	defer s.admit.RUnlock()
	cfg := s.config()
	if s.closing {
		return nil, &refusal{result: pptp.CallDoNotAccept, reason: causeEffects[CauseShutdown].reason}
	}
	if !cfg.Dynamic.Enabled {
		return nil, &refusal{result: pptp.CallDoNotAccept, reason: "pptp-dynamic-server: enabled = false"}
	}
	if s.sharedDevice() == nil && !cfg.Dynamic.InterfacePerSession {
		return nil, &refusal{result: pptp.CallGeneralError, err: pptp.ErrorNoResource, reason: "pptp-dynamic-server has no network device"}
	}
	source := c.peer.Addr()
	if err := s.limits.call(source); err != nil {
		return nil, &refusal{result: pptp.CallBusy, reason: err.Error()}
	}
	session, refused := s.openSession(cfg.Dynamic, c, o)
	if refused != nil {
		s.limits.aborted(source)
		return nil, refused
	}
	s.registry.add(session)
	// Ends with the call; Serve waits for it.
	s.sessions.Go(session.run)
	return session, nil
}

func (s *Server) openSession(cfg DynamicServerConfig, c *control, o pptp.CallRequested) (*session, *refusal) {
	now := time.Now()
	local := c.local.Addr()
	callID, err := s.callIDs.reserve(local, now)
	if err != nil {
		return nil, &refusal{result: pptp.CallBusy, reason: err.Error()}
	}
	id, nasPort := s.nextID()
	session := &session{
		srv: s, control: c.conn, id: id, callID: callID, nasPort: nasPort, cfg: cfg,
		setup: s.config().Server.SetupTimeout,
		mail:  newMailbox[sessionEvent](sessionMailbox),
		log:   c.log.With().Str("session", id).Logger(),
		info: SessionInfo{
			ID: id, Stage: StageCall, Server: "pptp-dynamic-server",
			CallerID: c.peer.Addr(), CallerPort: c.peer.Port(), CalledID: local,
			ClientHost: c.host, ClientVendor: c.vendor,
			LocalCallID: callID, PeerCallID: o.PeerCallID, Started: now,
		},
	}
	machine, err := ppp.New(linkConfig(cfg.LinkConfig, ppp.Server, s.rand, s.config().Server.HostName))
	if err == nil {
		session.tunnel, err = s.plane.Open(dataplane.Spec{
			Local: local, Peer: c.peer.Addr(), LocalCallID: callID, PeerCallID: o.PeerCallID, PeerWindow: o.PeerWindow,
		}, tunnelEvents{mail: session.mail})
	}
	if err != nil {
		s.callIDs.release(local, callID, now)
		return nil, &refusal{result: pptp.CallGeneralError, err: pptp.ErrorNoResource, reason: fmt.Sprintf("cannot open the tunnel: %v", err)}
	}
	session.link = link{machine: machine, tunnel: session.tunnel, log: session.log, handle: session.perform, fail: session.dataPlaneFailed}
	session.ctx, session.cancel = context.WithCancel(context.Background())
	session.base = session.log
	session.publish()
	return session, nil
}

func (s *session) dataPlaneFailed(err error) { s.stop(CauseDataPlane, err.Error()) }
