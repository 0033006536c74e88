package local

import (
	"context"
	"fmt"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// Respond implements aaa.Credentials. aaa.ErrNotFound: no such user.
// aaa.ErrInvalid: the user is disabled, or what is stored of the password is not
// enough for the method, or a challenge has the wrong length.
func (b *Backend) Respond(ctx context.Context, r *aaa.RespondRequest) (*aaa.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, done, err := b.use()
	if err != nil {
		return nil, err
	}
	defer done()
	name, user, err := d.lookup(r.User)
	if err != nil {
		return nil, fmt.Errorf("look up user %q: %w", r.User, err)
	}
	if !user.Enabled {
		return nil, fmt.Errorf("%w: user %q is disabled", aaa.ErrInvalid, name)
	}
	s, err := d.secretOf(name, &user)
	if err != nil {
		return nil, err
	}
	return respond(s, name, r)
}

func respond(s secret, name string, r *aaa.RespondRequest) (*aaa.Response, error) {
	switch r.Method {
	case aaa.PAP:
		if s.password == nil {
			return nil, fmt.Errorf("%w: %s", aaa.ErrInvalid, needReversible(name, "pap towards a remote server"))
		}
		return &aaa.Response{Response: s.password}, nil
	case aaa.CHAP:
		if s.password == nil {
			return nil, fmt.Errorf("%w: %s", aaa.ErrInvalid, needReversible(name, "chap"))
		}
		if len(r.Challenge) == 0 {
			return nil, fmt.Errorf("%w: the chap challenge is empty", aaa.ErrInvalid)
		}
		response := chapResponse(r.ID, s.password, r.Challenge)
		return &aaa.Response{Response: response[:]}, nil
	case aaa.MSCHAPv1:
		if len(r.Challenge) != mschap.ChallengeLenV1 {
			return nil, wrongLength("challenge", r.Challenge, mschap.ChallengeLenV1)
		}
		response := mschap.ResponseV1{NT: mschap.NTResponseV1(r.Challenge, s.nt), UseNT: true}
		keys := mschap.StartKeysV1(s.nt, s.lm, r.Challenge) // the same for both ends
		return &aaa.Response{Response: response.AppendTo(nil), Keys: &keys}, nil
	case aaa.MSCHAPv2:
		return respondMSCHAPv2(s, r)
	case aaa.EAP:
	}
	return nil, fmt.Errorf("%w: method %q: the local user database responds to pap, chap, ms-chapv1, ms-chapv2",
		aaa.ErrInvalid, r.Method)
}

func respondMSCHAPv2(s secret, r *aaa.RespondRequest) (*aaa.Response, error) {
	if len(r.Challenge) != mschap.ChallengeLenV2 {
		return nil, wrongLength("challenge", r.Challenge, mschap.ChallengeLenV2)
	}
	if len(r.PeerChallenge) != mschap.ChallengeLenV2 {
		return nil, wrongLength("peer challenge", r.PeerChallenge, mschap.ChallengeLenV2)
	}
	nt := mschap.NTResponseV2(r.Challenge, r.PeerChallenge, r.User, s.nt)
	response := mschap.ResponseV2{PeerChallenge: [16]byte(r.PeerChallenge), NT: nt}
	keys := mschap.StartKeysV2(s.nt, nt, false)
	return &aaa.Response{
		Response:      response.AppendTo(nil),
		Authenticator: mschap.AuthenticatorResponse(s.nt, nt, r.PeerChallenge, r.Challenge, r.User),
		Keys:          &keys,
	}, nil
}

func wrongLength(what string, got []byte, want int) error {
	return fmt.Errorf("%w: the %s has %d octets: it must have %d", aaa.ErrInvalid, what, len(got), want)
}
