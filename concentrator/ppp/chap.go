package ppp

import (
	"bytes"
	"fmt"
)

// Codes of CHAP (RFC 1994 §4).
const (
	chapChallenge    uint8 = 1
	chapResponseCode uint8 = 2
	chapSuccess      uint8 = 3
	chapFailure      uint8 = 4
)

// challengeSize is the length of the challenges we make: RFC 1994 leaves it
// open, RFC 2433 §4 wants 8 octets, RFC 2759 §3 wants 16.
func challengeSize(a AuthMethod) int {
	if a == MSCHAPv1 {
		return 8
	}
	return 16
}

// responseSize is the length of the value in a Response.
func responseSize(a AuthMethod) int {
	if a == CHAPMD5 {
		return 16
	}
	return 49 // RFC 2433 §5, RFC 2759 §4
}

// parseCHAPValue reads the value and the name of a Challenge or Response
// (RFC 1994 §4.1). Value-Size does not count itself. The results alias b.
func parseCHAPValue(b []byte) (value, name []byte, ok bool) { return cutCounted(b) }

// chapValuePacket makes a Challenge or Response.
func chapValuePacket(code, id uint8, value []byte, name string) packet {
	return packet{code: code, id: id, data: append(appendCounted(nil, value), name...)}
}

// challenge makes a new Challenge and sends it.
func (m *Machine) challenge() {
	s := &m.st.Auth
	if s.Challenge = m.random(challengeSize(s.Method)); s.Challenge == nil {
		return
	}
	s.LastID++
	s.ID, s.Repeats = s.LastID, 0
	m.sendChallenge()
}

// sendChallenge sends the current Challenge; a repetition is the same packet,
// for a response to either copy must do.
func (m *Machine) sendChallenge() {
	s := &m.st.Auth
	s.Repeats++
	s.Deadline = m.now.Add(m.cfg.Restart)
	m.sendPacket(protoCHAP, chapValuePacket(chapChallenge, s.ID, s.Challenge, m.cfg.Name))
}

// chapResponse takes the peer's Response.
func (m *Machine) chapResponse(p packet) {
	s := &m.st.Auth
	if p.code != chapResponseCode {
		return
	}
	value, name, ok := parseCHAPValue(p.data)
	if !ok || len(value) != responseSize(s.Method) {
		return
	}
	answered := len(s.Reply) > 0
	switch {
	case s.Pending: // a duplicate, or nothing we asked for
	case answered && p.id == s.Reply[1] && (s.Done || s.Failed || bytes.Equal(p.data, s.Last)):
		m.repeatAuthReply(protoCHAP, p.id)
	case s.Done || s.Failed || m.st.Phase != PhaseAuthenticate:
	case p.id == s.ID || answered && p.id == s.Reply[1]:
		// The second: another try, under the identifier of the Failure
		// instead of the next one.
		s.ID, s.Last = p.id, bytes.Clone(p.data)
		m.needAuth(name, p.id, s.Challenge, value)
	}
}

// sendRefusal tells the peer no; for MS-CHAP in the form of RFC 2433 §7 and
// RFC 2759 §6, without M=, which some clients cannot take.
// False: the link ended instead.
func (m *Machine) sendRefusal(code int, message string, again bool) bool {
	s := &m.st.Auth
	id, retry := s.ID, 0
	switch s.Method {
	case PAP:
		m.sendAuthReply(protoPAP, papMessage(papNak, id, message))
		return true
	case CHAPMD5:
		m.sendAuthReply(protoCHAP, packet{code: chapFailure, id: id, data: []byte(message)})
		return true
	}
	challenge := m.random(challengeSize(s.Method))
	if challenge == nil {
		return false
	}
	if again {
		retry = 1
		s.Challenge = challenge
		s.ID, s.LastID = id+1, id+1
	}
	version := 3
	if s.Method == MSCHAPv1 {
		version = 2
	}
	text := fmt.Sprintf("E=%d R=%d C=%X V=%d", code, retry, challenge, version)
	m.sendAuthReply(protoCHAP, packet{code: chapFailure, id: id, data: []byte(text)})
	return true
}
