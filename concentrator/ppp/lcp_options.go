package ppp

import (
	"encoding/binary"
	"slices"
)

// Options of LCP (RFC 1661 §6, RFC 1662 §7.1). What is not in lcpRules is
// rejected: Quality-Protocol (4), Callback (13), MRRU (17), short sequence
// numbers (18) and whatever else there is.
const (
	lcpMRU      uint8 = 1
	lcpACCM     uint8 = 2
	lcpAuth     uint8 = 3
	lcpMagic    uint8 = 5
	lcpPFC      uint8 = 7
	lcpACFC     uint8 = 8
	lcpEndpoint uint8 = 19 // RFC 1990 §5.1.3
)

const anyLength = 253

func accepted(*Machine, []byte) (decision, []byte) { return accept, nil }

func empty(*Machine) []byte { return []byte{} }

// lcpRules are in the order of our Configure-Request.
var lcpRules = []rule{
	{kind: lcpMRU, name: "MRU", min: 2, max: 2,
		ask: func(m *Machine) ([]byte, bool) {
			return binary.BigEndian.AppendUint16(nil, m.st.LCP.MRU), !m.st.LCP.MRUOff
		},
		judge: func(m *Machine, v []byte) (decision, []byte) {
			if binary.BigEndian.Uint16(v) < minMRU {
				return nak, wishMRU(m)
			}
			return accept, nil
		},
		wish:     wishMRU,
		naked:    mruNaked,
		rejected: func(m *Machine) { m.st.LCP.MRUOff = true },
	},
	{kind: lcpACCM, name: "ACCM", min: 4, max: 4, // GRE needs no escapes
		judge: accepted,
		wish:  func(*Machine) []byte { return make([]byte, 4) },
	},
	{kind: lcpAuth, name: "Authentication-Protocol", min: 2, max: anyLength,
		ask: func(m *Machine) ([]byte, bool) {
			return authValue(m.st.LCP.Demand), m.st.LCP.Demand != AuthNone
		},
		judge: judgeAuth,
		wish:  wishAuth,
		naked: func(m *Machine, v []byte) {
			hint, _ := parseAuth(v)
			m.demandAnother(hint)
		},
		rejected: func(m *Machine) { m.noCommonAuth("the peer rejects authentication") },
	},
	{kind: lcpMagic, name: "Magic-Number", min: 4, max: 4,
		ask: func(m *Machine) ([]byte, bool) {
			return binary.BigEndian.AppendUint32(nil, m.st.LCP.Magic), !m.st.LCP.MagicOff
		},
		judge:    judgeMagic,
		wish:     func(m *Machine) []byte { return binary.BigEndian.AppendUint32(nil, m.magic()) },
		naked:    func(m *Machine, _ []byte) { m.st.LCP.Magic = m.magic() },
		rejected: func(m *Machine) { m.st.LCP.MagicOff = true },
	},
	// A Nak of an option without value is a Reject.
	{kind: lcpPFC, name: "Protocol-Field-Compression",
		ask:      func(m *Machine) ([]byte, bool) { return nil, !m.st.LCP.PFCOff },
		judge:    accepted,
		wish:     empty,
		rejected: func(m *Machine) { m.st.LCP.PFCOff = true },
	},
	{kind: lcpACFC, name: "Address-and-Control-Field-Compression",
		ask:      func(m *Machine) ([]byte, bool) { return nil, !m.st.LCP.ACFCOff },
		judge:    accepted,
		wish:     empty,
		rejected: func(m *Machine) { m.st.LCP.ACFCOff = true },
	},
	{kind: lcpEndpoint, name: "Endpoint-Discriminator", min: 1, max: anyLength, judge: accepted},
}

func wishMRU(*Machine) []byte { return binary.BigEndian.AppendUint16(nil, defaultMRU) }

// mruNaked takes the MRU the peer would rather see. Windows 2000 Naks with the
// very value we asked for when it means a Reject.
func mruNaked(m *Machine, v []byte) {
	s := &m.st.LCP
	if len(v) == 2 {
		if n := binary.BigEndian.Uint16(v); n != s.MRU && n >= minMRU && n <= max(defaultMRU, m.cfg.MRU) {
			s.MRU = n
			return
		}
	}
	s.MRUOff = true
}

// judgeMagic refuses 0 (RFC 1661 §6.4); for our own number see loopAnswer.
func judgeMagic(m *Machine, v []byte) (decision, []byte) {
	if binary.BigEndian.Uint32(v) == 0 {
		return nak, binary.BigEndian.AppendUint32(nil, m.magic())
	}
	return accept, nil
}

// authValues are the values of the Authentication-Protocol option.
var authValues = [...][]byte{
	PAP:      {0xc0, 0x23},
	CHAPMD5:  {0xc2, 0x23, 0x05},
	MSCHAPv1: {0xc2, 0x23, 0x80},
	MSCHAPv2: {0xc2, 0x23, 0x81},
}

func authValue(a AuthMethod) []byte { return slices.Clone(authValues[a]) }

// parseAuth reads the value of an Authentication-Protocol option; false if we
// know no such method.
func parseAuth(v []byte) (AuthMethod, bool) {
	for a := PAP; a <= MSCHAPv2; a++ {
		if slices.Equal(authValues[a], v) {
			return a, true
		}
	}
	return AuthNone, false
}

// judgeAuth decides on a demand of the peer to authenticate ourselves: a
// server never does, a client by the methods it is allowed.
func judgeAuth(m *Machine, v []byte) (decision, []byte) {
	if m.cfg.Role == Server {
		return reject, nil
	}
	if a, ok := parseAuth(v); ok && slices.Contains(m.cfg.Auth, a) {
		m.st.LCP.AuthRefused = false
		return accept, nil
	}
	m.st.LCP.AuthRefused = true
	return nak, wishAuth(m)
}

func wishAuth(m *Machine) []byte {
	if m.cfg.Role == Server || len(m.cfg.Auth) == 0 {
		return nil
	}
	return authValue(m.cfg.Auth[0])
}

// demandAnother follows the hint of a Nak where it names a method that is
// allowed and was not demanded before, else takes the next best such.
func (m *Machine) demandAnother(hint AuthMethod) {
	s := &m.st.LCP
	for _, a := range append([]AuthMethod{hint}, m.cfg.Auth...) {
		if a != AuthNone && slices.Contains(m.cfg.Auth, a) && s.Tried&(1<<a) == 0 {
			s.Demand = a
			s.Tried |= 1 << a
			return
		}
	}
	m.noCommonAuth("the peer takes none of the methods that are allowed")
}

func (m *Machine) noCommonAuth(detail string) {
	m.terminate(CauseNoCommonAuth, detail, "no common authentication method")
}
