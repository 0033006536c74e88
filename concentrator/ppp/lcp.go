package ppp

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// loopLimit is how many signs of a looped-back line in a row end the link.
const loopLimit = 4

// lcpState is the Link Control Protocol of one link.
type lcpState struct {
	Auto automaton
	// What we ask for. An option the peer rejects is off.
	MRU                               uint16
	Magic                             uint32
	MRUOff, MagicOff, PFCOff, ACFCOff bool
	Demand                            AuthMethod // server
	Tried                             uint8      // server: bit per AuthMethod that was demanded
	// What the peer has asked for and we have acknowledged.
	PeerMRU           uint16
	PeerPFC, PeerACFC bool
	PeerAuth          AuthMethod // client: what the server demands
	Loops             int        // our own magic number, times in a row

	AuthRefused  bool // client: we rejected what the server demanded
	Disputed     bool // LCP was left while there was no agreement on encryption
	EchoOff      bool // the peer rejects Echo-Requests
	EchoDeadline time.Time
	EchoPending  int // Echo-Requests since the last sign of life
	LastID       uint8
}

// lcp is the protocol of LCP (RFC 1661 §5, RFC 1570).
type lcp struct{}

func (lcp) number() uint16                  { return protoLCP }
func (lcp) automaton(m *Machine) *automaton { return &m.st.LCP.Auto }
func (lcp) rules() []rule                   { return lcpRules }
func (lcp) request(*Machine)                {}

// resetLCP forgets what was negotiated: every negotiation starts from the
// defaults (RFC 1661 §5.1).
func (m *Machine) resetLCP() {
	s := &m.st.LCP
	*s = lcpState{Auto: s.Auto, LastID: s.LastID, EchoOff: s.EchoOff, MRU: m.cfg.MRU, PeerMRU: defaultMRU}
	s.Magic = m.magic()
	if m.cfg.Role == Server && len(m.cfg.Auth) > 0 {
		s.Demand = m.cfg.Auth[0]
		s.Tried = 1 << s.Demand
	}
}

// magic is a new magic number, never 0.
func (m *Machine) magic() uint32 {
	b := m.random(4)
	if b == nil {
		return 1
	}
	return max(1, binary.BigEndian.Uint32(b))
}

// ourMagic is what goes into Echo packets: 0 if the option was not agreed on.
func (m *Machine) ourMagic() uint32 {
	if m.st.LCP.MagicOff {
		return 0
	}
	return m.st.LCP.Magic
}

func (m *Machine) peerMRU() uint16 {
	if m.st.LCP.PeerMRU == 0 {
		return defaultMRU
	}
	return m.st.LCP.PeerMRU
}

// nextID is the identifier of the next LCP packet that starts an exchange of
// its own (Echo, Protocol-Reject, Identification).
func (m *Machine) nextID() uint8 {
	m.st.LCP.LastID++
	return m.st.LCP.LastID
}

func (lcp) reply(m *Machine, a answer) {
	s := &m.st.LCP
	if a.code != codeConfigureAck {
		return
	}
	s.PeerMRU, s.PeerPFC, s.PeerACFC, s.PeerAuth = defaultMRU, false, false, AuthNone
	for _, o := range a.opts {
		switch o.Type {
		case lcpMRU:
			s.PeerMRU = binary.BigEndian.Uint16(o.Value)
		case lcpPFC:
			s.PeerPFC = true
		case lcpACFC:
			s.PeerACFC = true
		case lcpAuth:
			s.PeerAuth, _ = parseAuth(o.Value)
		}
	}
}

func (lcp) up(m *Machine) {
	s := &m.st.LCP
	method := s.Demand
	if m.cfg.Role == Client {
		method = s.PeerAuth
	}
	m.emit(LinkUp{PeerMRU: s.PeerMRU, ACFC: s.PeerACFC, PFC: s.PeerPFC, Auth: method})
	m.startEcho()
	if m.cfg.Role == Client && m.cfg.Identification != "" {
		data := binary.BigEndian.AppendUint32(nil, m.ourMagic())
		m.sendPacket(protoLCP, packet{code: codeIdentification, id: m.nextID(), data: append(data, m.cfg.Identification...)})
	}
	m.startAuth(method)
}

// down prepares a negotiation from the beginning: authentication, CCP and IPCP
// are void (RFC 1661 §3.4). What was granted to the user stays his.
func (lcp) down(m *Machine) {
	if m.ending() {
		return // Close: the last answer of the authentication is kept for duplicates
	}
	disputed := m.encryptionDisputed()
	m.stopNetwork()
	m.resetAuth()
	m.resetLCP()
	m.st.LCP.Disputed = disputed
	m.st.Phase = PhaseEstablish
}

func (lcp) finished(m *Machine, e Event) {
	switch {
	case e == TOMinus && !m.st.HeardFrame:
		m.finish(CauseNoFrames, "")
	case e == TOMinus && m.st.LCP.AuthRefused:
		m.finish(CauseNoCommonAuth, "")
	case e == TOMinus:
		m.finish(CauseLCPTimeout, "")
	default:
		m.finish(CauseLCPFailed, "the peer cannot go on with LCP")
	}
}

// loopAnswer answers a Configure-Request that carries our own magic number: a
// sign of a looped-back line, which is answered with another number only
// (RFC 1661 §6.4), and which some in a row prove. false: no such sign.
func (m *Machine) loopAnswer(proto protocol, opts []option) (answer, bool) {
	s := &m.st.LCP
	if proto.number() != protoLCP || s.MagicOff {
		return answer{}, false
	}
	for _, o := range opts {
		if o.Type == lcpMagic && len(o.Value) == 4 && binary.BigEndian.Uint32(o.Value) == s.Magic {
			if s.Loops++; s.Loops >= loopLimit {
				m.terminate(CauseLoopback, "", "looped back")
			}
			return answer{codeConfigureNak, []option{{lcpMagic, binary.BigEndian.AppendUint32(nil, m.magic())}}}, true
		}
	}
	s.Loops = 0
	return answer{}, false
}

func (lcp) stuck(m *Machine) {
	if m.st.LCP.AuthRefused {
		m.terminate(CauseNoCommonAuth, "the server insists on a method that is not allowed", "no common authentication method")
		return
	}
	m.terminate(CauseLCPFailed, "LCP options do not converge", "LCP options do not converge")
}

// terminated ends the link one Restart period later, which the peer may need
// to hear our Terminate-Ack (RFC 1661 §3.7); also where the table would
// negotiate on.
func (lcp) terminated(m *Machine, p packet) {
	if m.ending() {
		return
	}
	s := &m.st.LCP
	m.st.Cause, m.st.Detail = CausePeerTerminated, printable(p.data)
	switch {
	case s.AuthRefused:
		m.st.Cause = CauseNoCommonAuth
	case s.Disputed:
		m.st.Cause = CauseEncryptionRefused
	}
	m.quiesce()
	s.Auto.Restarts = 0
	s.Auto.Deadline = m.now.Add(m.cfg.Restart)
}

func (lcp) rejectedWhole(m *Machine, detail string) {
	if m.st.LCP.Auto.State == Opened {
		m.terminate(CauseLCPFailed, detail, "LCP was rejected")
		return
	}
	m.step(lcp{}, RXJMinus, packet{}, answer{})
}

func (lcp) extra(m *Machine, p packet) bool {
	switch p.code {
	case codeProtocolReject:
		m.rejectedProtocol(p)
	case codeEchoRequest, codeEchoReply, codeDiscardRequest:
		m.echo(p)
	case codeIdentification:
		m.identification(p)
	case codeTimeRemaining: // nothing to do with it
	default:
		return false
	}
	return true
}

// echo handles Echo-Request, Echo-Reply and Discard-Request, which all begin
// with the sender's magic number (RFC 1661 §5.8, §5.9).
func (m *Machine) echo(p packet) {
	s := &m.st.LCP
	if s.Auto.State != Opened || len(p.data) < 4 {
		return
	}
	if mine := m.ourMagic(); mine != 0 && binary.BigEndian.Uint32(p.data) == mine {
		if p.code == codeEchoReply {
			return // some peers copy the whole data; a looped line shows in requests
		}
		if s.Loops++; s.Loops >= loopLimit {
			m.terminate(CauseLoopback, "", "looped back")
		}
		return
	}
	s.Loops = 0
	if p.code == codeEchoRequest {
		m.step(lcp{}, RXR, p, answer{})
	}
}

func (m *Machine) sendEchoReply(p packet) {
	data := binary.BigEndian.AppendUint32(nil, m.ourMagic())
	m.sendPacket(protoLCP, packet{code: codeEchoReply, id: p.id, data: append(data, p.data[4:]...)})
}

// startEcho starts the keepalive of Config.EchoInterval.
func (m *Machine) startEcho() {
	m.st.LCP.EchoPending, m.st.LCP.EchoDeadline = 0, time.Time{}
	if m.cfg.EchoInterval > 0 && !m.st.LCP.EchoOff {
		m.st.LCP.EchoDeadline = m.now.Add(m.cfg.EchoInterval)
	}
}

// alive notes that the peer has been heard.
func (m *Machine) alive() {
	if !m.st.LCP.EchoDeadline.IsZero() {
		m.startEcho()
	}
}

func (m *Machine) expireEcho() {
	s := &m.st.LCP
	if s.EchoDeadline.IsZero() || m.now.Before(s.EchoDeadline) || m.ending() {
		return
	}
	if s.EchoPending >= m.cfg.EchoFailure {
		m.terminate(CauseEchoFailure, fmt.Sprintf("%d LCP echo requests unanswered", s.EchoPending), "no answer to LCP echo requests")
		return
	}
	s.EchoPending++
	s.EchoDeadline = m.now.Add(m.cfg.EchoInterval)
	m.sendPacket(protoLCP, packet{
		code: codeEchoRequest, id: m.nextID(), data: binary.BigEndian.AppendUint32(nil, m.ourMagic()),
	})
}

// identification takes an LCP Identification (RFC 1570 §2.1). Windows sends
// text and then sixteen octets of anything.
func (m *Machine) identification(p packet) {
	if len(p.data) < 4 || !m.st.Idents.take(m.now, identsPerSecond) {
		return
	}
	m.emit(PeerIdent{Text: printable(p.data[4:])})
}

// printable makes the peer's octets fit for a log line: what is not printable
// ASCII becomes \xNN, and 256 octets are enough.
func printable(b []byte) string {
	var text strings.Builder
	for _, c := range b[:min(len(b), 256)] {
		if c < ' ' || c > '~' || c == '\\' {
			fmt.Fprintf(&text, `\x%02x`, c)
			continue
		}
		text.WriteByte(c)
	}
	return text.String()
}
