package ppp_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// The verdict's policy replaces the configuration's.
func TestVerdictReplacesPolicy(t *testing.T) {
	required, none := ppp.EncryptionRequired, ppp.EncryptionNone
	all := ppp.Key40 | ppp.Key56 | ppp.Key128
	tests := []struct {
		name           string
		server, client ppp.Encryption
		change         func(*ppp.AuthVerdict)
		want           agreement
		mtu            uint16
	}{
		{"tightened", ppp.EncryptionOptional, ppp.EncryptionOptional, func(v *ppp.AuthVerdict) { v.Encryption = &required },
			agreement{up: true, encoding: ppp.Encoding{Bits: 128, Stateless: true}}, 1456},
		{"tightened against a client without", ppp.EncryptionOptional, ppp.EncryptionNone, func(v *ppp.AuthVerdict) { v.Encryption = &required },
			agreement{server: []ppp.Cause{ppp.CauseEncryptionRefused}, client: []ppp.Cause{ppp.CauseEncryptionRefused}}, 0},
		{"without keys", ppp.EncryptionOptional, ppp.EncryptionOptional, func(v *ppp.AuthVerdict) { v.Encryption, v.Keys = &required, nil },
			agreement{server: []ppp.Cause{ppp.CauseEncryptionNoKeys}, client: []ppp.Cause{ppp.CausePeerTerminated}}, 0},
		{"forbidden", ppp.EncryptionRequired, ppp.EncryptionOptional, func(v *ppp.AuthVerdict) { v.Encryption = &none },
			agreement{up: true}, 1460},
		{"another strength", ppp.EncryptionRequired, ppp.EncryptionRequired, func(v *ppp.AuthVerdict) { v.KeyLengths = ppp.Key56 },
			agreement{up: true, encoding: ppp.Encoding{Bits: 56, Stateless: true}}, 1456},
		{"MTU", ppp.EncryptionRequired, ppp.EncryptionRequired, func(v *ppp.AuthVerdict) { v.MTU = 1400 },
			agreement{up: true, encoding: ppp.Encoding{Bits: 128, Stateless: true}}, 1396},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := john(t, ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: test.server, KeyLengths: all},
				ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: test.client, KeyLengths: all}, 1)
			p.Server.ChangeVerdict = test.change
			p.Start()
			run(t, p, time.Minute)
			check(t, p, test.want)
			if test.want.up && p.Server.Up.MTU != test.mtu {
				t.Errorf("MTU %d, want %d", p.Server.Up.MTU, test.mtu)
			}
		})
	}
}

// No address left: the session answers NeedAddress with Terminate.
func TestPoolExhausted(t *testing.T) {
	config := ppp.Config{Auth: auth(ppp.MSCHAPv2)}
	p := john(t, config, config, 1)
	p.Server.Refuse = "no address is free"
	p.Start()
	run(t, p, time.Minute)
	check(t, p, agreement{server: []ppp.Cause{ppp.CauseClosed}, client: []ppp.Cause{ppp.CausePeerTerminated}})
	if p.Client.Finished.Detail != "no address is free" {
		t.Errorf("the client was told %q", p.Client.Finished.Detail)
	}
	if p.Client.Up != nil || p.Server.Up != nil {
		t.Error("LayerUp without an address")
	}
}

// Addresses that are not valid are not offered, and the option is rejected when
// the peer asks for it.
func TestGrantWithoutAddresses(t *testing.T) {
	h, err := ppptest.NewHostile(ipcpServer(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Feed(ppp.AddressGrant{Local: netip.MustParseAddr("10.0.0.1"), Remote: netip.MustParseAddr("2001:db8::1")}); err != nil {
		t.Fatal(err)
	}
	request, err := ppptest.Compose("ipcp ConfReq id=7 addr=0.0.0.0 dns1=0.0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	outputs := h.Machine.Handle(h.Now, ppp.Frame{Data: request})
	if len(outputs) != 1 || !ppptest.Match("ipcp ConfRej id=7 addr=0.0.0.0 dns1=0.0.0.0", ppptest.DescribeOutput(outputs[0])) {
		t.Errorf("%v, want a Reject of both", texts(outputs))
	}
}

func TestTimeouts(t *testing.T) {
	obey(t, "config.go", []sentence{
		{"AuthTimeout", "for the whole authentication phase; 30s", chapOpened("mschapv2") + `
~
+ 15s
~
+ 14s
~
+ 999ms
x lcp TermReq ...
~
+ 1ms
< lcp TermReq ...
~
+ 6s
~
`},
		{"AuthTimeout", "a backend that never answers", chapOpened("mschapv2", "set authtimeout 5s") + `
~
> response
! NeedAuth
+ 5s
< lcp TermReq ...
= verdict accept
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=AuthTimeout
`},
		{"IPCPTimeout", "the peer never answers IPCP", ipcpServer("auto address\nset maxconfigure 3") + `
+ 3s
< ipcp ConfReq ...
+ 3s
< ipcp ConfReq ...
+ 3s
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=IPCPTimeout
`},
		{"IPCPTimeout", "the peer never asks for itself", ipcpServer("auto address\nset maxconfigure 3") + `
> ack ipcp
+ 30s
x LayerUp
~
> lcp TermAck id=$lcp.TermReq.id ""
~
`},
		{"EncryptionRefused", "the peer never answers CCP where encryption is required", "set maxconfigure 3\n" + network("required", "128") + `
~
+ 3s
< chap Success ...
< ccp ConfReq ...
+ 3s
< chap Success ...
< ccp ConfReq ...
+ 3s
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=EncryptionRefused
`},
		{"EncryptionRefused", "the peer gives up while CCP is negotiated", network("required", "128") + `
< ccp ConfReq ...
> lcp TermReq id=9 "MPPE required but peer negotiation failed"
< lcp TermAck id=9 ...
+ 3s
! Finished cause=EncryptionRefused detail="MPPE required but peer negotiation failed"
`},
		{"EncryptionRefused", "the peer asks for what the policy forbids, and gives up", network("none", "128") + `
< ipcp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000040
< lcp ProtoRej ...
> lcp TermReq id=9 "MPPE required"
< lcp TermAck id=9 ...
+ 3s
! Finished cause=EncryptionRefused
`},
		{"Auth", "a lost Success is repeated until the peer speaks an NCP", network("required", "128") + `
< ccp ConfReq ...
+ 1s
< chap Success ...
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000040
! ArmReceive
< ccp ConfAck id=1 ...
+ 3s
x chap Success ...
< ccp ConfReq ...
~
`},
		{"optional", "a peer that begins CCP and never ends it gets IP in the clear", "set maxconfigure 3\n" + network("optional", "128") + `
< ipcp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000040
~
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
~
+ 3s
~
+ 3s
~
> ipcp ConfReq id=1 addr=10.5.17.1
~
+ 3s
! DisarmMPPE
< ipcp ConfReq ...
< ipcp ConfAck id=1 addr=10.5.17.1
> ack ipcp
! LayerUp receive=none send=none
`},
		{"optional", "the peer asks for encryption when IP is up", network("optional", "128") + `
< ipcp ConfReq ...
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp receive=none send=none mtu=1460
< ipcp ConfAck id=1 addr=10.5.17.1
> ccp ConfReq id=2 mppe=0x01000040
< ccp ConfReq mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=2 mppe=0x01000040
> ack ccp
! ArmTransmit 128s
! LayerDown
! LayerUp receive=128s send=128s mtu=1456
`},
	})
}

// A new negotiation of LCP in mid-session starts everything again, for the same
// user with the same address, and under new keys.
func TestRenegotiationOfLCP(t *testing.T) {
	again := encrypted("required", "0x01000040") + `
> lcp ConfReq id=77 magic=0x01020305
! LayerDown
! DisarmMPPE
< lcp ConfReq auth=mschapv2 ...
< lcp ConfAck id=77 magic=0x01020305
> ack lcp
! LinkUp auth=mschapv2
< chap Challenge ...
> ccp ConfReq id=78 mppe=0x01000040
`
	obey(t, "observed clients", []sentence{
		{"40", "re-negotiation of LCP in Opened: full restart", again + `
> response
< chap Success ...
! AuthDone
~
> ack ccp
! ArmTransmit 128s
~
> ack ipcp
> ipcp ConfReq id=79 addr=10.5.17.1
! LayerUp local=10.5.17.254 remote=10.5.17.1
< ipcp ConfAck id=79 addr=10.5.17.1
`},
		{"40", "what was asked before is not answered afterwards", network("required", "128") + `
~
> ipcp ConfReq id=50 addr=0.0.0.0
> lcp ConfReq id=77 magic=0x01020305
~
> ack lcp
~
> response
~
> ccp ConfReq id=78 mppe=0x01000040
~
> ack ccp
x ipcp ConfNak ...
! ArmTransmit 128s
< ipcp ConfReq ...
`},
	})
	// Another user may not take the session over: nobody is even asked.
	h, err := ppptest.NewHostile(again)
	if err != nil {
		t.Fatal(err)
	}
	var end []string
	for id := range 4 {
		response := append(append([]byte{49}, make([]byte, 49)...), "eve"...)
		end = append(end, texts(h.Machine.Handle(h.Now, ppp.Frame{Data: ppptest.Packet(ppptest.ProtoCHAP, 2, uint8(id), response)}))...)
	}
	if len(end) != 2 || !ppptest.Match("chap Failure *", end[0]) || !ppptest.Match("lcp TermReq ...", end[1]) {
		t.Errorf("another user's Response: %v, want a Failure and a Terminate-Request", end)
	}
}
