package concentrator

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
)

// link is a ppp.Machine over a tunnel: what a session of the server and one of
// the client have in common. It belongs to one actor.
type link struct {
	machine *ppp.Machine
	tunnel  dataplane.Tunnel
	log     zerolog.Logger
	// handle performs what the link cannot do alone. It may call feed.
	handle func(ppp.Output)
	// fail reports a data plane that does not obey.
	fail func(error)

	up    bool     // the call stands: the machine hears frames
	early [][]byte // frames that came before; at most earlyFrames

	// Proof of life for the LCP echo that the machine does not see: frames that
	// did not come to it, which is data.
	frames uint64 // that did come, as the actor counts them
	data   uint64 // the others, at the last tick
}

// earlyFrames is how many frames may overtake the news that the call stands: GRE
// and the control connection are different paths.
const earlyFrames = 8

// start begins PPP: the call stands. The peer may have begun already, and would
// repeat what it said only when a timer of its own tells it to.
func (l *link) start() {
	l.up = true
	l.feed(ppp.LowerUp{})
	early := l.early
	l.early = nil
	for _, frame := range early {
		l.feed(ppp.Frame{Data: frame})
	}
}

// frame hands a control frame of the peer to the machine, not before start.
func (l *link) frame(data []byte) {
	l.frames++
	switch {
	case l.up:
		l.feed(ppp.Frame{Data: data})
	case len(l.early) < earlyFrames:
		l.early = append(l.early, data)
	}
}

// feed gives one input to the machine and performs what it returns, in order.
func (l *link) feed(in ppp.Input) {
	for _, out := range l.machine.Handle(time.Now(), in) {
		var err error
		switch o := out.(type) {
		case ppp.SendFrame:
			if sendErr := l.tunnel.SendControl(o.Data); sendErr != nil {
				// A lost frame is repeated by its protocol's own timer.
				l.log.Debug().Err(sendErr).Msg("control frame not sent")
			}
		case ppp.ArmReceive:
			err = l.tunnel.ArmReceive(mppe(o.Key))
		case ppp.ArmTransmit:
			err = l.tunnel.ArmTransmit(mppe(o.Key))
		case ppp.DisarmMPPE:
			l.tunnel.DisarmMPPE()
		case ppp.FlushTransmit:
			l.tunnel.FlushTransmit()
		default:
			l.handle(out)
		}
		if err != nil {
			l.fail(err)
		}
	}
}

// tick is due at the machine's deadline. Data that came since the last one
// proves that the peer lives.
func (l *link) tick() {
	if n := l.tunnel.Counters().RxFrames - l.frames; n != l.data {
		l.data = n
		l.feed(ppp.Alive{})
	}
	l.feed(ppp.Tick{})
}

func mppe(k ppp.MPPEKey) dataplane.MPPE {
	return dataplane.MPPE{Bits: k.Bits, Stateless: k.Stateless, StartKey: k.StartKey}
}

// What a tunnel tells its session.

type (
	frameEvent struct{ data []byte }
	resetEvent struct{}
	faultEvent struct{ err error }
)

func (frameEvent) isSessionEvent() {}
func (resetEvent) isSessionEvent() {}
func (faultEvent) isSessionEvent() {}

// tunnelEvents is the dataplane.Events of a session: it copies and posts. A
// session that does not keep up loses control frames, as on a bad line.
type tunnelEvents struct{ mail *mailbox[sessionEvent] }

func (e tunnelEvents) ControlFrame(frame []byte) {
	e.mail.offer(frameEvent{data: append([]byte(nil), frame...)})
}

func (e tunnelEvents) ResetNeeded() { e.mail.offer(resetEvent{}) }

func (e tunnelEvents) Fault(err error) { e.mail.post(faultEvent{err: err}) }

var _ dataplane.Events = tunnelEvents{}
