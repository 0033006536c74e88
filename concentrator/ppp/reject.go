package ppp

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Bounds on what the peer can make us say, per second.
const (
	rejectsPerSecond = 10 // Code- and Protocol-Rejects; Windows needs four at once
	identsPerSecond  = 5
	resetsPerSecond  = 50 // CCP Reset-Requests, each way
)

// allowance bounds how often something may happen within one second.
type allowance struct {
	Since time.Time
	Spent int
}

// take reports whether it may happen once more now.
func (a *allowance) take(now time.Time, perSecond int) bool {
	if since := now.Sub(a.Since); since >= time.Second || since < 0 {
		a.Since, a.Spent = now, 0
	}
	if a.Spent >= perSecond {
		return false
	}
	a.Spent++
	return true
}

// protocolReject refuses a protocol we do not speak, at once and only in LCP
// Opened (RFC 1661 §5.7), so that the peer need not wait for a timeout.
func (m *Machine) protocolReject(number uint16, info []byte) {
	if m.st.LCP.Auto.State != Opened || !m.st.Rejects.take(m.now, rejectsPerSecond) {
		return
	}
	data := binary.BigEndian.AppendUint16(nil, number)
	data = append(data, info[:min(len(info), m.limit()-packetHeader-2)]...)
	m.sendPacket(protoLCP, packet{code: codeProtocolReject, id: m.nextID(), data: data})
}

// sendCodeReject returns a packet whose code is unknown (RFC 1661 §5.6).
func (m *Machine) sendCodeReject(proto protocol, p packet) {
	if !m.st.Rejects.take(m.now, rejectsPerSecond) {
		return
	}
	a := proto.automaton(m)
	a.LastID++
	m.sendPacket(proto.number(), packet{code: codeCodeReject, id: a.LastID, data: p.appendTo(nil)})
}

// codeReject takes the peer's Code-Reject. Only without the codes of the
// automaton itself, or of a negotiation, can a protocol not go on.
func (m *Machine) codeReject(proto protocol, p packet) {
	if len(p.data) == 0 {
		return
	}
	switch code := p.data[0]; {
	case code >= codeConfigureRequest && code <= codeCodeReject:
		proto.rejectedWhole(m, fmt.Sprintf("the peer rejects code %d of %s", code, protocolNames[proto.number()]))
	case proto.number() == protoLCP && (code == codeEchoRequest || code == codeEchoReply):
		m.st.LCP.EchoOff = true
		m.st.LCP.EchoDeadline = time.Time{}
		m.step(proto, RXJPlus, p, answer{})
	default:
		if proto.number() == protoCCP && code == codeResetAck {
			m.st.CCP.NoResetAck = true
		}
		m.step(proto, RXJPlus, p, answer{})
	}
}

// rejectedProtocol takes the peer's Protocol-Reject, which only counts in LCP
// Opened (RFC 1661 §5.7).
func (m *Machine) rejectedProtocol(p packet) {
	if m.st.LCP.Auto.State != Opened || len(p.data) < 2 {
		return
	}
	switch number := binary.BigEndian.Uint16(p.data); number {
	case protoLCP:
		lcp{}.rejectedWhole(m, "the peer rejects LCP")
	case protoCCP:
		ccp{}.rejectedWhole(m, "the peer rejects CCP")
	case protoIPCP:
		ipcp{}.rejectedWhole(m, "the peer rejects IPCP")
	case protoPAP, protoCHAP:
		if m.st.Phase == PhaseAuthenticate {
			m.terminate(CauseNoCommonAuth, fmt.Sprintf("the peer rejects %s after agreeing to it", protocolNames[number]), "no common authentication method")
		}
	default:
		// IP and MPPE are rejected by peers whose NCP opens a moment after
		// ours; anything else we never sent.
		m.step(lcp{}, RXJPlus, p, answer{})
	}
}
