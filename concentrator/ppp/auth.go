package ppp

import (
	"bytes"
	"time"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// maxName is the longest name a peer may authenticate under.
const maxName = 256

// authState is the authentication phase of one link, in either role, and what
// is left of it afterwards for duplicates and for CHAP's re-challenges.
type authState struct {
	Method AuthMethod
	Done   bool // AuthDone has been said
	Failed bool // server: the peer has been told no, for good
	// Attempt numbers NeedAuth and NeedCredential over the whole link; Pending:
	// the last of them has no answer yet.
	Attempt uint32
	Pending bool
	LastID  uint8 // of our Challenges and PAP requests

	// Server.
	ID        uint8  // of the Challenge, or the peer's PAP request, that is current
	Challenge []byte // ours
	User      string // the name being judged
	Last      []byte // the credentials being or last judged
	Reply     []byte // the last Success, Failure, Ack or Nak packet, whole
	Retries   int    // how often the peer may try again
	Heard     bool   // the peer has spoken an NCP since: it knows that it is in

	// Client.
	Now, Before exchange

	Keys     *mschap.StartKeys
	Repeats  int       // transmissions of what waits for an answer
	Deadline time.Time // for retransmission
	Timeout  time.Time // of the phase
}

// resetAuth forgets an authentication. Attempt and identifiers go on, so that a
// late verdict or response does not fit the next one.
func (m *Machine) resetAuth() {
	m.st.Auth = authState{Attempt: m.st.Auth.Attempt, LastID: m.st.Auth.LastID}
}

// startAuth begins the phase when LCP is open.
func (m *Machine) startAuth(method AuthMethod) {
	m.resetAuth()
	s := &m.st.Auth
	s.Method, s.Retries = method, m.cfg.AuthRetries
	m.st.Encryption, m.st.KeyLengths, m.st.MTU = m.cfg.Encryption, m.cfg.KeyLengths, m.cfg.MTU
	m.st.Phase, m.st.LCP.Disputed = PhaseAuthenticate, false
	if method == AuthNone {
		m.authenticated("")
		return
	}
	s.Timeout = m.now.Add(m.cfg.AuthTimeout)
	switch {
	case m.cfg.Role == Client && method == PAP:
		m.needCredential()
	case m.cfg.Role == Server && method != PAP:
		m.challenge()
	}
}

// authenticated ends the phase well and starts the NCPs.
func (m *Machine) authenticated(user string) {
	s := &m.st.Auth
	s.Done = true
	s.Deadline, s.Timeout = time.Time{}, time.Time{}
	m.st.User, m.st.UserKnown = user, true
	m.emit(AuthDone{Method: s.Method, User: user})
	m.startNetwork()
}

// authPacket sorts the packets of PAP and CHAP. Those of a protocol that was not
// agreed on are dropped, as are all outside LCP Opened (RFC 1661 §3.5), but for
// the repetition of a refusal we gave a moment ago.
func (m *Machine) authPacket(number uint16, p packet) {
	s := &m.st.Auth
	if m.st.LCP.Auto.State != Opened && !s.Failed {
		return
	}
	if s.Method == AuthNone || (number == protoPAP) != (s.Method == PAP) {
		return
	}
	switch {
	case m.cfg.Role == Server && number == protoPAP:
		m.papRequest(p)
	case m.cfg.Role == Server:
		m.chapResponse(p)
	case number == protoPAP:
		m.papReply(p)
	default:
		m.chapFromServer(p)
	}
}

// needAuth asks who the peer is, or refuses by itself what nobody can accept.
func (m *Machine) needAuth(user []byte, id uint8, challenge, response []byte) {
	s := &m.st.Auth
	s.User = string(user)
	s.Attempt++
	switch {
	case len(user) > maxName:
		m.reject("the user name is too long", 0, "")
		return
	case m.st.UserKnown && m.st.User != s.User:
		// The session, its accounting and its address belong to the first one.
		m.reject("another user than before tries to authenticate on the same link", 0, "")
		return
	}
	s.Pending = true
	s.Deadline = time.Time{}
	m.emit(NeedAuth{
		Attempt: s.Attempt, Method: s.Method, User: s.User, ID: id,
		Challenge: bytes.Clone(challenge), Response: bytes.Clone(response),
	})
}

// verdict takes the answer to NeedAuth.
func (m *Machine) verdict(v AuthVerdict) {
	s := &m.st.Auth
	if !s.Pending || v.Attempt != s.Attempt || m.cfg.Role != Server || m.ending() {
		return
	}
	s.Pending = false
	if !v.Accept {
		m.reject("", v.Code, v.Message)
		return
	}
	if v.Encryption != nil && *v.Encryption <= EncryptionStateless {
		m.st.Encryption = *v.Encryption
	}
	if v.KeyLengths != 0 {
		m.st.KeyLengths = v.KeyLengths
	}
	if v.MTU != 0 {
		m.st.MTU = max(v.MTU, minMRU)
	}
	if v.Keys != nil {
		s.Keys = cloneKeys(*v.Keys)
	}
	if s.Method == PAP {
		m.sendAuthReply(protoPAP, papMessage(papAck, s.ID, v.Message))
	} else {
		m.sendAuthReply(protoCHAP, packet{code: chapSuccess, id: s.ID, data: []byte(v.Message)})
	}
	m.authenticated(s.User)
}

// reject tells the peer no. Without another try the link ends right after it;
// why is for the administrator, message for the peer.
func (m *Machine) reject(why string, code int, message string) {
	s := &m.st.Auth
	if code == 0 {
		code = 691 // ERROR_AUTHENTICATION_FAILURE, RFC 2759 §6
	}
	again := s.Retries > 0 && why == "" && (s.Method == MSCHAPv1 || s.Method == MSCHAPv2)
	if !m.sendRefusal(code, message, again) {
		return
	}
	if again {
		s.Retries--
		s.Repeats = 0
		s.Deadline = m.now.Add(m.cfg.Restart)
		return
	}
	s.Failed = true
	if why == "" {
		why = message
	}
	m.terminate(CauseAuthRejected, why, "authentication failed")
}

// sendAuthReply sends a reply that may have to be repeated.
func (m *Machine) sendAuthReply(number uint16, p packet) {
	m.st.Auth.Reply = p.appendTo(nil)
	m.sendPacket(number, p)
}

// repeatAuthReply answers a duplicate as the original was answered, under the
// duplicate's identifier.
func (m *Machine) repeatAuthReply(number uint16, id uint8) {
	p, err := parsePacket(m.st.Auth.Reply)
	if err != nil {
		return
	}
	p.id = id
	m.sendPacket(number, p)
}

// remindOfSuccess repeats our Success, or Ack, beside a Configure-Request that
// stays without answer: if it was lost, the peer may wait for it in silence, and
// drops the NCPs until it comes (pppd does).
func (m *Machine) remindOfSuccess() {
	s := &m.st.Auth
	if m.cfg.Role != Server || !s.Done || s.Heard || len(s.Reply) == 0 {
		return
	}
	number := protoCHAP
	if s.Method == PAP {
		number = protoPAP
	}
	m.repeatAuthReply(number, s.Reply[1])
}

// needCredential asks for our own response.
func (m *Machine) needCredential() {
	s := &m.st.Auth
	s.Attempt++
	s.Pending = true
	m.emit(NeedCredential{
		Attempt: s.Attempt, Method: s.Method, ID: s.Now.ID, Challenge: bytes.Clone(s.Now.Challenge),
		PeerChallenge: bytes.Clone(s.Now.PeerChallenge), ServerName: s.Now.ServerName,
	})
}

// credential takes the answer to NeedCredential.
func (m *Machine) credential(c CredentialResponse) {
	s := &m.st.Auth
	if !s.Pending || c.Attempt != s.Attempt || m.cfg.Role != Client || m.ending() {
		return
	}
	s.Pending = false
	s.Now.Authenticator = c.Authenticator
	if c.Keys != nil {
		s.Now.Keys = cloneKeys(*c.Keys)
	}
	s.Repeats = 0
	s.Now.Response = append([]byte{}, c.Response...)
	m.sendCredential()
}

// sendCredential sends our response, and again until it is answered: the
// server's Success may be lost, after which it sends no Challenge any more
// (RFC 1994 §4.2).
func (m *Machine) sendCredential() {
	s := &m.st.Auth
	s.Repeats++
	s.Deadline = m.now.Add(m.cfg.Restart)
	if s.Method == PAP {
		s.LastID++
		s.Now.ID = s.LastID
		m.sendPacket(protoPAP, papRequestPacket(s.Now.ID, m.cfg.Name, s.Now.Response))
		return
	}
	if s.Repeats > 1 {
		m.sendResponse(s.Before)
	}
	m.sendResponse(s.Now)
}

func (m *Machine) noCredential(c CredentialFailure) {
	s := &m.st.Auth
	if !s.Pending || c.Attempt != s.Attempt || m.cfg.Role != Client {
		return
	}
	s.Pending = false
	m.terminate(CauseNoCredential, c.Reason, "no credential")
}

// expireAuth handles the timers of the phase.
func (m *Machine) expireAuth() {
	s := &m.st.Auth
	if !s.Timeout.IsZero() && !m.now.Before(s.Timeout) {
		m.terminate(CauseAuthTimeout, "", "authentication timed out")
		return
	}
	if s.Deadline.IsZero() || m.now.Before(s.Deadline) {
		return
	}
	s.Deadline = time.Time{}
	switch {
	case s.Repeats >= m.cfg.MaxConfigure && s.Done: // a server that has forgotten its re-challenge
	case s.Repeats >= m.cfg.MaxConfigure:
		m.terminate(CauseAuthTimeout, "", "authentication timed out")
	case m.cfg.Role == Client:
		m.sendCredential()
	case len(s.Reply) > 0: // a refusal that allows another try was lost, or the user is typing
		s.Repeats++
		s.Deadline = m.now.Add(m.cfg.Restart)
		m.repeatAuthReply(protoCHAP, s.Reply[1])
	default:
		m.sendChallenge()
	}
}

func cloneKeys(k mschap.StartKeys) *mschap.StartKeys {
	return &mschap.StartKeys{
		Send128: bytes.Clone(k.Send128), Recv128: bytes.Clone(k.Recv128),
		Send64: bytes.Clone(k.Send64), Recv64: bytes.Clone(k.Recv64),
	}
}
