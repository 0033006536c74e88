package ppp

import "bytes"

// Codes of PAP (RFC 1334 §2.2).
const (
	papRequestCode uint8 = 1
	papAck         uint8 = 2
	papNak         uint8 = 3
)

// parsePAPRequest reads peer-id and password (RFC 1334 §2.2.1). The results
// alias b.
func parsePAPRequest(b []byte) (name, password []byte, ok bool) {
	if name, b, ok = cutCounted(b); !ok {
		return nil, nil, false
	}
	password, _, ok = cutCounted(b)
	return name, password, ok
}

// cutCounted splits off a field with one octet of length before it.
func cutCounted(b []byte) (field, rest []byte, ok bool) {
	if len(b) < 1 || len(b) < 1+int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:], true
}

func appendCounted(b, field []byte) []byte {
	field = field[:min(len(field), 0xff)]
	return append(append(b, uint8(len(field))), field...)
}

// papRequestPacket makes an Authenticate-Request.
func papRequestPacket(id uint8, name string, password []byte) packet {
	data := appendCounted(nil, []byte(name))
	return packet{code: papRequestCode, id: id, data: appendCounted(data, password)}
}

// papMessage makes an Authenticate-Ack or -Nak (RFC 1334 §2.2.2).
func papMessage(code, id uint8, message string) packet {
	return packet{code: code, id: id, data: appendCounted(nil, []byte(message))}
}

// papRequest takes the peer's Authenticate-Request. A peer repeats it under
// new identifiers until it is answered, and after that if the answer was lost;
// the same answer is due then (RFC 1334 §2.2.1).
func (m *Machine) papRequest(p packet) {
	s := &m.st.Auth
	if p.code != papRequestCode {
		return
	}
	name, password, ok := parsePAPRequest(p.data)
	switch {
	case !ok:
	case s.Done || s.Failed:
		m.repeatAuthReply(protoPAP, p.id)
	case s.Pending:
		if bytes.Equal(p.data, s.Last) {
			s.ID = p.id
		}
	case m.st.Phase == PhaseAuthenticate:
		s.ID, s.Last = p.id, bytes.Clone(p.data)
		m.needAuth(name, p.id, nil, password)
	}
}

// papReply takes the server's answer.
func (m *Machine) papReply(p packet) {
	s := &m.st.Auth
	if s.Done || s.Pending || s.Repeats == 0 || p.id != s.Now.ID || m.ending() {
		return
	}
	message, _, ok := cutCounted(p.data)
	if !ok {
		message = nil // some servers leave the message out, length octet and all
	}
	switch p.code {
	case papAck:
		m.authenticated(m.cfg.Name)
	case papNak:
		m.terminate(CausePeerAuthFailed, printable(message), "authentication failed")
	}
}
