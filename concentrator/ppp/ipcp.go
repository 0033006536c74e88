package ppp

import "net/netip"

// Options of IPCP (RFC 1332 §3, RFC 1877 §1). Those without a rule are
// rejected: IP-Addresses (1), IP-Compression-Protocol (2), Mobile-IPv4 (4).
const (
	ipcpAddress uint8 = 3
	ipcpDNS1    uint8 = 129
	ipcpNBNS1   uint8 = 130
	ipcpDNS2    uint8 = 131
	ipcpNBNS2   uint8 = 132
)

// ipcpState is the IP Control Protocol of one link.
type ipcpState struct {
	Auto automaton
	// Have is what holds now: a server's from the grant, a client's from
	// its configuration and then from the server's Naks.
	Have addresses
	// Off are the options the peer rejects: bit 0 the address, bits 1 to 4 the
	// name servers from ipcpDNS1 on.
	Off        uint8
	Objected   bool // client: the server's own address was Nak'd once
	PeerClosed bool // the peer's Terminate-Request is why IPCP is down
	// Held is the peer's latest Configure-Request that came too early: the
	// information field.
	Held []byte
	// UpReceive and UpSend are the encodings of the last LayerUp.
	UpReceive, UpSend Encoding
}

// ipcp is the protocol of IPCP (RFC 1332).
type ipcp struct{}

func (ipcp) number() uint16                  { return protoIPCP }
func (ipcp) automaton(m *Machine) *automaton { return &m.st.IPCP.Auto }
func (ipcp) rules() []rule                   { return ipcpRules }
func (ipcp) request(*Machine)                {}
func (ipcp) extra(*Machine, packet) bool     { return false }

// resetIPCP returns to what we want before any negotiation.
func (m *Machine) resetIPCP() {
	s := &m.st.IPCP
	s.Off, s.Objected, s.PeerClosed = 0, false, false
	if m.cfg.Role == Server {
		s.Have = m.st.Grant
		return
	}
	zero := netip.IPv4Unspecified()
	s.Have = addresses{Local: m.cfg.Local, Remote: m.cfg.Remote}
	if !s.Have.Local.IsValid() {
		s.Have.Local = zero
	}
	if m.cfg.WantDNS {
		s.Have.DNS = [2]netip.Addr{zero, zero}
	}
	if m.cfg.WantNBNS {
		s.Have.NBNS = [2]netip.Addr{zero, zero}
	}
}

func (ipcp) reply(m *Machine, a answer) {
	s := &m.st.IPCP
	if m.cfg.Role == Server {
		return
	}
	switch a.code {
	case codeConfigureAck:
		s.Have.Remote = m.cfg.Remote
		for _, o := range a.opts {
			if addr, ok := parseAddress(o.Value); ok && o.Type == ipcpAddress {
				s.Have.Remote = addr
			}
		}
	case codeConfigureNak:
		s.Objected = true
	}
}

func (ipcp) up(m *Machine) {
	s := &m.st.IPCP
	if m.cfg.Role == Client {
		if s.Have.Local.IsUnspecified() {
			m.terminate(CauseIPCPFailed, "the server gives no address", "no IP address")
			return
		}
		for i := range s.Have.DNS { // what was asked for and not given is none
			s.Have.DNS[i], s.Have.NBNS[i] = specified(s.Have.DNS[i]), specified(s.Have.NBNS[i])
		}
	}
	m.refreshIP()
}

func specified(a netip.Addr) netip.Addr {
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// down: the addresses stay what they are, IPCP may open again.
func (ipcp) down(m *Machine) {
	m.ipDown()
	m.st.IPCP.Objected = false
}

func (ipcp) finished(m *Machine, e Event) {
	if e == TOMinus && !m.st.IPCP.PeerClosed {
		m.terminate(CauseIPCPTimeout, "the peer does not answer IPCP", "IPCP timed out")
		return
	}
	m.terminate(CauseIPCPFailed, "the peer closed IPCP", "no network protocol is left")
}

func (ipcp) stuck(m *Machine) {
	m.terminate(CauseIPCPFailed, "IPCP options do not converge", "IPCP options do not converge")
}

// terminated: a peer that closes an open IPCP may open it again, within one
// Restart period.
func (ipcp) terminated(m *Machine, _ packet) {
	m.st.IPCP.PeerClosed = m.st.IPCP.Auto.State == Stopping
}

func (ipcp) rejectedWhole(m *Machine, detail string) {
	if m.st.Phase == PhaseNetwork {
		m.terminate(CauseIPCPFailed, detail, "IPCP was rejected")
	}
}

// parseAddress reads the value of an address option.
func parseAddress(v []byte) (netip.Addr, bool) {
	if len(v) != 4 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte(v)), true
}

// addressValue is the value of an address option, nil for an address that is
// not valid.
func addressValue(a netip.Addr) []byte {
	if !a.Is4() {
		return nil
	}
	b := a.As4()
	return b[:]
}

// ipcpRules are in the order of a client's Configure-Request, which is that of
// Windows.
var ipcpRules = []rule{
	{kind: ipcpAddress, name: "IP-Address", min: 4, max: 4,
		ask: func(m *Machine) ([]byte, bool) {
			return addressValue(m.st.IPCP.Have.Local), m.st.IPCP.Off&1 == 0 && m.st.IPCP.Have.Local.IsValid()
		},
		judge:    judgeAddress,
		wish:     wishAddress,
		missing:  missingAddress,
		naked:    addressNaked,
		rejected: addressRejected,
	},
	nameServerRule(ipcpDNS1, "Primary-DNS", func(a *addresses) *netip.Addr { return &a.DNS[0] }),
	nameServerRule(ipcpNBNS1, "Primary-NBNS", func(a *addresses) *netip.Addr { return &a.NBNS[0] }),
	nameServerRule(ipcpDNS2, "Secondary-DNS", func(a *addresses) *netip.Addr { return &a.DNS[1] }),
	nameServerRule(ipcpNBNS2, "Secondary-NBNS", func(a *addresses) *netip.Addr { return &a.NBNS[1] }),
}

// judgeAddress decides on the peer's own address. A server insists on what it
// granted. A client objects once if it was configured to expect another, and
// cannot give an address to a server without one.
func judgeAddress(m *Machine, v []byte) (decision, []byte) {
	asked, _ := parseAddress(v)
	want := wishAddress(m)
	switch {
	case m.cfg.Role == Server && want == nil:
		return reject, nil
	case m.cfg.Role == Client && (want == nil || m.st.IPCP.Objected):
		if asked.IsUnspecified() {
			return reject, nil
		}
		return accept, nil
	case string(v) == string(want):
		return accept, nil
	}
	return nak, want
}

// wishAddress is the address the peer should have.
func wishAddress(m *Machine) []byte {
	if m.cfg.Role == Client {
		return addressValue(m.cfg.Remote)
	}
	return addressValue(m.st.Grant.Remote)
}

// missingAddress has a server tell even a peer that does not ask.
func missingAddress(m *Machine) []byte {
	if m.cfg.Role == Client {
		return nil
	}
	return wishAddress(m)
}

// addressNaked lets a client take the server's word; a server keeps its own
// address.
func addressNaked(m *Machine, v []byte) {
	if m.cfg.Role == Server {
		return
	}
	given, ok := parseAddress(v)
	if !ok || given.IsUnspecified() || given.IsMulticast() || given == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return // asked again, and given up when that does not help
	}
	m.st.IPCP.Have.Local = given
}

func addressRejected(m *Machine) {
	m.st.IPCP.Off |= 1
}

// nameServerRule handles one of the four options of RFC 1877.
func nameServerRule(kind uint8, name string, of func(*addresses) *netip.Addr) rule {
	off := uint8(1) << (kind - ipcpDNS1 + 1)
	ours := func(m *Machine) []byte {
		if m.cfg.Role == Client {
			return nil // a server has no use for name servers
		}
		return addressValue(*of(&m.st.Grant))
	}
	drop := func(m *Machine) {
		m.st.IPCP.Off |= off
		*of(&m.st.IPCP.Have) = netip.Addr{}
	}
	return rule{kind: kind, name: name, min: 4, max: 4,
		ask: func(m *Machine) ([]byte, bool) {
			a := *of(&m.st.IPCP.Have)
			return addressValue(a), m.cfg.Role == Client && m.st.IPCP.Off&off == 0 && a.IsValid()
		},
		judge: func(m *Machine, v []byte) (decision, []byte) {
			switch want := ours(m); {
			case want == nil:
				return reject, nil
			case string(v) == string(want):
				return accept, nil
			default:
				return nak, want
			}
		},
		wish: ours,
		naked: func(m *Machine, v []byte) {
			a, ok := parseAddress(v)
			if p := of(&m.st.IPCP.Have); ok && a != *p {
				*p = a
				return
			}
			drop(m) // a Nak with the value we asked for is a Reject
		},
		rejected: drop,
	}
}
