package concentrator

import (
	"context"
	"sync"
)

// shutdown ends everything within shutdown-timeout, whatever clients, backends
// and pools do. Clients have half of it to answer our Terminate-Request and a
// quarter to answer Stop-Control-Connection-Request; what is left belongs to
// the accounting records, which are not held up by either.
func (s *Server) shutdown(stopControls, killControls func()) {
	s.admit.Lock()
	s.closing = true
	s.admit.Unlock()
	timeout := s.config().Server.ShutdownTimeout
	whole, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	polite, cancelPolite := context.WithTimeout(whole, timeout*3/4)
	defer cancelPolite()

	live := s.registry.all()
	s.log.Info().Int("sessions", len(live)).Msg("shutting down")
	goodbye := min(s.timing.goodbye, timeout/2)
	for _, session := range live {
		session.mail.post(stopEvent{ending: ending{cause: CauseShutdown}, within: goodbye})
	}
	// Sessions end after goodbye, answered or not.
	if !waitFor(whole, &s.sessions) {
		s.log.Error().Dur("shutdown-timeout", timeout).Msg("sessions did not end in time")
	}
	stopControls()
	if !waitFor(polite, &s.controls) {
		s.log.Warn().Msg("some clients did not say good-bye in time")
	}
	killControls()
	s.controls.Wait()
	if !waitFor(whole, &s.answers) {
		s.log.Error().Dur("shutdown-timeout", timeout).Msg("a backend or the pool did not answer in time")
	}
	s.accounting.close(whole)
	s.closeShared()
}

// waitFor waits for the group, but not longer than ctx.
func waitFor(ctx context.Context, wg *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }() // ends with the group
	select {
	case <-done:
		return true
	case <-ctx.Done():
		// Both may be true.
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}
