package ppp

import "net/netip"

// startNetwork begins the Network phase when authentication is over. CCP and
// addresses are asked for at once; IPCP starts as soon as it may (startIPCP),
// so that in a loss-free set-up nothing waits for a timer.
func (m *Machine) startNetwork() {
	m.st.Phase = PhaseNetwork
	if m.cfg.Role == Server && !m.st.AddressAsked {
		m.st.AddressAsked = true
		m.emit(NeedAddress{Asked: m.askedAddress()})
	}
	s := &m.st.CCP
	switch {
	case m.st.Encryption.Required():
		if m.allowedMPPE() == 0 {
			m.terminate(CauseEncryptionNoKeys, "", "encryption is required, but there are no keys for it")
			return
		}
		m.startCCP()
	case s.Held != nil:
		held := s.Held
		s.Held = nil
		m.ccpFrame(held)
	}
	if !m.ending() {
		m.startIPCP()
	}
}

// askedAddress is the address in an early Configure-Request, if there was one.
func (m *Machine) askedAddress() netip.Addr {
	p, err := parsePacket(m.st.IPCP.Held)
	if err != nil {
		return netip.Addr{}
	}
	opts, err := parseOptions(p.data)
	if err != nil {
		return netip.Addr{}
	}
	for _, o := range opts {
		if a, ok := parseAddress(o.Value); ok && o.Type == ipcpAddress && !a.IsUnspecified() {
			return a
		}
	}
	return netip.Addr{}
}

// grant takes the answer to NeedAddress. Only the first counts: an address does
// not change while the link lives.
func (m *Machine) grant(g AddressGrant) {
	if m.cfg.Role != Server || !m.st.AddressAsked || m.st.Granted || m.ending() {
		return
	}
	m.st.Granted = true
	m.st.Grant = addresses{Local: ip4(g.Local), Remote: ip4(g.Remote)}
	for i := range g.DNS {
		m.st.Grant.DNS[i], m.st.Grant.NBNS[i] = ip4(g.DNS[i]), ip4(g.NBNS[i])
	}
	m.startIPCP()
}

// ip4 is a as a four-octet address, invalid if it is none.
func ip4(a netip.Addr) netip.Addr {
	if a = a.Unmap(); !a.Is4() {
		return netip.Addr{}
	}
	return a
}

// ccpPending reports whether IPCP has to wait for CCP: where encryption is
// required until it is open, else while a negotiation that the peer began is
// under way.
func (m *Machine) ccpPending() bool {
	a := &m.st.CCP.Auto
	if m.st.Encryption.Required() {
		return a.State != Opened
	}
	return a.negotiating()
}

// ccpSettled goes on with what waited for CCP.
func (m *Machine) ccpSettled() {
	if m.ending() || m.st.Phase != PhaseNetwork {
		return
	}
	m.refreshIP()
	m.startIPCP()
}

// startIPCP opens IPCP when addresses are there and, where encryption is
// required, CCP is open; then it answers the request that had to wait.
func (m *Machine) startIPCP() {
	s := &m.st.IPCP
	if m.st.Phase != PhaseNetwork || m.cfg.Role == Server && !m.st.Granted {
		return
	}
	if m.st.Encryption.Required() && m.ccpPending() {
		return
	}
	if s.Auto.State == Initial {
		m.resetIPCP()
		m.step(ipcp{}, Open, packet{}, answer{})
		m.step(ipcp{}, Up, packet{}, answer{})
	}
	if held := s.Held; held != nil && !m.ccpPending() {
		s.Held = nil
		m.ipcpFrame(held)
	}
}

// ipcpFrame takes an IPCP frame. A request that comes before IPCP may go on is
// kept, the latest of them; a Terminate-Ack would end the sessions of peers that
// do not wait for CCP.
func (m *Machine) ipcpFrame(info []byte) {
	s := &m.st.IPCP
	if m.st.LCP.Auto.State != Opened || m.ending() {
		return
	}
	p, err := parsePacket(info)
	if err != nil {
		return
	}
	waiting := s.Auto.State == Initial || m.ccpPending()
	switch {
	case waiting && p.code == codeConfigureRequest:
		holdRequest(&s.Held, info)
	case waiting && p.code == codeTerminateRequest:
		s.Held = nil
		m.control(ipcp{}, p)
	default:
		m.control(ipcp{}, p)
	}
}

// refreshIP says LayerUp or LayerDown where what holds for IP has changed: IP
// passes while IPCP is open, unless it waits for CCP to open, or to open again.
// A change of the encoding alone is a LayerDown and a LayerUp.
func (m *Machine) refreshIP() {
	s := &m.st
	blocked := s.CCP.Auto.State != Opened && (s.Encryption.Required() || s.CCP.WasOpen && s.CCP.Auto.negotiating())
	if s.IPCP.Auto.State != Opened || blocked || s.Phase != PhaseNetwork {
		m.ipDown()
		return
	}
	up := LayerUp{
		Local: s.IPCP.Have.Local, Remote: s.IPCP.Have.Remote, MTU: uint16(m.limit()),
		ACFC: s.LCP.PeerACFC, PFC: s.LCP.PeerPFC, Receive: s.CCP.Receive, Send: s.CCP.Transmit,
	}
	if s.CCP.Auto.State != Opened {
		up.Receive, up.Send = Encoding{}, Encoding{}
	}
	if m.cfg.Role == Client {
		up.DNS, up.NBNS = s.IPCP.Have.DNS, s.IPCP.Have.NBNS
	}
	if up.Send.Bits != 0 {
		up.MTU -= mppeOverhead
	}
	if s.IPUp {
		if up.Receive == s.IPCP.UpReceive && up.Send == s.IPCP.UpSend {
			return
		}
		m.ipDown()
	}
	s.IPUp, s.IPCP.UpReceive, s.IPCP.UpSend = true, up.Receive, up.Send
	m.emit(up)
}

// mppeOverhead is the protocol and coherency count of an MPPE packet
// (RFC 3078 §3): what MPPE takes from the peer's MRU.
const mppeOverhead = 4

func (m *Machine) ipDown() {
	if m.st.IPUp {
		m.st.IPUp = false
		m.emit(LayerDown{})
	}
}
