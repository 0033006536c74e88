package lab

import (
	"context"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// Credentials answers challenges of MS-CHAPv2 with Password.
type Credentials struct{}

var _ aaa.Credentials = Credentials{}

// Respond implements aaa.Credentials.
func (Credentials) Respond(_ context.Context, r *aaa.RespondRequest) (*aaa.Response, error) {
	if r.Method != aaa.MSCHAPv2 {
		return nil, aaa.ErrNotSupported
	}
	nt := mschap.NTHash(Password)
	response := mschap.ResponseV2{NT: mschap.NTResponseV2(r.Challenge, r.PeerChallenge, r.User, nt)}
	copy(response.PeerChallenge[:], r.PeerChallenge)
	keys := mschap.StartKeysV2(nt, response.NT, false)
	return &aaa.Response{
		Response: response.AppendTo(nil), Keys: &keys,
		Authenticator: mschap.AuthenticatorResponse(nt, response.NT, r.PeerChallenge, r.Challenge, r.User),
	}, nil
}

// AAA knows every user, all with Password, in process. It does the sums of
// MS-CHAPv2 and nothing else, and forgets what it is to account.
type AAA struct{}

var _ aaa.Service = AAA{}

// Authenticate implements aaa.Service.
func (AAA) Authenticate(_ context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	nt := mschap.NTHash(Password)
	success, ok := mschap.VerifyV2(r.Credential.Challenge, r.Credential.Response, r.User, nt)
	if !ok {
		return &aaa.Verdict{Result: aaa.Reject, Code: aaa.AuthFailure, Reason: "wrong password"}, nil
	}
	response, err := mschap.ParseResponseV2(r.Credential.Response)
	if err != nil {
		return nil, err
	}
	keys := mschap.StartKeysV2(nt, response.NT, true)
	return &aaa.Verdict{Result: aaa.Accept, Success: success, Keys: &keys, Backend: "none"}, nil
}

// Account implements aaa.Service.
func (AAA) Account(context.Context, *aaa.Record) error { return nil }
