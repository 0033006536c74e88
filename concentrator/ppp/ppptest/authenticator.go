package ppptest

import (
	"crypto/md5"
	"crypto/subtle"
	"net/netip"

	"github.com/pptpac/pptpac/aaa/mschap"
	"github.com/pptpac/pptpac/concentrator/ppp"
)

// User is both the database of a scripted server and the memory of a scripted
// client: one name, one password.
type User struct {
	Name, Password string
	// NoKeys keeps the MPPE start keys back, as a backend might.
	NoKeys bool
}

// Judge answers what a server's machine asks.
func (u User) Judge(n ppp.NeedAuth) ppp.AuthVerdict {
	v := ppp.AuthVerdict{Attempt: n.Attempt}
	nt, lm := mschap.NTHash(u.Password), mschap.LMHash(u.Password)
	var keys mschap.StartKeys
	switch n.Method {
	case ppp.PAP:
		v.Accept = subtle.ConstantTimeCompare(n.Response, []byte(u.Password)) == 1
	case ppp.CHAPMD5:
		v.Accept = subtle.ConstantTimeCompare(n.Response, MD5Response(n.ID, u.Password, n.Challenge)) == 1
	case ppp.MSCHAPv1:
		v.Accept = mschap.VerifyV1(n.Challenge, n.Response, &nt, &lm)
		keys = mschap.StartKeysV1(nt, &lm, n.Challenge).Swap()
		v.Keys = &keys
	case ppp.MSCHAPv2:
		v.Message, v.Accept = mschap.VerifyV2(n.Challenge, n.Response, n.User, nt)
		if r, err := mschap.ParseResponseV2(n.Response); err == nil {
			keys = mschap.StartKeysV2(nt, r.NT, true)
			v.Keys = &keys
		}
	}
	if mschap.UserPart(n.User) != u.Name || !v.Accept {
		return ppp.AuthVerdict{Attempt: n.Attempt, Code: 691}
	}
	if u.NoKeys {
		v.Keys = nil
	}
	return v
}

// Respond answers what a client's machine asks.
func (u User) Respond(n ppp.NeedCredential) ppp.CredentialResponse {
	r := ppp.CredentialResponse{Attempt: n.Attempt}
	nt, lm := mschap.NTHash(u.Password), mschap.LMHash(u.Password)
	var keys mschap.StartKeys
	switch n.Method {
	case ppp.PAP:
		r.Response = []byte(u.Password)
	case ppp.CHAPMD5:
		r.Response = MD5Response(n.ID, u.Password, n.Challenge)
	case ppp.MSCHAPv1:
		value := mschap.ResponseV1{NT: mschap.NTResponseV1(n.Challenge, nt), UseNT: true}
		r.Response = value.AppendTo(nil)
		keys = mschap.StartKeysV1(nt, &lm, n.Challenge)
		r.Keys = &keys
	case ppp.MSCHAPv2:
		value := mschap.ResponseV2{NT: mschap.NTResponseV2(n.Challenge, n.PeerChallenge, u.Name, nt)}
		copy(value.PeerChallenge[:], n.PeerChallenge)
		r.Response = value.AppendTo(nil)
		r.Authenticator = mschap.AuthenticatorResponse(nt, value.NT, n.PeerChallenge, n.Challenge, u.Name)
		keys = mschap.StartKeysV2(nt, value.NT, false)
		r.Keys = &keys
	}
	if u.NoKeys {
		r.Keys = nil
	}
	return r
}

// MD5Response is RFC 1994 §4.1: the hash of identifier, secret and challenge.
func MD5Response(id uint8, secret string, challenge []byte) []byte {
	sum := md5.Sum(append(append([]byte{id}, secret...), challenge...))
	return sum[:]
}

// Addresses answers NeedAddress.
type Addresses struct {
	Local, Remote netip.Addr
	DNS, NBNS     [2]netip.Addr
}

// Grant is the answer.
func (a Addresses) Grant() ppp.AddressGrant {
	return ppp.AddressGrant{Local: a.Local, Remote: a.Remote, DNS: a.DNS, NBNS: a.NBNS}
}
