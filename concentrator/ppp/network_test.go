package ppp_test

import (
	"net/netip"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

var local, remote = netip.MustParseAddr("10.5.17.254"), netip.MustParseAddr("10.5.17.1")

func TestNetworkDialogues(t *testing.T) {
	dialogue(t, "LCP is negotiated again: all of it, but the same user and address", `
set role server
set auth mschapv2
user "john" "secret"
auto verdict
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone user="john"
! NeedAddress
= grant
< ipcp ConfReq addr=10.5.17.254
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp
< ipcp ConfAck id=1 addr=10.5.17.1
> lcp ConfReq id=9 magic=0x01020305
! LayerDown
< lcp ConfReq ...
< lcp ConfAck id=9 magic=0x01020305
> ack lcp
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone user="john"
x NeedAddress
< ipcp ConfReq addr=10.5.17.254
> ack ipcp
> ipcp ConfReq id=10 addr=0.0.0.0
< ipcp ConfNak id=10 addr=10.5.17.1
> ipcp ConfReq id=11 addr=10.5.17.1
! LayerUp remote=10.5.17.1
< ipcp ConfAck id=11 addr=10.5.17.1
`)
	dialogue(t, "nobody else may take the link over", `
set role server
set auth mschapv2
user "john" "secret"
auto verdict address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone user="john"
< ipcp ConfReq ...
> lcp ConfReq id=9 magic=0x01020305
< lcp ConfReq ...
< lcp ConfAck id=9 magic=0x01020305
> ack lcp
! LinkUp
< chap Challenge ...
> response user="mallory"
x NeedAuth
< chap Failure ...
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=AuthRejected
`)
	dialogue(t, "the peer closes IPCP: nothing is left of the link", serverUp+`
> ipcp TermReq id=9 ""
! LayerDown
< ipcp TermAck id=9 ...
+ 3s
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=IPCPFailed
`)
	dialogue(t, "the peer rejects IPCP", serverUp+`
> lcp ProtoRej id=9 proto=0x8021 data=
! LayerDown
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=IPCPFailed
`)
	dialogue(t, "IPv6CP comes and goes without harm", serverUp+`
> ipv6cp ConfReq id=5 opt1=1122334455667788
< lcp ProtoRej proto=0x8057 data=*
> ipv6cp TermReq id=6 ""
< lcp ProtoRej proto=0x8057 data=*
`)
	dialogue(t, "a client without an address from the server", `
set role client
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp
! AuthDone
< ipcp ConfReq addr=0.0.0.0
> ipcp ConfReq id=1 addr=10.5.17.254
< ipcp ConfAck id=1 addr=10.5.17.254
> rej ipcp addr=0.0.0.0
< ipcp ConfReq
> ack ipcp
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=IPCPFailed
`)
}

// The first grant counts, whoever sends another.
func TestGrantDoesNotChange(t *testing.T) {
	m := lcpOpen(t, ppp.Config{}, 1500)
	first := m.Handle(start, ppp.AddressGrant{Local: local, Remote: remote})
	if len(sent(first)) != 1 {
		t.Fatalf("outputs %v, want a Configure-Request", first)
	}
	if out := m.Handle(start, ppp.AddressGrant{Local: remote, Remote: local}); len(out) != 0 {
		t.Errorf("a second grant makes %v", out)
	}
	out := sent(m.Handle(start, ppp.Frame{Data: []byte{0x80, 0x21, 1, 1, 0, 10, 3, 6, 0, 0, 0, 0}}))
	want := []byte{0x80, 0x21, 3, 1, 0, 10, 3, 6, 10, 5, 17, 1}
	if len(out) != 1 || string(out[0]) != string(want) {
		t.Errorf("answer %x, want %x", out, want)
	}
}

func TestNewRefuses(t *testing.T) {
	good := ppp.Config{Rand: ppptest.NewRandom(1), Auth: []ppp.AuthMethod{ppp.PAP, ppp.MSCHAPv2}}
	if _, err := ppp.New(good); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*ppp.Config)
	}{
		{"no randomness", func(c *ppp.Config) { c.Rand = nil }},
		{"role", func(c *ppp.Config) { c.Role = 2 }},
		{"tiny MRU", func(c *ppp.Config) { c.MRU = 127 }},
		{"tiny MTU", func(c *ppp.Config) { c.MTU = 1 }},
		{"unknown method", func(c *ppp.Config) { c.Auth = []ppp.AuthMethod{9} }},
		{"encryption without keys", func(c *ppp.Config) {
			c.Auth, c.Encryption = []ppp.AuthMethod{ppp.PAP, ppp.CHAPMD5}, ppp.EncryptionRequired
		}},
		{"encryption without authentication", func(c *ppp.Config) { c.Auth, c.Encryption = nil, ppp.EncryptionStateless }},
		{"unknown encryption", func(c *ppp.Config) { c.Encryption = 7 }},
		{"unknown key length", func(c *ppp.Config) { c.KeyLengths = 8 }},
		{"IPv6", func(c *ppp.Config) { c.Local = netip.IPv6Loopback() }},
		{"negative time", func(c *ppp.Config) { c.Restart = -1 }},
		{"negative count", func(c *ppp.Config) { c.MaxFailure = -1 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			if m, err := ppp.New(c); err == nil || m != nil {
				t.Errorf("New = %v, %v, want an error", m, err)
			}
		})
	}
}
