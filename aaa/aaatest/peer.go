package aaatest

import (
	"crypto/md5" //nolint:gosec // RFC 1994 §4.1
	"testing"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// Request is the request of a peer who proves user with password by method. It
// knows the algorithms only as package mschap has them.
func Request(tb testing.TB, method aaa.Method, user, password string) *aaa.AuthRequest {
	tb.Helper()
	r := &aaa.AuthRequest{
		SessionID: "0001",
		User:      user,
		Server:    "pptp-dynamic-server",
		CallerID:  "192.0.2.7",
		CalledID:  "198.51.100.1",
		NASPort:   1,
		Credential: aaa.Credential{
			Method:    method,
			ID:        42,
			Challenge: []byte("0123456789abcdef"),
		},
	}
	c := &r.Credential
	hash := mschap.NTHash(password)
	switch method {
	case aaa.PAP:
		c.Challenge, c.Response = nil, []byte(password)
	case aaa.CHAP:
		sum := md5.Sum(append(append([]byte{c.ID}, password...), c.Challenge...)) //nolint:gosec // RFC 1994 §4.1
		c.Response = sum[:]
	case aaa.MSCHAPv1:
		c.Challenge = c.Challenge[:8]
		c.Response = mschap.ResponseV1{NT: mschap.NTResponseV1(c.Challenge, hash), UseNT: true}.AppendTo(nil)
	case aaa.MSCHAPv2:
		peer := [16]byte{0: 0xaa, 15: 0x55}
		c.Response = mschap.ResponseV2{
			PeerChallenge: peer,
			NT:            mschap.NTResponseV2(c.Challenge, peer[:], user, hash),
		}.AppendTo(nil)
	case aaa.EAP:
		tb.Fatalf("no peer for method %q", method)
	default:
		tb.Fatalf("no peer for method %q", method)
	}
	return r
}

// PeerKeys are the MPPE start keys that the peer who made r with password holds,
// from its own point of view; nil where the method yields none.
func PeerKeys(tb testing.TB, r *aaa.AuthRequest, password string) *mschap.StartKeys {
	tb.Helper()
	hash, lm := mschap.NTHash(password), mschap.LMHash(password)
	var keys mschap.StartKeys
	switch r.Credential.Method {
	case aaa.MSCHAPv1:
		keys = mschap.StartKeysV1(hash, &lm, r.Credential.Challenge)
	case aaa.MSCHAPv2:
		response, err := mschap.ParseResponseV2(r.Credential.Response)
		if err != nil {
			tb.Fatal(err)
		}
		keys = mschap.StartKeysV2(hash, response.NT, false)
	case aaa.PAP, aaa.CHAP, aaa.EAP:
		return nil
	}
	return &keys
}
