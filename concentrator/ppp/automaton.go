package ppp

import (
	"slices"
	"time"
)

// automaton is the state of one protocol's option negotiation: the state of
// the table, the counters and the timer of RFC 1661 §4.6, and the
// Configure-Request that is outstanding.
type automaton struct {
	State     State
	LastID    uint8    // identifier last used by a request of ours
	RequestID uint8    // identifier of the Configure-Request outstanding
	Request   []option // its options
	// Answered: the request has had its one valid answer. Another with the
	// same identifier is a duplicate (GRE may duplicate) and dropped, where
	// the table would tear an Opened layer down.
	Answered bool
	Heard    bool // the peer's first Configure-Request has come
	Restarts int  // RFC 1661 §4.6 restart counter
	Repeats  int  // timeouts since the restart counter was initialised
	Naks     int  // Configure-Naks sent since our last Configure-Ack
	Bad      int  // Configure-Naks and -Rejects sent since our last Configure-Ack
	Refusals int  // Configure-Naks and -Rejects received since the last Configure-Ack
	Deadline time.Time
	SentAt   time.Time // when the Configure-Request left last
}

// reset returns to Initial. Identifiers go on, so that late answers to the old
// negotiation do not fit the new one.
func (a *automaton) reset() { *a = automaton{LastID: a.LastID} }

// negotiating reports whether a Configure-Request is on its way.
func (a *automaton) negotiating() bool {
	return a.State == ReqSent || a.State == AckRcvd || a.State == AckSent
}

// protocol is what an automaton needs of LCP, CCP and IPCP.
type protocol interface {
	number() uint16
	automaton(m *Machine) *automaton
	rules() []rule
	// request is called when a.Request has been made up, before it is sent.
	request(m *Machine)
	// reply is called before an answer to the peer's request is sent. For a
	// Configure-Ack its options are now what the peer has agreed to.
	reply(m *Machine, a answer)
	up(m *Machine)                   // This-Layer-Up
	down(m *Machine)                 // This-Layer-Down
	finished(m *Machine, e Event)    // This-Layer-Finished, by e
	stuck(m *Machine)                // negotiation does not converge
	terminated(m *Machine, p packet) // the peer's Terminate-Request has been answered
	// rejectedWhole: the peer does not know the protocol, or a code it cannot do without.
	rejectedWhole(m *Machine, detail string)
	// extra handles codes above Code-Reject; false: the code is unknown.
	extra(m *Machine, p packet) bool
}

// step is the only place where an automaton's state changes. It performs the
// actions of the table in the order of the RFC, but for This-Layer-Up of IPCP,
// which precedes the Configure-Ack (see Output). p is the packet behind e.
func (m *Machine) step(proto protocol, e Event, p packet, reply answer) {
	a := proto.automaton(m)
	next, do, ok := Step(a.State, e)
	if !ok {
		return
	}
	a.State = next
	if next != Closing && next != Stopping && !a.negotiating() {
		a.Deadline = time.Time{}
	}
	if do.Has(TLD) {
		ending := m.ending()
		if proto.down(m); !ending && m.ending() {
			return
		}
	}
	if do.Has(IRC) {
		a.Repeats = 0
		a.Restarts = m.cfg.MaxConfigure
		if do.Has(STR) {
			a.Restarts = m.cfg.MaxTerminate
		}
	}
	if do.Has(ZRC) {
		a.Restarts = 0
		a.Deadline = m.now.Add(m.cfg.Restart)
	}
	if do.Has(SCR) {
		m.sendConfigureRequest(proto, e == TOPlus)
	}
	if do&(SCA|SCN) != 0 && !m.sendReply(proto, p, reply, do.Has(TLU)) {
		return
	}
	if do.Has(STR) {
		m.sendTerminateRequest(proto)
	}
	if do.Has(STA) {
		m.sendPacket(proto.number(), packet{code: codeTerminateAck, id: p.id})
	}
	if do.Has(SCJ) {
		m.sendCodeReject(proto, p)
	}
	if do.Has(SER) {
		m.sendEchoReply(p)
	}
	if do.Has(TLU) && (proto.number() != protoIPCP || !do.Has(SCA)) {
		proto.up(m)
	}
	if do.Has(TLF) {
		proto.finished(m, e)
	}
}

// sendReply sends the answer to the peer's Configure-Request; false if the
// link ended instead.
func (m *Machine) sendReply(proto protocol, p packet, reply answer, up bool) bool {
	proto.reply(m, reply)
	if m.ending() {
		return false
	}
	if up && proto.number() == protoIPCP {
		if proto.up(m); m.ending() {
			return false
		}
	}
	data := p.data
	if reply.code != codeConfigureAck {
		data = appendOptions(nil, reply.opts, m.limit()-packetHeader)
	}
	m.sendPacket(proto.number(), packet{code: reply.code, id: p.id, data: data})
	return true
}

// sendConfigureRequest sends what the rules ask for now. The identifier stays
// only when an unanswered request is repeated unchanged (RFC 1661 §5.1).
func (m *Machine) sendConfigureRequest(proto protocol, repeat bool) {
	a := proto.automaton(m)
	var opts []option
	for _, r := range proto.rules() {
		if r.ask == nil {
			continue
		}
		if v, ok := r.ask(m); ok {
			opts = append(opts, option{r.kind, v})
		}
	}
	if !repeat || a.Answered || !sameOptions(a.Request, opts) {
		a.LastID++
		a.RequestID, a.Request, a.Answered = a.LastID, opts, false
	}
	a.Restarts--
	a.SentAt = m.now
	a.Deadline = m.now.Add(m.cfg.Restart)
	if a.Repeats == 0 {
		a.Deadline = m.now.Add(m.cfg.FirstRestart)
	}
	if repeat && proto.number() != protoLCP {
		m.remindOfSuccess()
	}
	proto.request(m)
	m.sendPacket(proto.number(), packet{
		code: codeConfigureRequest, id: a.RequestID, data: appendOptions(nil, a.Request, m.limit()-packetHeader),
	})
}

func (m *Machine) sendTerminateRequest(proto protocol) {
	a := proto.automaton(m)
	a.LastID++
	a.Restarts--
	a.Deadline = m.now.Add(m.cfg.Restart)
	p := packet{code: codeTerminateRequest, id: a.LastID}
	if proto.number() == protoLCP {
		p.data = []byte(m.st.Text)
	}
	m.sendPacket(proto.number(), p)
}

// expire handles the restart timer of one automaton.
func (m *Machine) expire(proto protocol) {
	a := proto.automaton(m)
	if a.Deadline.IsZero() || m.now.Before(a.Deadline) {
		return
	}
	a.Deadline = time.Time{}
	if a.Restarts > 0 {
		a.Repeats++
		m.step(proto, TOPlus, packet{}, answer{})
		return
	}
	m.step(proto, TOMinus, packet{}, answer{})
}

// control handles a control packet of LCP, CCP or IPCP.
func (m *Machine) control(proto protocol, p packet) {
	a := proto.automaton(m)
	if a.State == Initial || a.State == Starting {
		return
	}
	switch p.code {
	case codeConfigureRequest:
		m.configureRequest(proto, p)
	case codeConfigureAck, codeConfigureNak, codeConfigureReject:
		m.configureReply(proto, p)
	case codeTerminateRequest:
		m.step(proto, RTR, p, answer{})
		proto.terminated(m, p)
	case codeTerminateAck:
		m.step(proto, RTA, p, answer{})
	case codeCodeReject:
		m.codeReject(proto, p)
	default:
		if !proto.extra(m, p) {
			m.step(proto, RUC, p, answer{})
		}
	}
}

func (m *Machine) configureRequest(proto protocol, p packet) {
	a := proto.automaton(m)
	if a.State != Stopped && a.State != Opened && !a.negotiating() {
		m.step(proto, RCRPlus, p, answer{}) // answered by the table without a look at the options
		return
	}
	opts, err := parseOptions(p.data)
	if err != nil {
		return
	}
	reply, looped := m.loopAnswer(proto, opts)
	if !looped {
		reply = m.judge(proto.rules(), opts, a.Naks < m.cfg.MaxFailure)
	}
	if m.ending() {
		return
	}
	if reply.code == codeConfigureAck {
		a.Naks, a.Bad = 0, 0
	} else {
		if a.Bad++; a.Bad > m.cfg.MaxFailure+m.cfg.MaxConfigure {
			proto.stuck(m)
			return
		}
		if reply.code == codeConfigureNak {
			a.Naks++
		}
	}
	if !a.Heard {
		a.Heard = true
		m.repeatLostRequest(proto)
	}
	if reply.code == codeConfigureAck {
		m.step(proto, RCRPlus, p, reply)
		return
	}
	m.step(proto, RCRMinus, p, reply)
}

// repeatLostRequest sends LCP's Configure-Request again at the peer's first
// one: ours usually left before the client's GRE was ready and is lost, and
// the timer would cost seconds. It goes out before our reply, so that the peer
// cannot be Opened yet when it arrives, and keeps its identifier: should both
// copies live, the second answer is a duplicate. A request that left only just
// now is not lost: the peer's came from a client that is ready.
func (m *Machine) repeatLostRequest(proto protocol) {
	a := proto.automaton(m)
	if proto.number() != protoLCP || a.State != ReqSent || a.Answered || m.now.Sub(a.SentAt) < time.Millisecond {
		return
	}
	a.Restarts++ // does not count as a timeout's
	m.sendConfigureRequest(proto, true)
}

func (m *Machine) configureReply(proto protocol, p packet) {
	a := proto.automaton(m)
	if !a.negotiating() && a.State != Opened {
		m.step(proto, RCA, p, answer{}) // the table's answer does not depend on the code
		return
	}
	opts, err := parseOptions(p.data)
	if err != nil || p.id != a.RequestID || a.Answered {
		return
	}
	if p.code == codeConfigureAck {
		if sameOptions(opts, a.Request) {
			a.Answered, a.Refusals = true, 0
			m.step(proto, RCA, p, answer{})
		}
		return
	}
	if p.code == codeConfigureReject && !isSubset(opts, a.Request) {
		return
	}
	a.Answered = true
	if a.Refusals++; a.Refusals > m.cfg.MaxFailure+m.cfg.MaxConfigure {
		proto.stuck(m)
		return
	}
	for _, o := range opts {
		m.refused(proto, o, p.code == codeConfigureNak)
		if m.ending() {
			return
		}
	}
	m.step(proto, RCN, p, answer{})
}

// refused tells the rule of one option that the peer did not take it.
func (m *Machine) refused(proto protocol, o option, suggested bool) {
	r := ruleFor(proto.rules(), o.Type)
	if r == nil {
		return
	}
	asked := slices.ContainsFunc(proto.automaton(m).Request, func(q option) bool { return q.Type == o.Type })
	switch {
	case suggested && r.naked != nil && (asked || r.unasked):
		r.naked(m, o.Value)
	case asked && r.rejected != nil:
		r.rejected(m)
	}
}

// isSubset reports whether all options of part are in whole, unchanged, and
// there is at least one: what a Configure-Reject has to be (RFC 1661 §5.4).
func isSubset(part, whole []option) bool {
	for _, o := range part {
		if !slices.ContainsFunc(whole, o.equal) {
			return false
		}
	}
	return len(part) > 0
}
