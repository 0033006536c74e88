package concentrator

import (
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/pptp"
)

// stop is the one way for the server to end a session. The first cause counts;
// what is done about it stands in causeEffects. The peer hears of it by LCP
// Terminate, and the session ends when the link has finished.
func (s *session) stop(cause Cause, detail string) {
	s.stopWithin(cause, detail, s.srv.timing.goodbye)
}

// stopWithin is stop with another bound on the wait for the peer's good-bye. A
// session that is ending already keeps its cause and takes the earlier bound.
func (s *session) stopWithin(cause Cause, detail string, within time.Duration) {
	closingBy := time.Now().Add(within)
	if s.over || s.ending != nil {
		s.closingBy = earliest(s.closingBy, closingBy)
		return
	}
	s.conclude(&ending{cause: cause, detail: detail})
	s.cancelAuth()
	s.setupBy, s.hintAt, s.idleAt, s.endAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	s.closingBy = closingBy
	s.reach(StageEnding)
	s.tunnel.StopForwarding()
	s.feed(ppp.Terminate{Reason: causeEffects[cause].terminate})
}

// parting reports whether the session is over or saying good-bye, be it by stop or
// because the link ends by itself: it starts nothing any more.
func (s *session) parting() bool {
	return s.over || s.ending != nil || s.info.Stage == StageEnding
}

// conclude fixes the cause, once.
func (s *session) conclude(e *ending) {
	if s.ending != nil {
		return
	}
	if e.detail == "" {
		e.detail = causeEffects[e.cause].reason
	}
	s.ending = e
}

// finish is the last thing the actor does: everything the session holds is
// given back, and everybody is told, each exactly once.
func (s *session) finish(now time.Time) {
	s.cancel()
	for _, e := range s.mail.close() {
		s.discard(e)
	}
	effect := causeEffects[s.ending.cause]
	info := s.snapshot()
	if s.stoppedAt != "" {
		info.Stage = s.stoppedAt
	}
	if err := s.tunnel.Close(); err != nil {
		s.log.Error().Err(err).Msg("the tunnel left something behind")
	}
	if s.device != nil {
		s.srv.closeSessionDevice(s.device)
	}
	s.srv.release(s.lease)
	s.srv.release(s.localLease)
	if !s.callOver {
		s.control.post(pptp.ClearCall{CallID: s.callID, Result: effect.result, Error: effect.err})
	}
	s.srv.callIDs.release(info.CalledID, s.callID, now)
	if s.admitted {
		s.srv.limits.hungUp()
	} else {
		s.srv.limits.aborted(info.CallerID)
	}
	ended := EndedSession{
		SessionInfo: info, Ended: now, Duration: info.Uptime(now),
		Cause: s.ending.cause, Reason: s.ending.detail, Refused: info.Connected.IsZero(),
	}
	if s.accounted {
		r := recordOf(&info, s.nasPort, aaa.Stop, now)
		r.TerminateCause, r.Reason = effect.radius, s.ending.detail
		s.srv.accounting.add(r)
	}
	s.srv.registry.remove(s, ended)
	event := s.log.Info()
	if ended.Refused && effect.refusal {
		event = s.log.Warn()
	}
	message := "session ended"
	switch {
	case ended.Refused && effect.refusal:
		message = "call refused"
	case ended.Refused:
		message = "call ended before it was up"
	}
	event.Str("cause", string(ended.Cause)).Str("reason", ended.Reason).Dur("duration", ended.Duration.Round(time.Millisecond)).
		Uint64("rx-octets", info.Counters.RxOctets).Uint64("tx-octets", info.Counters.TxOctets).Msg(message)
}

// accountStart sends the Start record, once.
func (s *session) accountStart(now time.Time) {
	s.accounted = true
	info := s.snapshot()
	s.srv.accounting.add(recordOf(&info, s.nasPort, aaa.Start, now))
}
