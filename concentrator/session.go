package concentrator

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/pptp"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/pool"
)

// sessionMailbox is how many control frames may wait for a session.
const sessionMailbox = 64

// session is one call of the server: an actor that owns everything about it.
// Only run and what it calls touch the fields below mail.
type session struct {
	srv     *Server
	control callControl
	id      string
	callID  uint16 // ours
	mail    *mailbox[sessionEvent]
	public  atomic.Pointer[SessionInfo] // what others may see, but for the counters
	tunnel  dataplane.Tunnel            // its Counters may be called by anybody

	link
	ctx     context.Context // of AAA calls; ends with the session
	cancel  context.CancelFunc
	base    zerolog.Logger // without the user
	log     zerolog.Logger
	cfg     DynamicServerConfig
	setup   time.Duration // setup-timeout
	nasPort uint32        // RADIUS NAS-Port: unique per live session
	info    SessionInfo

	linkAt    time.Time // when PPP began; zero: not yet
	setupBy   time.Time // to be authenticated by then, later to be connected; zero: is
	hintAt    time.Time // when to log that no frame came; zero: not any more
	idleAt    time.Time // when to look at the idle time again; zero: never
	endAt     time.Time // session-timeout; zero: never
	closingBy time.Time // when to stop waiting for the peer's good-bye

	authCancel context.CancelFunc // of the pending AAA call
	attempt    uint32             // the pending one
	refusal    *ending            // why the last credential was refused
	userSlot   string             // the user whose slot in the registry we hold
	hasSlot    bool
	required   bool // no IP without encryption
	admitted   bool // counted as a session, no longer as starting

	reserving  bool // addresses are being reserved
	granted    *ppp.AddressGrant
	lease      *pool.Lease
	localLease *pool.Lease
	device     dataplane.Device // our own, if there is one per session
	accounted  bool             // a Start was sent

	stoppedAt  Stage   // how far the session had come when stop ended it; "": it did not
	ending     *ending // set once: by stop, or by the end of the link
	callOver   bool    // the call is gone; nothing to be cleared
	callEnding *ending // what its end would make of the session's
	over       bool    // the link is finished
}

// callControl is how a session asks its control connection for something.
type callControl interface {
	post(pptp.Input)
}

// ending is why a session ends. The first one counts.
type ending struct {
	cause  Cause
	detail string // replaces the table's reason
}

// sessionEvent is what reaches a session's mailbox.
type sessionEvent interface{ isSessionEvent() }

type (
	callConnected struct{ pptp.CallConnected }
	callEnded     struct {
		cause  pptp.CallCause
		detail string
	}
	verdictEvent struct {
		attempt uint32
		verdict *aaa.Verdict
		err     error
	}
	addressEvent struct {
		grant      ppp.AddressGrant
		lease      *pool.Lease
		localLease *pool.Lease
		device     dataplane.Device
		err        *ending
	}
	stopEvent struct {
		ending
		within time.Duration // for the peer's good-bye
	}
)

func (callConnected) isSessionEvent() {}
func (callEnded) isSessionEvent()     {}
func (verdictEvent) isSessionEvent()  {}
func (addressEvent) isSessionEvent()  {}
func (stopEvent) isSessionEvent()     {}

// run is the actor of the session, from the reservation of its call id to its
// end.
func (s *session) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	s.setupBy = s.info.Started.Add(s.setup)
	for !s.over {
		s.boundGoodbye()
		resetTo(timer, s.deadline())
		select {
		case <-s.mail.wake:
			for _, e := range s.mail.take() {
				s.event(e)
			}
		case <-timer.C:
			s.tick(time.Now())
		}
	}
	s.finish(time.Now())
}

// deadline is when the session next has something to do unasked.
func (s *session) deadline() time.Time {
	return earliest(s.machine.Deadline(), s.setupBy, s.hintAt, s.idleAt, s.endAt, s.closingBy)
}

func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// due reports whether the deadline t is set and has come.
func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

func (s *session) tick(now time.Time) {
	if due(s.hintAt, now) {
		s.hintAt = time.Time{}
		if s.tunnel.Counters().RxFrames == 0 {
			s.log.Warn().Str("reason", s.noFramesReason(now)).Msg("waiting for the client's PPP")
		}
	}
	switch {
	case due(s.closingBy, now):
		s.feed(ppp.LowerDown{}) // a link that ends by itself says why
		s.over = true
		return
	case due(s.setupBy, now):
		s.setupTimedOut(now)
	case due(s.endAt, now):
		s.endAt = time.Time{}
		s.stop(CauseSessionTimeout, fmt.Sprintf("session-timeout of %s", s.info.Timeout))
	case due(s.idleAt, now):
		s.checkIdle(now)
	}
	if due(s.machine.Deadline(), now) {
		s.link.tick()
	}
}

// boundGoodbye bounds the wait for the answer to a Terminate-Request that the
// machine has sent by itself, to a client that answers no echo for example.
func (s *session) boundGoodbye() {
	if s.closingBy.IsZero() && s.machine.Phase() == ppp.PhaseTerminate {
		s.closingBy = time.Now().Add(s.srv.timing.goodbye)
		s.setupBy, s.hintAt, s.idleAt, s.endAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		s.reach(StageEnding)
	}
}

// checkIdle ends the session, or looks again when it could be idle at the
// earliest.
func (s *session) checkIdle(now time.Time) {
	info := s.snapshot()
	if idle := info.Idle(now); idle < s.info.IdleTimeout {
		s.idleAt = now.Add(s.info.IdleTimeout - idle)
		return
	}
	s.idleAt = time.Time{}
	s.stop(CauseIdleTimeout, fmt.Sprintf("idle-timeout of %s", s.info.IdleTimeout))
}

// setupTimedOut names what the session waited for.
func (s *session) setupTimedOut(now time.Time) {
	s.setupBy = time.Time{}
	waitedFor := "no Incoming-Call-Connected"
	switch {
	case s.admitted && s.reserving:
		waitedFor = "no answer from the address pool"
	case s.admitted:
		waitedFor = "authenticated, but no agreement on IP"
	case s.tunnel.Counters().RxFrames > 0:
		waitedFor = "not authenticated"
	case !s.linkAt.IsZero():
		s.stop(CauseNoFrames, s.noFramesReason(now))
		return
	}
	s.stop(CauseSetupTimeout, fmt.Sprintf("%s within %s", waitedFor, s.setup))
}

func (s *session) noFramesReason(now time.Time) string {
	return fmt.Sprintf("no PPP frame from %s in %.0f s: is GRE (protocol 47) blocked?", s.info.CallerID, now.Sub(s.linkAt).Seconds())
}

func (s *session) event(e sessionEvent) {
	switch e := e.(type) {
	case callConnected:
		s.connected(e)
	case callEnded:
		s.callGone(e)
	case verdictEvent:
		s.judged(e)
	case addressEvent:
		s.addressed(e)
	case stopEvent:
		s.stopWithin(e.cause, e.detail, e.within)
	case frameEvent:
		if !s.over {
			s.frame(e.data)
		}
	case resetEvent:
		s.feedUnlessOver(ppp.MPPEReset{})
	case faultEvent:
		s.stop(CauseDataPlane, e.err.Error())
	}
}

func (s *session) feedUnlessOver(in ppp.Input) {
	if !s.over {
		s.feed(in)
	}
}

// callGone: the call has ended under the link. A link that was already ending
// for a reason of its own says so in its Finished; else it is the call's end
// that counts, unless the client gave up because nothing came through.
func (s *session) callGone(e callEnded) {
	s.callOver = true
	cause, now := fromCall[e.cause], time.Now()
	detail := causeEffects[cause].reason + ": " + e.detail
	if s.tunnel.Counters().RxFrames == 0 && due(s.linkAt, now.Add(-s.srv.timing.noFramesEnd)) {
		cause, detail = CauseNoFrames, s.noFramesReason(now)+" Then "+detail
	}
	s.callEnding = &ending{cause: cause, detail: detail}
	s.feedUnlessOver(ppp.LowerDown{})
	s.conclude(s.callEnding)
	s.over = true
}

// connected: the call stands, PPP starts.
func (s *session) connected(e callConnected) {
	if s.parting() {
		return
	}
	s.info.PeerCallID = e.PeerCallID
	if err := s.tunnel.Connect(e.PeerCallID, e.PeerWindow); err != nil {
		s.stop(CauseDataPlane, err.Error())
		return
	}
	s.linkAt = time.Now()
	s.hintAt = s.linkAt.Add(s.srv.timing.noFrames)
	s.publish()
	s.log.Info().Uint16("peer-call-id", e.PeerCallID).Str("stage", string(StageCall)).Msg("call answered")
	s.start()
}

// publish shows the session's facts to everybody else.
func (s *session) publish() {
	info := s.info
	s.public.Store(&info)
}

// snapshot returns the published facts with fresh counters. Anybody may call it.
func (s *session) snapshot() SessionInfo {
	info := *s.public.Load()
	info.Counters = s.tunnel.Counters()
	return info
}

// reach enters a stage and tells everybody. It reports false for a stage that
// was reached before: a link that negotiates anew falls back to none.
func (s *session) reach(stage Stage) bool {
	anew := stage.after(s.info.Stage) && s.ending == nil || stage == StageEnding
	if anew {
		if stage == StageEnding && s.info.Stage != StageEnding {
			s.stoppedAt = s.info.Stage
		}
		s.info.Stage = stage
	}
	s.publish()
	return anew
}

// async runs work, which ought to end soon after s.ctx does, in a goroutine of
// its own; its answer is an event. Nobody waits for it: what an answer brings
// that comes after the session's end is given back.
func (s *session) async(work func() sessionEvent) {
	// Ends with the answer; Serve waits for it, but not for ever.
	s.srv.answers.Go(func() {
		if e := work(); !s.mail.post(e) {
			s.discard(e)
		}
	})
}

// discard gives back what an answer brings that came too late.
func (s *session) discard(e sessionEvent) {
	a, ok := e.(addressEvent)
	if !ok {
		return
	}
	if a.device != nil {
		s.srv.closeSessionDevice(a.device)
	}
	s.srv.release(a.lease)
	s.srv.release(a.localLease)
}
