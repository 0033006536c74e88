package concentrator

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// fakeAAA is a service with a few users, and their credentials for clients.
type fakeAAA struct {
	passwords map[string]string
	policies  map[string]*aaa.Policy
	// before, if not nil, may delay an answer or replace it by an error.
	before func(ctx context.Context) error

	// failures is how many calls of Account fail before one succeeds.
	failures atomic.Int32

	mu      sync.Mutex // guards records
	records []*aaa.Record
}

func newFakeAAA() *fakeAAA {
	return &fakeAAA{passwords: map[string]string{"john": "secret", "jane": "geheim"}, policies: map[string]*aaa.Policy{}}
}

func (f *fakeAAA) Authenticate(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	if f.before != nil {
		if err := f.before(ctx); err != nil {
			return nil, err
		}
	}
	password, ok := f.passwords[r.User]
	if !ok {
		return &aaa.Verdict{Result: aaa.Reject, Code: aaa.AuthFailure, Reason: "unknown user"}, nil
	}
	v := &aaa.Verdict{Result: aaa.Accept, Policy: f.policies[r.User], Backend: "fake"}
	nt, lm := mschap.NTHash(password), mschap.LMHash(password)
	c := r.Credential
	switch c.Method {
	case aaa.PAP:
		ok = string(c.Response) == password
	case aaa.CHAP:
		ok = bytes.Equal(c.Response, md5Response(c.ID, password, c.Challenge))
	case aaa.MSCHAPv1:
		ok = mschap.VerifyV1(c.Challenge, c.Response, &nt, &lm)
		keys := mschap.StartKeysV1(nt, &lm, c.Challenge)
		v.Keys = &keys
	case aaa.MSCHAPv2:
		v.Success, ok = mschap.VerifyV2(c.Challenge, c.Response, r.User, nt)
		if ok {
			parsed, err := mschap.ParseResponseV2(c.Response)
			if err != nil {
				return nil, err
			}
			keys := mschap.StartKeysV2(nt, parsed.NT, true)
			v.Keys = &keys
		}
	}
	if !ok {
		return &aaa.Verdict{Result: aaa.Reject, Code: aaa.AuthFailure, Reason: "wrong password"}, nil
	}
	return v, nil
}

func md5Response(id uint8, password string, challenge []byte) []byte {
	sum := md5.Sum(append(append([]byte{id}, password...), challenge...))
	return sum[:]
}

func (f *fakeAAA) Account(_ context.Context, r *aaa.Record) error {
	if f.failures.Add(-1) >= 0 {
		return aaa.ErrUnavailable
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = append(f.records, r)
	return nil
}

// recordsOf returns the types of the records of a session, in order.
func (f *fakeAAA) recordsOf(session string) (list []*aaa.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		if r.SessionID == session {
			list = append(list, r)
		}
	}
	return list
}

// credentials answer challenges with one password.
type credentials string

func (p credentials) Respond(_ context.Context, r *aaa.RespondRequest) (*aaa.Response, error) {
	password := string(p)
	nt, lm := mschap.NTHash(password), mschap.LMHash(password)
	switch r.Method {
	case aaa.PAP:
		return &aaa.Response{Response: []byte(password)}, nil
	case aaa.CHAP:
		return &aaa.Response{Response: md5Response(r.ID, password, r.Challenge)}, nil
	case aaa.MSCHAPv1:
		keys := mschap.StartKeysV1(nt, &lm, r.Challenge)
		response := mschap.ResponseV1{NT: mschap.NTResponseV1(r.Challenge, nt), LM: mschap.LMResponseV1(r.Challenge, lm), UseNT: true}
		return &aaa.Response{Response: response.AppendTo(nil), Keys: &keys}, nil
	case aaa.MSCHAPv2:
		response := mschap.ResponseV2{NT: mschap.NTResponseV2(r.Challenge, r.PeerChallenge, r.User, nt)}
		copy(response.PeerChallenge[:], r.PeerChallenge)
		keys := mschap.StartKeysV2(nt, response.NT, false)
		return &aaa.Response{
			Response: response.AppendTo(nil), Keys: &keys,
			Authenticator: mschap.AuthenticatorResponse(nt, response.NT, r.PeerChallenge, r.Challenge, r.User),
		}, nil
	}
	return nil, fmt.Errorf("%w: %s", aaa.ErrNotSupported, r.Method)
}
