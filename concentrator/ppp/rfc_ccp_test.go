package ppp_test

import (
	"strings"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// network: a server has authenticated its peer by MS-CHAPv2 and the network
// phase has begun, with an encryption policy and strengths.
func network(encryption, keys string) string {
	return chapOpened("mschapv2", "set encryption "+encryption, "set keys "+keys, "auto verdict address") + `
< chap Challenge ...
> response
< chap Success ...
! AuthDone
`
}

func TestRFC1962(t *testing.T) {
	obey(t, "RFC 1962", []sentence{
		{"2", "CCP packets received before this phase is reached should be silently discarded.", chapOpened("mschapv2", "set encryption required") + `
< chap Challenge ...
> ccp ConfReq id=1 mppe=0x01000040
`},
		{"2.1", "unknown CCP codes are Code-Rejected by CCP", network("required", "128") + `
< ccp ConfReq ...
> ccp Code77 id=1 data=01
< ccp CodeRej data=4d01000501
`},
		{"4.1", "compression algorithms that are not ours are rejected", network("required", "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000040 deflate=7800 opt21=2f opt1= opt17=00010400
< ccp ConfRej id=1 deflate=7800 opt21=2f opt1= opt17=00010400
> ccp ConfReq id=2 mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=2 mppe=0x01000040
`},
		{"4.1", "an empty Configure-Request where encryption is required is not agreed to: MPPE is asked for", network("required", "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1
x ccp ConfAck ...
< ccp ConfNak id=1 mppe=0x01000040
`},
		{"4.1", "an empty Configure-Request where encryption is optional is harmless", network("optional", "128") + `
~
> ccp ConfReq id=1
x ipcp TermAck ...
x lcp TermReq ...
~
`},
	})
}

func TestRFC3078(t *testing.T) {
	obey(t, "RFC 3078", []sentence{
		{"2", "MPPE is option 18 of 6 octets: another length is refused", network("required", "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 opt18=010000
x ccp ConfAck ...
x ArmReceive
~
`},
		{"2", "If the responder supports more than one encryption option in the set requested by the initiator, the option selected SHOULD be the \"strongest\" option offered.", network("required", "40,56,128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=0x010000e0
< ccp ConfNak id=1 mppe=0x01000040
> ccp ConfReq id=2 mppe=0x010000a0
< ccp ConfNak id=2 mppe=0x01000080
> ccp ConfReq id=3 mppe=0x01000020
! ArmReceive 128s
< ccp ConfAck id=3 mppe=0x01000020
`},
		{"2", "The responder SHOULD NAK with a single encryption option: only among those that it allows", network("required", "40") + `
< ccp ConfReq mppe=0x01000020
> ccp ConfReq id=1 mppe=0x010000e0
< ccp ConfNak id=1 mppe=0x01000020
`},
		{"2", "no bits at all: Windows 95 and 98 cannot encrypt one way, so bits are named", network("required", "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=0x00000000
x ccp ConfNak id=1 mppe=0x00000000
< ccp ConfNak id=1 mppe=*
`},
		{"2", "the C bit asks for MPPC, D is obsolete: they are Nak'd off", network("required", "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000051
< ccp ConfNak id=1 mppe=0x01000040
`},
		{"2", "no strength in common where encryption is required ends the link", network("required", "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000020
~
> ccp ConfReq id=2 mppe=0x01000020
~
> ccp ConfReq id=3 mppe=0x01000020
~
> ccp ConfReq id=4 mppe=0x01000020
~
> ccp ConfReq id=5 mppe=0x01000020
~
> ccp ConfReq id=6 mppe=0x01000020
~
> ccp ConfReq id=7 mppe=0x01000020
~
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=EncryptionRefused
`},
		{"2", "optional is encrypted if the peer asks", network("optional", "40,128") + `
~
> ccp ConfReq id=1 mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=1 mppe=0x01000040
< ccp ConfReq mppe=0x01000040
> ack ccp
! ArmTransmit 128s
~
`},
		{"2", "a peer that Naks with a strength that we do not allow gets no other", network("required", "128") + `
< ccp ConfReq mppe=0x01000040
> nak ccp mppe=0x01000020
x ccp ConfReq mppe=0x01000020
~
`},
		{"3.1", "IP in the clear before MPPE is opened is dropped, the link goes on", network("required", "128") + `
< ccp ConfReq ...
> raw 0021450000140000000040000000000000000a051101
`},
		{"3.3", "a Reset-Request before CCP is open", network("required", "128") + `
~
> ccp ResetReq id=3 data=
> ccp ConfReq id=1 mppe=0x01000040
~
> ccp ResetReq id=4 data=
= reset
`},
		{"2", "the peer rejects MPPE: required ends the link", network("stateless", "128") + `
< ccp ConfReq ...
> rej ccp mppe=0x01000040
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=EncryptionRefused
`},
	})
}

// encrypted: a server's link is up under MPPE.
func encrypted(policy, bits string) string {
	return network(policy, "128") + `
< ccp ConfReq ...
> ccp ConfReq id=1 mppe=` + bits + `
! ArmReceive
< ccp ConfAck id=1 mppe=` + bits + `
> nak ccp mppe=` + bits + `
~
> ack ccp
! ArmTransmit
~
> ack ipcp
> ipcp ConfReq id=2 addr=10.5.17.1
! LayerUp
< ipcp ConfAck id=2 addr=10.5.17.1
`
}

func TestRFC3078InMidSession(t *testing.T) {
	obey(t, "RFC 3078", []sentence{
		{"3.2", "CCP goes down under a required encryption: the link ends, nothing falls back to clear text", encrypted("required", "0x00000040") + `
> ccp TermReq id=9 ""
! LayerDown
! DisarmMPPE
< ccp TermAck id=9 ...
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=EncryptionLost
`},
		{"3.2", "a Protocol-Reject of CCP in mid-session is the same", encrypted("required", "0x00000040") + `
> lcp ProtoRej id=9 proto=0x80fd data=
! LayerDown
! DisarmMPPE
< lcp TermReq ...
~
> lcp TermAck id=$lcp.TermReq.id ""
! Finished
`},
		{"3.3", "the receiver lost coherency: Reset-Request, one at a time", encrypted("required", "0x00000040") + `
= reset
< ccp ResetReq id=* data=
`},
		{"3.3", "the sender acknowledges with the identifier of the request, and flushes", encrypted("required", "0x00000040") + `
> ccp ResetReq id=33 data=
< ccp ResetAck id=33 data=
! FlushTransmit
> ccp ResetReq id=34 data=0000
< ccp ResetAck id=34 data=
! FlushTransmit
`},
		{"3.3", "who rejects the code of a Reset-Ack gets no other", encrypted("required", "0x01000040") + `
> ccp ResetReq id=33 data=
< ccp ResetAck id=33 data=
! FlushTransmit
> ccp CodeRej id=1 data=0f210004
> ccp ResetReq id=34 data=
! FlushTransmit
`},
		{"3.3", "a Reset-Ack is not needed, and does no harm", encrypted("required", "0x00000040") + `
> ccp ResetAck id=33 data=
`},
		{"3", "algorithms that are asked for when MPPE runs do not switch it off silently", encrypted("required", "0x01000040") + `
> ccp ConfReq id=9 deflate=7800
x ccp ConfAck ...
~
`},
	})
}

// Receive keys are armed before the Ack that lets the peer use them leaves, and
// LayerUp comes before the Ack that completes IPCP (the contract of Output).
func TestOrderOfOutputs(t *testing.T) {
	for _, encryption := range []ppp.Encryption{ppp.EncryptionRequired, ppp.EncryptionStateless, ppp.EncryptionNone} {
		config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: encryption}
		p := john(t, config, config, 1)
		p.Start()
		run(t, p, 60e9)
		for _, e := range []*ppptest.End{p.Server, p.Client} {
			armed := false
			for _, batch := range e.Outputs {
				up := -1
				for i, out := range batch {
					switch out := out.(type) {
					case ppp.ArmReceive:
						armed = true
					case ppp.LayerUp:
						up = i
					case ppp.SendFrame:
						text := ppptest.Describe(out.Data)
						if strings.HasPrefix(text, "ccp ConfAck") && !armed {
							t.Errorf("%s: a CCP Configure-Ack before ArmReceive", e.Name)
						}
					}
				}
				for i, out := range batch {
					if f, ok := out.(ppp.SendFrame); ok && up > i && strings.HasPrefix(ppptest.Describe(f.Data), "ipcp ConfAck") {
						t.Errorf("%s: the IPCP Configure-Ack that completes it before LayerUp", e.Name)
					}
				}
			}
		}
	}
}

// The start keys do not change when CCP is negotiated again, nor when the peer
// challenges again in mid-session.
func TestKeysAreThoseOfTheFirstAuthentication(t *testing.T) {
	r, err := ppptest.Run(encrypted("required", "0x01000040") + `
> ccp ConfReq id=20 mppe=0x01000040
~
> ack ccp
~
`)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]int{}
	for _, batch := range r.Outputs {
		for _, out := range batch {
			if arm, ok := out.(ppp.ArmReceive); ok {
				keys[string(arm.Key.StartKey)]++
			}
		}
	}
	if len(keys) != 1 {
		t.Errorf("%d different receive keys, want 1", len(keys))
	}
	for _, n := range keys {
		if n < 2 {
			t.Errorf("armed %d times, want again after the second negotiation", n)
		}
	}
}
