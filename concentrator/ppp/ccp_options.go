package ppp

import "encoding/binary"

// ccpMPPE is the only CCP option there is here: Microsoft's (RFC 3078 §2.1).
const ccpMPPE uint8 = 18

// mppeBits are the Supported Bits of RFC 3078 §2.1.
type mppeBits uint32

const (
	mppeMPPC      mppeBits = 0x00000001 // C: compression
	mppe40        mppeBits = 0x00000020 // L
	mppe128       mppeBits = 0x00000040 // S
	mppe56        mppeBits = 0x00000080 // M
	mppeStateless mppeBits = 0x01000000 // H
	mppeStrengths          = mppe40 | mppe56 | mppe128
)

// parseMPPE reads the value of the option, 0 if it has no four octets.
func parseMPPE(v []byte) mppeBits {
	if len(v) != 4 {
		return 0
	}
	return mppeBits(binary.BigEndian.Uint32(v))
}

// requestedMPPE returns the bits of the option in a Configure-Request, 0 if there
// is none.
func requestedMPPE(request []byte) mppeBits {
	p, err := parsePacket(request)
	if err != nil {
		return 0
	}
	opts, err := parseOptions(p.data)
	if err != nil {
		return 0
	}
	for _, o := range opts {
		if o.Type == ccpMPPE {
			return parseMPPE(o.Value)
		}
	}
	return 0
}

func (b mppeBits) value() []byte { return binary.BigEndian.AppendUint32(nil, uint32(b)) }

func (b mppeBits) has(c mppeBits) bool { return b&c == c }

// strongest returns the strongest strength in b alone, 0 if there is none.
func (b mppeBits) strongest() mppeBits {
	for _, s := range [...]mppeBits{mppe128, mppe56, mppe40} {
		if b.has(s) {
			return s
		}
	}
	return 0
}

// encoding is what an agreed value means; its strength is a single bit.
func (b mppeBits) encoding() Encoding {
	e := Encoding{Stateless: b.has(mppeStateless)}
	switch b & mppeStrengths {
	case mppe128:
		e.Bits = 128
	case mppe56:
		e.Bits = 56
	case mppe40:
		e.Bits = 40
	default:
		return Encoding{}
	}
	return e
}

// allowedMPPE are the strengths that the policy allows and for which there are
// keys.
func (m *Machine) allowedMPPE() mppeBits {
	keys := m.keys()
	var allowed mppeBits
	for _, s := range [...]struct {
		length KeyLengths
		bits   int
		bit    mppeBits
	}{{Key40, 40, mppe40}, {Key56, 56, mppe56}, {Key128, 128, mppe128}} {
		if m.st.KeyLengths&s.length != 0 && keys.Has(s.bits) {
			allowed |= s.bit
		}
	}
	return allowed
}

var ccpRules = []rule{{
	kind: ccpMPPE, name: "MPPE", min: 4, max: 4,
	ask: func(m *Machine) ([]byte, bool) {
		s := &m.st.CCP
		b := s.Want
		if !s.Stateful {
			b |= mppeStateless
		}
		return b.value(), s.Want != 0
	},
	judge:   judgeMPPE,
	wish:    wishMPPE,
	missing: missingMPPE,
	naked:   mppeNaked,
	unasked: true,
	rejected: func(m *Machine) {
		if m.st.Encryption.Required() {
			m.encryptionFailed("the peer rejects MPPE")
			return
		}
		m.st.CCP.Want = 0
	},
}}

// judgeMPPE accepts exactly one allowed strength, stateless or not, and
// nothing else; otherwise it suggests the single strongest that the peer
// offered and we allow, or else the strongest we allow.
func judgeMPPE(m *Machine, v []byte) (decision, []byte) {
	s := &m.st.CCP
	offered, allowed := parseMPPE(v), m.allowedMPPE()
	if allowed == 0 || offered&mppeStrengths == 0 && offered.has(mppeMPPC) {
		return reject, nil
	}
	s.Offered, s.PeerStateful = offered, !offered.has(mppeStateless)
	want := (offered & allowed).strongest()
	if want == 0 {
		want = allowed.strongest()
	}
	want |= offered & mppeStateless
	if offered&mppeStrengths == 0 {
		want |= mppeStateless // nothing was proposed: this is our proposal
	}
	if m.st.Encryption == EncryptionStateless && !s.Objected {
		want |= mppeStateless
	}
	if want == offered {
		return accept, nil
	}
	if m.st.Encryption.Required() && s.Auto.Naks >= m.cfg.MaxFailure {
		m.encryptionFailed("the peer offers no strength that is allowed")
	}
	return nak, want.value()
}

func wishMPPE(m *Machine) []byte {
	want := m.allowedMPPE().strongest()
	if want == 0 {
		return nil
	}
	return (want | mppeStateless).value()
}

// missingMPPE keeps a required encryption from being left out; where it is not
// required the peer may do without.
func missingMPPE(m *Machine) []byte {
	if !m.st.Encryption.Required() {
		return nil
	}
	return wishMPPE(m)
}

// mppeNaked takes what the peer would rather have us ask for: of the strengths
// it names the strongest that is allowed, and if there is none we insist. A
// stateful link is refused once under the policy stateless, in each direction.
func mppeNaked(m *Machine, v []byte) {
	s := &m.st.CCP
	hint := parseMPPE(v)
	if len(v) != 4 {
		return
	}
	named := hint & m.allowedMPPE()
	if same := named & s.Offered; same != 0 {
		named = same // what the peer asks for in its own direction it can do in ours
	}
	if want := named.strongest(); want != 0 {
		s.Want = want
	} else if s.Want == 0 {
		return
	}
	switch {
	case hint.has(mppeStateless):
		s.Stateful = false
	case m.st.Encryption == EncryptionStateless && !s.Insisted:
		s.Insisted = true
	default:
		s.Stateful = true
	}
}
