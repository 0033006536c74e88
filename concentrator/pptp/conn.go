package pptp

import (
	"fmt"
	"time"
)

// Conn is the machine of one control connection and its calls (RFC 2637 §3).
// It does no I/O and looks at no clock: whoever owns it gives it inputs with
// the time, performs the outputs in order, and gives Tick at Deadline. It is
// not safe for concurrent use. What a peer can make it hold is bounded by
// Config.MaxCalls, and by maxPending for calls nobody answered yet.
type Conn struct {
	cfg   Config
	state State
	out   []Output // of the Handle that runs

	timer    time.Time // end of the state, zero: none
	heard    time.Time // last octets of the peer
	echoSent time.Time // of the unanswered Echo-Request, zero: none
	echoID   uint32
	idleAt   time.Time // server: stop then if there is no call, zero: never

	// cause and detail of Finished, known since we asked for the stop.
	cause  ConnCause
	detail string

	calls callTable
}

// New returns a Conn that waits for Open.
func New(cfg Config) *Conn {
	return &Conn{cfg: cfg.withDefaults(), calls: newCallTable()}
}

func (cfg Config) withDefaults() Config {
	if cfg.Window == 0 {
		cfg.Window = 64
	}
	for _, d := range []struct {
		at *time.Duration
		to time.Duration
	}{
		{&cfg.FirstWithin, 5 * time.Second},
		{&cfg.ReplyWithin, 30 * time.Second},
		{&cfg.EchoAfter, 60 * time.Second},
		{&cfg.EchoWithin, 60 * time.Second},
		{&cfg.StopWithin, 3 * time.Second},
		{&cfg.KeepIdle, 10 * time.Second},
	} {
		if *d.at <= 0 {
			*d.at = d.to
		}
	}
	return cfg
}

// State says where the connection stands.
func (c *Conn) State() State { return c.state }

// Handle takes one input and returns what is to be done, in order. The caller
// owns the result. now must not run backwards.
func (c *Conn) Handle(now time.Time, in Input) []Output {
	c.out = nil
	switch in := in.(type) {
	case Open:
		c.open(now)
	case Received:
		c.alive(now)
		c.received(now, in.Message)
	case Activity:
		c.alive(now)
	case Tick:
		c.tick(now)
	case Malformed:
		c.malformed(in.Err)
	case Lost:
		c.finish(ConnLost, in.Detail)
	case AcceptCall:
		c.acceptCall(now, in)
	case RefuseCall:
		c.refuseCall(in)
	case PlaceCall:
		c.placeCall(now, in.CallID)
	case ClearCall:
		c.clearCall(now, in)
	case Stop:
		c.stop(now, in.Reason)
	}
	out := c.out
	c.out = nil
	return out
}

func (c *Conn) received(now time.Time, m Message) {
	if m == nil || m.ControlType().size() == 0 {
		return
	}
	if react := reactions[m.ControlType()][c.state]; react != nil {
		react(c, now, m)
	}
}

func (c *Conn) malformed(err error) {
	if err == nil {
		return
	}
	c.finish(ConnProtocolError, "malformed message: "+err.Error())
}

// enter is the one place where the state changes; until ends the new state,
// zero: never.
func (c *Conn) enter(s State, until time.Time) {
	c.state, c.timer = s, until
}

func (c *Conn) emit(o Output)  { c.out = append(c.out, o) }
func (c *Conn) send(m Message) { c.emit(Send{Message: m}) }

// finish ends the connection without another word to the peer. Behind a stop
// of ours its cause stays the one of the stop.
func (c *Conn) finish(cause ConnCause, detail string) {
	switch c.state {
	case StateFinished:
		return
	case StateWaitStopReply:
		cause, detail = c.cause, c.detail
	}
	for _, call := range c.calls.ordered() {
		c.calls.remove(call)
		if call.state != CallStateRequested {
			c.emit(CallEnded{CallID: call.callID, Cause: CallConnectionLost, Detail: detail})
		}
	}
	c.echoSent, c.idleAt = time.Time{}, time.Time{}
	c.enter(StateFinished, time.Time{})
	c.emit(Finished{Cause: cause, Detail: detail})
}

// Deadline is when the Conn wants a Tick, zero: not at all.
func (c *Conn) Deadline() time.Time {
	if c.state != StateEstablished {
		return c.timer
	}
	next := c.echoDue()
	if call := c.calls.firstWaiting(); call != nil {
		next = earlier(next, call.deadline)
	}
	if !c.idleAt.IsZero() && c.calls.count() == 0 {
		next = earlier(next, c.idleAt)
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (c *Conn) tick(now time.Time) {
	if c.state != StateEstablished {
		if !c.timer.IsZero() && !now.Before(c.timer) {
			c.stateExpired()
		}
		return
	}
	for call := c.calls.firstWaiting(); call != nil && !now.Before(call.deadline); call = c.calls.firstWaiting() {
		c.callExpired(now, call)
	}
	if !c.idleAt.IsZero() && c.calls.count() == 0 && !now.Before(c.idleAt) {
		c.idleExpired(now)
		return
	}
	c.echoTick(now)
}

func (c *Conn) stateExpired() {
	switch c.state {
	case StateWaitRequest:
		c.finish(ConnNoFirstMessage, fmt.Sprintf("no Start-Control-Connection-Request in %v", c.cfg.FirstWithin))
	case StateWaitReply:
		c.finish(ConnNoReply, fmt.Sprintf("no Start-Control-Connection-Reply in %v", c.cfg.ReplyWithin))
	case StateWaitStopReply:
		c.finish(c.cause, c.detail)
	}
}
