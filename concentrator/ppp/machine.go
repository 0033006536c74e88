package ppp

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// Machine is one PPP link. It belongs to one goroutine at a time.
type Machine struct {
	cfg Config
	st  linkState
	// Of the Handle in progress.
	now time.Time
	out []Output
}

// linkState is everything about a link that changes: what a Snapshot holds.
type linkState struct {
	Phase Phase // never PhaseRunning: that is PhaseNetwork with IPUp
	Done  bool  // Finished has been said
	// Cause, Detail and Text are set once, by the first reason to end; Text
	// goes into the LCP Terminate-Request.
	Cause  Cause
	Detail string
	Text   string

	HeardFrame bool // any PPP frame has arrived
	IPUp       bool // LayerUp has been said

	// Policy, from Config until the verdict replaces it.
	Encryption Encryption
	KeyLengths KeyLengths
	MTU        uint16

	LCP  lcpState
	Auth authState
	CCP  ccpState
	IPCP ipcpState

	User         string // whom the link belongs to, once authenticated
	UserKnown    bool
	AddressAsked bool // NeedAddress has been said
	Granted      bool // AddressGrant has come
	Grant        addresses
	Rejects      allowance
	Idents       allowance
}

// addresses are one end's addresses and name servers.
type addresses struct {
	Local, Remote netip.Addr
	DNS, NBNS     [2]netip.Addr
}

// New makes a machine in PhaseDead. The error says which field of cfg is
// invalid and what is allowed.
func New(cfg Config) (*Machine, error) {
	cfg, err := complete(cfg)
	if err != nil {
		return nil, err
	}
	m := &Machine{cfg: cfg}
	m.st.Encryption, m.st.KeyLengths, m.st.MTU = cfg.Encryption, cfg.KeyLengths, cfg.MTU
	return m, nil
}

// Handle tells the machine what happened at time now and returns what it wants
// done, in order. The outputs belong to the caller. After Finished, nothing
// has an effect any more.
func (m *Machine) Handle(now time.Time, in Input) []Output {
	if m.st.Done {
		return nil
	}
	m.now, m.out = now, nil
	switch in := in.(type) {
	case LowerUp:
		m.lowerUp()
	case LowerDown:
		m.finish(CauseLowerDown, "")
	case Frame:
		m.frame(in.Data)
	case Tick:
		m.tick()
	case Terminate:
		m.terminate(CauseClosed, in.Reason, in.Reason)
	case AuthVerdict:
		m.verdict(in)
	case AddressGrant:
		m.grant(in)
	case CredentialResponse:
		m.credential(in)
	case CredentialFailure:
		m.noCredential(in)
	case MPPEReset:
		m.sendResetRequest()
	case Alive:
		m.alive()
	}
	out := m.out
	m.out = nil
	return out
}

// Deadline returns when the machine wants a Tick; the zero time means never.
func (m *Machine) Deadline() time.Time {
	var first time.Time
	if m.st.Done {
		return first
	}
	for _, t := range [...]time.Time{
		m.st.LCP.Auto.Deadline, m.st.CCP.Auto.Deadline, m.st.IPCP.Auto.Deadline,
		m.st.Auth.Deadline, m.st.Auth.Timeout, m.st.LCP.EchoDeadline,
	} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Phase returns the phase of the link.
func (m *Machine) Phase() Phase {
	switch {
	case m.st.Done:
		return PhaseDead
	case m.st.Phase == PhaseNetwork && m.st.IPUp:
		return PhaseRunning
	}
	return m.st.Phase
}

func (m *Machine) lowerUp() {
	if m.st.Phase != PhaseDead {
		return
	}
	m.st.Phase = PhaseEstablish
	m.resetLCP()
	m.step(lcp{}, Open, packet{}, answer{})
	m.step(lcp{}, Up, packet{}, answer{})
}

// tick performs every timer that is due.
func (m *Machine) tick() {
	for _, proto := range [...]protocol{lcp{}, ccp{}, ipcp{}} {
		if m.expire(proto); m.st.Done {
			return
		}
	}
	m.expireAuth()
	m.expireEcho()
}

// frame takes one PPP frame from the peer.
func (m *Machine) frame(data []byte) {
	if len(data) < 2 {
		return
	}
	m.st.HeardFrame = true
	m.alive()
	number, info := binary.BigEndian.Uint16(data), data[2:]
	if number != protoLCP && number != protoPAP && number != protoCHAP {
		m.st.Auth.Heard = m.st.Auth.Done
	}
	switch number {
	case protoLCP:
		if p, err := parsePacket(info); err == nil {
			m.control(lcp{}, p)
		}
	case protoPAP, protoCHAP:
		if p, err := parsePacket(info); err == nil {
			m.authPacket(number, p)
		}
	case protoCCP:
		m.ccpFrame(info)
	case protoIPCP:
		m.ipcpFrame(info)
	case protoIP, protoMPPE:
		// Data that came before the data plane was told to take it: lost, no harm.
	default:
		m.protocolReject(number, info)
	}
}

// emit says an output, unless Finished has been said.
func (m *Machine) emit(o Output) {
	if !m.st.Done {
		m.out = append(m.out, o)
	}
}

// sendPacket sends a control packet, its data cut to what the peer receives.
func (m *Machine) sendPacket(number uint16, p packet) {
	p.data = p.data[:min(len(p.data), m.limit()-packetHeader)]
	b := make([]byte, 2, 2+packetHeader+len(p.data))
	binary.BigEndian.PutUint16(b, number)
	m.emit(SendFrame{p.appendTo(b)})
}

// limit is the largest information field we may send: the peer's MRU, bounded
// by the MTU of the configuration or of the verdict.
func (m *Machine) limit() int { return int(min(m.peerMRU(), m.st.MTU)) }

// ending reports whether the link is over or on its way there.
func (m *Machine) ending() bool { return m.st.Done || m.st.Cause != 0 }

// terminate ends the link with a Terminate-Request. The first cause counts.
func (m *Machine) terminate(cause Cause, detail, text string) {
	if m.ending() {
		return
	}
	m.st.Cause, m.st.Detail, m.st.Text = cause, detail, text
	m.quiesce()
	switch m.st.LCP.Auto.State {
	case ReqSent, AckRcvd, AckSent, Opened:
		m.step(lcp{}, Close, packet{}, answer{})
	case Closing, Stopping: // our Terminate-Request is on its way
	default:
		m.finish(cause, detail)
	}
}

// quiesce stops all but LCP itself.
func (m *Machine) quiesce() {
	m.stopNetwork()
	m.st.Auth.Deadline, m.st.Auth.Timeout, m.st.LCP.EchoDeadline = time.Time{}, time.Time{}, time.Time{}
	m.st.Phase = PhaseTerminate
}

// finish ends the link now. A cause that was there before counts.
func (m *Machine) finish(cause Cause, detail string) {
	if m.st.Done {
		return
	}
	if m.st.Cause != 0 {
		cause, detail = m.st.Cause, m.st.Detail
	}
	m.stopNetwork()
	m.emit(Finished{Cause: cause, Detail: detail})
	m.st.Cause, m.st.Detail = cause, detail
	m.st.Done = true
	m.st.Auth = authState{} // secrets
}

// stopNetwork takes CCP and IPCP down, without words to the peer: LCP goes
// down with them.
func (m *Machine) stopNetwork() {
	m.ipDown()
	m.disarm()
	m.st.CCP.Auto.reset()
	m.st.IPCP.Auto.reset()
	m.st.CCP.Held, m.st.IPCP.Held = nil, nil
}

// random returns n octets of Config.Rand, nil after having ended the link if
// there are none.
func (m *Machine) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(m.cfg.Rand, b); err != nil {
		m.terminate(CauseLCPFailed, fmt.Sprintf("no random numbers: %v", err), "internal error")
		return nil
	}
	return b
}

// keys are the start keys of the link, none where the method yields none.
func (m *Machine) keys() mschap.StartKeys {
	if m.st.Auth.Keys == nil {
		return mschap.StartKeys{}
	}
	return *m.st.Auth.Keys
}
