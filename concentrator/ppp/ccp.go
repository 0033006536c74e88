package ppp

import "bytes"

// CCP negotiates each direction by itself (RFC 1962 §4): a Configure-Request
// lists what its sender can *decode*. So our request, once acknowledged, says
// how we receive; the peer's request, which we acknowledge, says how we send.
//
// The peer encrypts as soon as it is Opened, which takes its Ack of our request
// and our Ack of its request; its first encrypted frame may be right behind its
// Ack. Therefore reception is armed, with what our current request says, before
// our Configure-Ack leaves (or, that Ack being out, before a changed request
// leaves), and transmission when CCP is Opened here: the peer has acknowledged
// our request, and our Ack to its request went ahead of any frame we encrypt.

// ccpState is the Compression Control Protocol of one link.
type ccpState struct {
	Auto automaton
	// Want is the strength we ask for, one bit, or 0: nothing.
	Want         mppeBits // strengths that we ask for: all that are allowed, until the peer chooses one
	Stateful     bool     // what we ask for is stateful: the peer insisted
	Insisted     bool     // policy stateless: the peer's wish for stateful was refused once in our direction
	PeerStateful bool     // the peer's last proposal was stateful
	Objected     bool     // policy stateless: the peer's own stateful proposal was Nak'd once
	Peer         mppeBits
	Offered      mppeBits // what the peer's last request offered
	WasOpen      bool
	// What the data plane has been told.
	Receive, Transmit Encoding
	// Held is the peer's latest Configure-Request that came too early: the
	// information field.
	Held               []byte
	SentResets, Resets allowance
	NoResetAck         bool // the peer rejects the code
	Refused            bool // the peer asked for CCP and was refused
}

// ccp is the protocol of CCP (RFC 1962) with MPPE (RFC 3078) only.
type ccp struct{}

func (ccp) number() uint16                  { return protoCCP }
func (ccp) automaton(m *Machine) *automaton { return &m.st.CCP.Auto }
func (ccp) rules() []rule                   { return ccpRules }

// startCCP opens CCP, with keys for the strengths in want.
func (m *Machine) startCCP() {
	s := &m.st.CCP
	want := m.allowedMPPE()
	if chosen := requestedMPPE(s.Held) & want; chosen != 0 {
		want = chosen.strongest() // the peer has said what it wants: no need to haggle
	}
	*s = ccpState{Auto: s.Auto, Held: s.Held, SentResets: s.SentResets, Resets: s.Resets, NoResetAck: s.NoResetAck, Want: want}
	m.step(ccp{}, Open, packet{}, answer{})
	m.step(ccp{}, Up, packet{}, answer{})
	if held := s.Held; held != nil {
		s.Held = nil
		m.ccpPacket(held)
	}
}

// ccpFrame takes a CCP frame. Before authentication is over nobody knows
// whether CCP is wanted: the latest request waits.
func (m *Machine) ccpFrame(info []byte) {
	switch {
	case m.st.LCP.Auto.State != Opened || m.ending():
	case m.st.Phase != PhaseNetwork:
		holdRequest(&m.st.CCP.Held, info)
	case m.st.Encryption == EncryptionNone, m.allowedMPPE() == 0:
		m.st.CCP.Refused = true
		m.protocolReject(protoCCP, info)
	case m.st.CCP.Auto.State == Initial: // optional: the peer asks for it
		if p, err := parsePacket(info); err == nil && p.code == codeConfigureRequest {
			m.st.CCP.Held = bytes.Clone(info)
			m.startCCP()
		}
	default:
		m.ccpPacket(info)
	}
}

func (m *Machine) ccpPacket(info []byte) {
	if p, err := parsePacket(info); err == nil {
		m.control(ccp{}, p)
	}
}

// holdRequest keeps a Configure-Request for later, in place of any before it.
func holdRequest(held *[]byte, info []byte) {
	if p, err := parsePacket(info); err == nil && p.code == codeConfigureRequest {
		*held = bytes.Clone(info)
	}
}

// request arms reception anew if our Ack is out already: the answer to this
// request lets the peer encrypt.
func (ccp) request(m *Machine) {
	if m.st.CCP.Auto.State == AckSent {
		m.armReceive()
	}
}

func (ccp) reply(m *Machine, a answer) {
	s := &m.st.CCP
	switch a.code {
	case codeConfigureAck:
		s.Peer = 0
		for _, o := range a.opts {
			s.Peer = parseMPPE(o.Value)
		}
		if s.Peer == 0 && m.st.Encryption.Required() {
			m.encryptionFailed("the peer does not ask for MPPE")
			return
		}
		m.armReceive()
	case codeConfigureNak:
		for _, o := range a.opts {
			if s.PeerStateful && parseMPPE(o.Value).has(mppeStateless) {
				s.Objected = true
			}
		}
	}
}

// armReceive tells the data plane what our current request lets the peer do.
func (m *Machine) armReceive() {
	s := &m.st.CCP
	var bits mppeBits
	for _, o := range s.Auto.Request {
		bits = parseMPPE(o.Value)
	}
	// Who acknowledges several strengths at once is taken to mean the strongest.
	e := (bits&mppeStateless | bits.strongest()).encoding()
	if e == s.Receive {
		return
	}
	if e.Bits == 0 {
		m.disarm()
		return
	}
	_, key := m.keys().For(e.Bits)
	s.Receive = e
	m.emit(ArmReceive{MPPEKey{e, bytes.Clone(key)}})
}

// disarm makes the data plane forget its keys.
func (m *Machine) disarm() {
	s := &m.st.CCP
	if s.Receive.Bits != 0 || s.Transmit.Bits != 0 {
		m.emit(DisarmMPPE{})
	}
	s.Receive, s.Transmit = Encoding{}, Encoding{}
}

func (ccp) up(m *Machine) {
	s := &m.st.CCP
	e := s.Peer.encoding()
	if m.st.Encryption.Required() && (e.Bits == 0 || s.Receive.Bits == 0) {
		m.encryptionFailed("CCP opened without MPPE")
		return
	}
	s.WasOpen = true
	if e.Bits != 0 {
		key, _ := m.keys().For(e.Bits)
		s.Transmit = e
		m.emit(ArmTransmit{MPPEKey{e, bytes.Clone(key)}})
	}
	m.ccpSettled()
}

// down stops IP first where it would pass in the clear against the policy.
func (ccp) down(m *Machine) {
	if s := &m.st.CCP; s.Receive.Bits != 0 || s.Transmit.Bits != 0 {
		m.ipDown()
	}
	m.disarm()
	m.refreshIP()
}

// finished: CCP has come to rest without being open.
func (ccp) finished(m *Machine, e Event) {
	detail := "the peer closed CCP"
	if e == TOMinus {
		detail = "the peer does not answer CCP"
	}
	m.ccpFailed(detail)
}

func (ccp) stuck(m *Machine) {
	if m.st.Encryption.Required() {
		m.encryptionFailed("CCP options do not converge")
		return
	}
	m.st.CCP.Want = 0
	m.step(ccp{}, Close, packet{}, answer{})
	m.ccpFailed("")
}

func (ccp) terminated(m *Machine, _ packet) {
	if m.st.Encryption.Required() {
		m.encryptionFailed("the peer terminated CCP")
		return
	}
	m.ccpSettled()
}

func (ccp) rejectedWhole(m *Machine, detail string) {
	if m.st.Phase != PhaseNetwork {
		return
	}
	if m.st.Encryption.Required() {
		m.encryptionFailed(detail)
		return
	}
	m.step(ccp{}, RXJMinus, packet{}, answer{})
	m.ccpSettled()
}

// ccpFailed goes on without MPPE, or not at all.
func (m *Machine) ccpFailed(detail string) {
	if m.st.Encryption.Required() {
		m.encryptionFailed(detail)
		return
	}
	m.disarm()
	m.ccpSettled()
}

// encryptionDisputed reports whether the peer, if it gives up now, does so over
// encryption: CCP does not come about, and IP has not passed yet.
func (m *Machine) encryptionDisputed() bool {
	s := &m.st.CCP
	return m.st.Phase == PhaseNetwork && !s.WasOpen && m.st.IPCP.Auto.State != Opened && (s.Refused || s.Auto.negotiating())
}

// encryptionFailed ends a link on which encryption is required.
func (m *Machine) encryptionFailed(detail string) {
	if m.st.CCP.WasOpen {
		m.terminate(CauseEncryptionLost, detail, "encryption is required")
		return
	}
	m.terminate(CauseEncryptionRefused, detail, "encryption is required")
}

// extra handles Reset-Request and Reset-Ack (RFC 1962 §3). The flushed packet is
// the answer to a Reset-Request, and needs no Reset-Ack; but Linux decrypts
// nothing after an error until it gets one, be it stateless. Windows rejects the
// code, and gets no second one.
func (ccp) extra(m *Machine, p packet) bool {
	s := &m.st.CCP
	switch p.code {
	case codeResetRequest:
		if s.Auto.State == Opened && s.Transmit.Bits != 0 && s.Resets.take(m.now, resetsPerSecond) {
			if !s.NoResetAck {
				m.sendPacket(protoCCP, packet{code: codeResetAck, id: p.id})
			}
			m.emit(FlushTransmit{})
		}
	case codeResetAck:
	default:
		return false
	}
	return true
}

// sendResetRequest asks the peer for a flushed packet.
func (m *Machine) sendResetRequest() {
	s := &m.st.CCP
	if s.Auto.State != Opened || s.Receive.Bits == 0 || !s.SentResets.take(m.now, resetsPerSecond) {
		return
	}
	s.Auto.LastID++
	m.sendPacket(protoCCP, packet{code: codeResetRequest, id: s.Auto.LastID})
}
