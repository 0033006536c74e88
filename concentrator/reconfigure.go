package concentrator

import (
	"errors"
	"fmt"
	"slices"
)

// Reconfigure puts a validated configuration in force, or leaves the old one
// and says which key is in the way. Limits change at once, words of links for
// the calls to come; sessions go on as they are, unless their server is
// disabled. Pools are not its business.
func (s *Server) Reconfigure(cfg Config) error {
	s.admit.Lock()
	defer s.admit.Unlock()
	if s.closing {
		return errors.New(causeEffects[CauseShutdown].reason)
	}
	old := s.config()
	if !slices.Equal(old.Server.Listen, cfg.Server.Listen) {
		return fmt.Errorf("server.listen: a change needs a restart")
	}
	if err := s.replaceDevice(old, &cfg); err != nil {
		return err
	}
	s.cfg.Store(&cfg)
	s.limits.configure(cfg.Server)
	s.callIDs.setHoldDown(cfg.Server.CallIDHoldDown)
	s.registry.resize(cfg.Server.EndedSessions)
	if old.Dynamic.Enabled && !cfg.Dynamic.Enabled {
		for _, session := range s.registry.all() {
			session.end(CauseDisabled, "")
		}
	}
	return nil
}

// replaceDevice opens the shared device anew where its description changed,
// which only works while nobody uses it. Pools may change at any time.
func (s *Server) replaceDevice(old, cfg *Config) error {
	key := changedDeviceKey(&old.Dynamic, &cfg.Dynamic)
	if key == "" {
		return s.routeShared(cfg)
	}
	if n, starting := s.limits.inUse(); n+starting > 0 && old.Dynamic.Enabled && cfg.Dynamic.Enabled {
		return fmt.Errorf("interface.pptp-dynamic-server.%s: cannot change while %d sessions are up", key, n+starting)
	}
	s.closeShared()
	if err := s.openShared(cfg); err != nil {
		if again := s.openShared(old); again != nil {
			return fmt.Errorf("%w; and the old device does not come back: %w", err, again)
		}
		return err
	}
	return nil
}

// routeShared routes the remote pools to the shared device, sessions or not.
func (s *Server) routeShared(cfg *Config) error {
	device := s.sharedDevice()
	if device == nil {
		return nil
	}
	if err := device.SetRoutes(cfg.Dynamic.Routes); err != nil {
		return fmt.Errorf("interface.pptp-dynamic-server.remote-address: %w", err)
	}
	return nil
}

// changedDeviceKey names the first key that makes another device of it.
func changedDeviceKey(old, cfg *DynamicServerConfig) string {
	switch {
	case old.Enabled != cfg.Enabled:
		return "enabled"
	case old.InterfacePerSession != cfg.InterfacePerSession:
		return "interface-per-session"
	case old.Device != cfg.Device:
		return "device"
	case deviceMTU(old.LinkConfig) != deviceMTU(cfg.LinkConfig) && old.MTU == cfg.MTU:
		return "encryption" // MPPE takes its octets from the MTU
	case deviceMTU(old.LinkConfig) != deviceMTU(cfg.LinkConfig):
		return "mtu"
	case !slices.Equal(old.LocalAddress, cfg.LocalAddress):
		return "local-address"
	}
	return ""
}

func (s *Server) closeShared() {
	s.mu.Lock()
	device := s.device
	s.device = nil
	s.mu.Unlock()
	if device == nil {
		return
	}
	if err := device.Close(); err != nil {
		s.log.Error().Err(err).Str("interface", device.Name()).Msg("device not closed")
	}
}
