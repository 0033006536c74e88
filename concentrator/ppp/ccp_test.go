package ppp_test

import (
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// optionalUp is a server with optional encryption, IPCP open and CCP not asked for.
const optionalUp = `
set role server
set auth mschapv2
set encryption optional
auto verdict address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 mru=1400 magic=0x01020304
< lcp ConfAck id=1 mru=1400 magic=0x01020304
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone
< ipcp ConfReq ...
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp mtu=1400 receive=none send=none
< ipcp ConfAck id=1 addr=10.5.17.1
`

// optionalEncrypted has the peer ask for CCP when IP is up already.
const optionalEncrypted = optionalUp + `
> ccp ConfReq id=1 mppe=0x01000040
< ccp ConfReq mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=1 mppe=0x01000040
> ack ccp
! ArmTransmit 128s
! LayerDown
! LayerUp mtu=1396 receive=128s send=128s
`

func TestCCPDialogues(t *testing.T) {
	dialogue(t, "optional: encryption after IP is up changes the terms of IP", optionalEncrypted)
	dialogue(t, "optional: the peer closes CCP, IP goes on in the clear", optionalEncrypted+`
> ccp TermReq id=9 ""
! LayerDown
! DisarmMPPE
! LayerUp mtu=1400 receive=none send=none
< ccp TermAck id=9 ...
`)
	dialogue(t, "optional: while CCP is negotiated again nothing passes in the clear", optionalEncrypted+`
> ccp ConfReq id=2 mppe=0x01000040
! LayerDown
! DisarmMPPE
< ccp ConfReq mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=2 mppe=0x01000040
x LayerUp
> ack ccp
! ArmTransmit 128s
! LayerUp mtu=1396 receive=128s send=128s
`)
	dialogue(t, "optional: without keys CCP is rejected", `
set role server
set auth pap
set encryption optional
user "john" "secret"
auto verdict address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp
> pap AuthReq id=1 user="john" password="secret"
< pap AuthAck ...
! AuthDone
< ipcp ConfReq ...
> ccp ConfReq id=1 mppe=0x01000040
< lcp ProtoRej proto=0x80fd data=*
`)
	// RFC 1962 §4: each direction by itself. The peer wants to receive 40 bits
	// stateful, we want to receive 128 bits stateless.
	dialogue(t, "two directions, two encodings", `
set role server
set auth mschapv2
set encryption required
set keys 40,128
auto verdict address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 mru=1400 magic=0x01020304
< lcp ConfAck id=1 mru=1400 magic=0x01020304
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone
< ccp ConfReq mppe=0x01000060
> ccp ConfReq id=1 mppe=0x00000020
! ArmReceive 128s
< ccp ConfAck id=1 mppe=0x00000020
> ack ccp
! ArmTransmit 40
< ipcp ConfReq ...
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp mtu=1396 receive=128s send=40
< ipcp ConfAck id=1 addr=10.5.17.1
`)
	dialogue(t, "a Nak that names several strengths means the one the peer asks for itself", `
set role server
set auth mschapv2
set encryption required
set keys 40,128
auto verdict address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 mru=1400 magic=0x01020304
< lcp ConfAck id=1 mru=1400 magic=0x01020304
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone
< ccp ConfReq mppe=0x01000060
> ccp ConfReq id=1 mppe=0x01000020
! ArmReceive 128s
< ccp ConfAck id=1 mppe=0x01000020
> ccp ConfNak id=$ccp.ConfReq.id mppe=0x010000e0
! ArmReceive 40s
< ccp ConfReq mppe=0x01000020
> ack ccp
! ArmTransmit 40s
< ipcp ConfReq ...
`)
	dialogue(t, "reception is armed anew before a changed request leaves", `
set role server
set auth mschapv2
set encryption required
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
! AuthDone
< ccp ConfReq mppe=0x01000040
> ccp ConfReq id=1 mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=1 mppe=0x01000040
> nak ccp mppe=0x00000040
! ArmReceive 128
< ccp ConfReq mppe=0x00000040
> ack ccp
! ArmTransmit 128s
< ipcp ConfReq ...
`)
	dialogue(t, "required: IP stops while CCP is negotiated again", `
set role server
set auth mschapv2
set encryption required
auto verdict address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 mru=1400 magic=0x01020304
< lcp ConfAck id=1 mru=1400 magic=0x01020304
! LinkUp
< chap Challenge ...
> response
< chap Success ...
! AuthDone
< ccp ConfReq ...
> ack ccp
> ccp ConfReq id=1 mppe=0x01000040
! ArmReceive 128s
< ccp ConfAck id=1 mppe=0x01000040
! ArmTransmit 128s
< ipcp ConfReq ...
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp mtu=1396
< ipcp ConfAck id=1 addr=10.5.17.1
> ccp ConfReq id=2 mppe=0x01000040
! LayerDown
! DisarmMPPE
< ccp ConfReq ...
! ArmReceive 128s
< ccp ConfAck id=2 mppe=0x01000040
> ack ccp
! ArmTransmit 128s
! LayerUp mtu=1396
`)
	dialogue(t, "required: a peer that never answers CCP", `
set role server
set auth mschapv2
set encryption required
set maxconfigure 2
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
! AuthDone
< ccp ConfReq ...
> ipcp ConfReq id=1 addr=0.0.0.0
+ 3s
< ccp ConfReq ...
+ 3s
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=EncryptionRefused
`)
}

// Floods of Reset-Requests flush a few times per second, whoever asks.
func TestResetsAreLimited(t *testing.T) {
	m := lcpOpen(t, ppp.Config{Auth: []ppp.AuthMethod{ppp.MSCHAPv2}, Encryption: ppp.EncryptionRequired}, 1500)
	m.Handle(start, ppp.Frame{Data: append([]byte{0xc2, 0x23, 2, 1, 0, 54, 49}, make([]byte, 49)...)})
	keys := testKeys()
	out := m.Handle(start, ppp.AuthVerdict{Attempt: 1, Accept: true, Message: "S=0000000000000000000000000000000000000000", Keys: &keys})
	ccp := sent(out)[1]
	m.Handle(start, ppp.Frame{Data: ccp}) // the same request from the peer
	ack := append([]byte{}, ccp...)
	ack[2] = 2
	m.Handle(start, ppp.Frame{Data: ack})
	for i := range 3 {
		now := start.Add(time.Duration(i) * time.Second)
		flushes, requests := 0, 0
		for range 500 {
			flushes += len(m.Handle(now, ppp.Frame{Data: []byte{0x80, 0xfd, 14, 1, 0, 4}})) / 2 // with its Reset-Ack
			requests += len(sent(m.Handle(now, ppp.MPPEReset{})))
		}
		if flushes < 1 || flushes > 100 || requests < 1 || requests > 100 {
			t.Errorf("second %d: %d flushes, %d Reset-Requests of 500", i, flushes, requests)
		}
	}
}
