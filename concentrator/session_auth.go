package concentrator

import (
	"context"
	"fmt"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
)

// methodOf names the authentication methods of PPP in the words of aaa.
var methodOf = map[ppp.AuthMethod]aaa.Method{
	ppp.PAP:      aaa.PAP,
	ppp.CHAPMD5:  aaa.CHAP,
	ppp.MSCHAPv1: aaa.MSCHAPv1,
	ppp.MSCHAPv2: aaa.MSCHAPv2,
}

func methodName(m ppp.AuthMethod) string {
	if name, ok := methodOf[m]; ok {
		return string(name)
	}
	return "none"
}

// authenticate asks the AAA chain about a credential.
func (s *session) authenticate(o ppp.NeedAuth) {
	s.cancelAuth()
	s.attempt = o.Attempt
	s.refusal = nil
	s.info.User, s.info.Method = o.User, methodOf[o.Method]
	s.publish()
	s.log = s.base.With().Str("user", o.User).Logger()
	r := &aaa.AuthRequest{
		SessionID:  s.id,
		User:       o.User,
		Credential: aaa.Credential{Method: methodOf[o.Method], ID: o.ID, Challenge: o.Challenge, Response: o.Response},
		Server:     s.info.Server,
		CallerID:   s.info.CallerID.String(),
		CalledID:   s.info.CalledID.String(),
		NASPort:    s.nasPort,
		MPPE:       s.cfg.Encryption.Required(),
		MPPEBits:   s.cfg.KeyLengths.Bits(),
		Sessions:   s.srv.registry.countUser(o.User),
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.srv.config().Server.AuthTimeout)
	s.authCancel = cancel
	s.async(func() sessionEvent {
		defer cancel()
		v, err := s.srv.aaa.Authenticate(ctx, r)
		return verdictEvent{attempt: o.Attempt, verdict: v, err: err}
	})
}

func (s *session) cancelAuth() {
	if s.authCancel != nil {
		s.authCancel()
		s.authCancel = nil
	}
}

// judged passes the verdict on to the machine.
func (s *session) judged(e verdictEvent) {
	if s.parting() || e.attempt != s.attempt {
		return
	}
	reject := func(code aaa.ErrorCode, why *ending) {
		s.refusal = why
		s.log.Debug().Str("reason", why.detail).Int("code", int(code)).Msg("authentication refused")
		s.feed(ppp.AuthVerdict{Attempt: e.attempt, Code: int(code)})
	}
	v := e.verdict
	switch {
	case e.err != nil:
		reject(aaa.BackendFault, &ending{cause: CauseAuthUnavailable, detail: e.err.Error()})
		return
	case v == nil:
		reject(aaa.BackendFault, &ending{cause: CauseAuthUnavailable, detail: "the backend gave no verdict"})
		return
	case v.Result != aaa.Accept:
		reject(v.Code, &ending{cause: CauseAuthRejected, detail: rejection(s.info.User, v)})
		return
	}
	policy := v.Policy
	if policy == nil {
		policy = &aaa.Policy{}
	}
	terms, err := encryptionTerms(s.cfg.Encryption, s.cfg.KeyLengths, policy)
	if err != nil {
		reject(aaa.BackendFault, &ending{cause: CauseAuthUnavailable, detail: err.Error()})
		return
	}
	user := s.info.User
	if policy.User != "" {
		user = policy.User
	}
	if why := s.claimUser(user, policy); why != nil {
		reject(aaa.NoDialIn, why)
		return
	}
	s.log = s.base.With().Str("user", user).Logger()
	s.required = terms.encryption.Required()
	s.info.User, s.info.Backend, s.info.Policy = user, v.Backend, policy
	s.info.IdleTimeout = orDefault(policy.IdleTimeout, s.cfg.IdleTimeout)
	s.info.Timeout = orDefault(policy.SessionTimeout, s.cfg.SessionTimeout)
	s.publish()
	s.feed(ppp.AuthVerdict{
		Attempt: e.attempt, Accept: true, Message: v.Success, Keys: v.Keys,
		Encryption: &terms.encryption, KeyLengths: terms.lengths, MTU: uint16(min(max(policy.MTU, 0), 1500)),
	})
}

// rejection says why a user was not let in.
func rejection(user string, v *aaa.Verdict) string {
	reason := v.Reason
	if v.Result == aaa.Challenge {
		reason = "the backend wants another round, which this method has not"
	}
	if reason == "" {
		reason = "rejected"
	}
	return fmt.Sprintf("user %q: %s (E=%d)", user, reason, v.Code)
}

// claimUser takes the user's slot, ending the oldest session if the policy says so.
func (s *session) claimUser(user string, policy *aaa.Policy) *ending {
	switch {
	case s.hasSlot && s.userSlot == user:
		return nil // authenticated again within the same session
	case s.hasSlot:
		return &ending{cause: CauseAuthRejected, detail: fmt.Sprintf("user %q became %q within one session", s.userSlot, user)}
	}
	oldest, ok := s.srv.registry.claimUser(user, s, policy.MaxSessions, policy.ReplaceOldest)
	if !ok {
		return &ending{cause: CauseOnlyOne, detail: fmt.Sprintf("user %q: already has as many sessions as he may: %d", user, policy.MaxSessions)}
	}
	s.userSlot, s.hasSlot = user, true
	for _, o := range oldest {
		o.end(CauseReplaced, "replaced by session "+s.id)
	}
	return nil
}

// terms are the encryption of one session.
type terms struct {
	encryption ppp.Encryption
	lengths    ppp.KeyLengths
}

// encryptionTerms joins the server's encryption with the user's, which may only
// tighten it: the words of Encryption are ordered by how much they demand, and
// of the key lengths those remain that both allow.
func encryptionTerms(server ppp.Encryption, lengths ppp.KeyLengths, p *aaa.Policy) (terms, error) {
	t := terms{encryption: server, lengths: lengths}
	if p.Encryption != "" {
		e, err := ppp.ParseEncryption(p.Encryption)
		if err != nil {
			return t, fmt.Errorf("policy of the backend: %w", err)
		}
		t.encryption = max(server, e)
	}
	if len(p.MPPEBits) == 0 || t.encryption == ppp.EncryptionNone {
		return t, nil
	}
	var own ppp.KeyLengths
	for _, b := range p.MPPEBits {
		if l, ok := ppp.KeyLengthOf(b); ok {
			own |= l
		}
	}
	t.lengths &= own
	switch {
	case t.lengths != 0:
	case t.encryption.Required():
		return t, fmt.Errorf("policy of the backend: MPPE of %v bits, but mppe-key-lengths allows only %v", p.MPPEBits, lengths.Bits())
	default:
		t.encryption, t.lengths = ppp.EncryptionNone, lengths
	}
	return t, nil
}

func orDefault(own, server time.Duration) time.Duration {
	if own != 0 {
		return own
	}
	return server
}

// authenticated: the authentication phase is over.
func (s *session) authenticated() {
	if !s.admitted {
		s.admitted = true
		s.setupBy = time.Now().Add(s.setup) // to be connected
		s.srv.limits.established(s.info.CallerID)
	}
	if !s.reach(StageAuthenticated) {
		s.log.Debug().Str("method", string(s.info.Method)).Msg("authenticated again")
		return
	}
	s.log.Info().Str("stage", string(StageAuthenticated)).Str("method", string(s.info.Method)).
		Str("backend", s.info.Backend).Msg("authenticated")
}
