package ppp

import (
	"bytes"
	"strings"
	"time"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// exchange is one Challenge of a server and what a client has to say to it; of
// PAP, one password.
type exchange struct {
	ID            uint8
	Challenge     []byte
	PeerChallenge []byte // our 16 octets of MS-CHAPv2
	ServerName    string
	Response      []byte // nil until the credential is there
	Authenticator string // what an MS-CHAPv2 server must show
	Keys          *mschap.StartKeys
	Accepted      bool // the server has said Success
}

// chapFromServer takes the server's packets as a client.
func (m *Machine) chapFromServer(p packet) {
	if m.ending() {
		return
	}
	if p.code == chapChallenge {
		m.challenged(p)
		return
	}
	s := &m.st.Auth
	for _, x := range [...]*exchange{&s.Now, &s.Before} {
		if x.Response == nil || x.ID != p.id {
			continue
		}
		switch p.code {
		case chapSuccess:
			m.chapAccepted(p, x)
		case chapFailure:
			m.terminate(CausePeerAuthFailed, failureText(s.Method, p.data), "authentication failed")
		}
		return
	}
}

// challenged answers a Challenge, which may also come on an open link
// (RFC 1994 §2); a repetition gets the same response. The answered Challenge
// before it may still be the one the server judges, if the new one is a
// straggler of an earlier negotiation: both are kept.
func (m *Machine) challenged(p packet) {
	s := &m.st.Auth
	value, name, ok := parseCHAPValue(p.data)
	if !ok || len(value) == 0 || s.Method != CHAPMD5 && len(value) != challengeSize(s.Method) {
		return
	}
	for _, x := range [...]*exchange{&s.Now, &s.Before} {
		if x.Challenge != nil && x.ID == p.id && bytes.Equal(x.Challenge, value) {
			m.sendResponse(*x)
			return
		}
	}
	s.Before = exchange{}
	if s.Now.Response != nil && !s.Now.Accepted {
		s.Before = s.Now
	}
	s.Now = exchange{ID: p.id, Challenge: bytes.Clone(value), ServerName: printable(name)}
	if s.Method == MSCHAPv2 {
		if s.Now.PeerChallenge = m.random(16); s.Now.PeerChallenge == nil {
			return
		}
	}
	s.Deadline = time.Time{}
	m.needCredential()
}

// sendResponse sends the response of an exchange, if there is one yet.
func (m *Machine) sendResponse(x exchange) {
	if x.Response != nil {
		m.sendPacket(protoCHAP, chapValuePacket(chapResponseCode, x.ID, x.Response, m.cfg.Name))
	}
}

// chapAccepted takes a Success. An MS-CHAPv2 server has to show that it knows
// the password, too (RFC 2759 §5).
func (m *Machine) chapAccepted(p packet, x *exchange) {
	s := &m.st.Auth
	if s.Method == MSCHAPv2 && !mschap.CheckAuthenticatorResponse(string(p.data), x.Authenticator) {
		m.terminate(CauseServerAuthFailed, "the server's authenticator response is wrong: it does not know the password", "server authentication failed")
		return
	}
	x.Accepted = true
	s.Deadline = time.Time{}
	if !s.Done { // a later Challenge does not change the keys
		s.Keys = x.Keys
		m.authenticated(m.cfg.Name)
	}
}

// failureText makes a Failure readable. MS-CHAP: its E= and M= (RFC 2759 §6).
func failureText(a AuthMethod, b []byte) string {
	text := printable(b)
	if a != MSCHAPv1 && a != MSCHAPv2 {
		return text
	}
	fields, message, hasMessage := strings.Cut(text, "M=")
	for _, f := range strings.Fields(fields) {
		if strings.HasPrefix(f, "E=") {
			if hasMessage {
				return f + " " + message
			}
			return f
		}
	}
	return text
}
