package ppp_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

func TestRFC1661Configure(t *testing.T) {
	obey(t, "RFC 1661", []sentence{
		{"5.1", "Upon reception of a Configure-Request, an appropriate reply MUST be transmitted.", lcpReqSent + `
> lcp ConfReq id=1
< lcp ConfAck id=1
> lcp ConfReq id=2 opt99=
< lcp ConfRej id=2 opt99=
`},
		{"5.2", "If every Configuration Option received in a Configure-Request is recognizable and all values are acceptable, then the implementation MUST transmit a Configure-Ack. The acknowledged Configuration Options MUST NOT be reordered or modified in any way.", lcpReqSent + `
> lcp ConfReq id=200 accomp pcomp magic=0x01020304 accm=0x00000000 mru=1400
< lcp ConfAck id=200 accomp pcomp magic=0x01020304 accm=0x00000000 mru=1400
`},
		{"5.2", "On reception of a Configure-Ack, the Identifier field MUST match that of the last transmitted Configure-Request. ... Invalid packets are silently discarded.", lcpReqSent + `
> lcp ConfReq id=1
< lcp ConfAck id=1
> lcp ConfAck id=250 magic=$lcp.ConfReq.magic
> ack lcp
! LinkUp
~
`},
		{"5.2", "Additionally, the Configuration Options in a Configure-Ack MUST exactly match those of the last transmitted Configure-Request.", lcpReqSent + `
> lcp ConfReq id=1
< lcp ConfAck id=1
> lcp ConfAck id=$lcp.ConfReq.id
> lcp ConfAck id=$lcp.ConfReq.id magic=0x00000001
> ack lcp
! LinkUp
~
`},
		{"5.3", "The Options field is filled with only the unacceptable Configuration Options from the Configure-Request.", lcpReqSent + `
> lcp ConfReq id=9 mru=1400 magic=0x00000000 pcomp
< lcp ConfNak id=9 magic=*
`},
		{"5.3", "On reception of a Configure-Nak, the Identifier field MUST match that of the last transmitted Configure-Request. Invalid packets are silently discarded.", lcpReqSent + `
> lcp ConfNak id=250 magic=0x00000001
> nak lcp magic=0x00000001
< lcp ConfReq ...
`},
		{"5.4", "If some Configuration Options received in a Configure-Request are not recognizable or are not acceptable for negotiation ..., then the implementation MUST transmit a Configure-Reject. The Options field is filled with only the unacceptable Configuration Options", lcpReqSent + `
> lcp ConfReq id=9 opt77=0102 mru=1400 callback=06 magic=0x00000000 opt200=
< lcp ConfRej id=9 opt77=0102 callback=06 opt200=
`},
		{"5.4", "Reception of a valid Configure-Reject indicates that when a new Configure-Request is sent, it MUST NOT include any of the Configuration Options listed in the Configure-Reject.", lcpReqSent + `
> rej lcp magic=$lcp.ConfReq.magic
< lcp ConfReq ...
x lcp ConfReq magic=* ...
> lcp ConfReq id=1
< lcp ConfAck id=1
+ 3s
x lcp ConfReq magic=* ...
< lcp ConfReq ...
`},
		{"5.4", "On reception of a Configure-Reject, the Identifier field MUST match ... Additionally, the Configuration Options in a Configure-Reject MUST be a proper subset of those in the last transmitted Configure-Request. Invalid packets are silently discarded.", lcpReqSent + `
> lcp ConfRej id=250 magic=$lcp.ConfReq.magic
> rej lcp opt99=
> rej lcp magic=0x00000001
`},
		{"6", "None of the Configuration Options in this specification can be listed more than once.", lcpReqSent + `
> lcp ConfReq id=9 mru=1400 pcomp mru=1500
< lcp ConfRej id=9 mru=1500
`},
		{"5.1", "The Options field is filled with any desired changes to the link defaults.", lcpReqSent + `
> lcp ConfReq id=1 mru=576 pcomp accomp
< lcp ConfAck id=1 mru=576 pcomp accomp
> lcp ConfReq id=2
< lcp ConfAck id=2
> ack lcp
x LinkUp pcomp
x LinkUp accomp
! LinkUp mru=1500
~
`},
		{"6.2", "If that protocol is Configure-Nak'd, then the implementation SHOULD attempt the next most desirable protocol in the next Configure-Request.", `
set auth mschapv2,md5,pap
= up
< lcp ConfReq auth=mschapv2 ...
> nak lcp auth=eap
< lcp ConfReq auth=md5 ...
> nak lcp auth=eap
< lcp ConfReq auth=pap ...
`},
		{"6.2", "the option is rejected: no authentication, no link", `
set auth mschapv2
= up
< lcp ConfReq auth=mschapv2 ...
> rej lcp auth=mschapv2
< lcp TermReq ...
~
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=NoCommonAuth
`},
		{"6.4", "If the two Magic-Numbers are different, then the link is not looped-back, and the Magic-Number SHOULD be acknowledged.", lcpReqSent + `
> lcp ConfReq id=1 magic=0x00000001
< lcp ConfAck id=1 magic=0x00000001
`},
		{"6.4", "If the two Magic-Numbers are equal ... a Configure-Nak MUST be sent specifying a different Magic-Number value.", lcpReqSent + `
> lcp ConfReq id=1 magic=$lcp.ConfReq.magic
x lcp ConfNak id=1 magic=$lcp.ConfReq.magic
< lcp ConfNak id=1 magic=*
`},
		{"6.4", "A Magic-Number of zero is illegal and MUST always be Nak'd, if it is not Rejected outright.", lcpReqSent + `
> lcp ConfReq id=1 magic=0x00000000
x lcp ConfNak id=1 magic=0x00000000
< lcp ConfNak id=1 magic=*
`},
	})
}

func TestRFC1661Rejects(t *testing.T) {
	big := strings.Repeat("ab", 1494)
	obey(t, "RFC 1661", []sentence{
		{"5.5", "Upon reception of a Terminate-Request, a Terminate-Ack MUST be transmitted.", lcpReqSent + `
> lcp TermReq id=77 ""
< lcp TermAck id=77 ...
~
`},
		{"5.5", "the Identifier field of the Terminate-Request is copied into the Identifier field of the Terminate-Ack packet.", linkUp + `
> lcp TermReq id=200 "x"
! LayerDown
< lcp TermAck id=200 ...
~
`},
		{"5.5", "Reception of an unelicited Terminate-Ack indicates that the peer ... is otherwise in need of re-negotiation.", linkUp + `
> lcp TermAck id=3 ""
! LayerDown
< lcp ConfReq ...
`},
		{"5.6", "Reception of a LCP packet with an unknown Code ... MUST be reported back to the sender of the unknown Code by transmitting a Code-Reject. The Rejected-Packet field contains a copy of the LCP packet which is being rejected.", lcpReqSent + `
> lcp Code99 id=5 data=aabbcc
< lcp CodeRej data=63050007aabbcc
> lcp Code0 id=6 data=
< lcp CodeRej data=00060004
`},
		{"5.6", "The Rejected-Packet MUST be truncated to comply with the peer's established MRU.", lcpReqSent + `
> ack lcp
> lcp ConfReq id=1 mru=576
~
> lcp Code99 id=5 data=` + big + `
< lcp CodeRej data=630505da` + big[:2*(576-4-4)] + `
`},
		{"5.7", "If the LCP automaton is in the Opened state, then this MUST be reported back to the peer by transmitting a Protocol-Reject.", linkUp + `
> ipxcp ConfReq id=1 opt1=00000000
< lcp ProtoRej proto=0x802b data=0101000a010600000000
> raw 802b
< lcp ProtoRej proto=0x802b data=
> ccp ConfReq id=1 mppe=0x01000040
< lcp ProtoRej proto=0x80fd data=0101000a120601000040
`},
		{"5.7", "Protocol-Reject packets can only be sent in the LCP Opened state.", lcpReqSent + `
> ipxcp ConfReq id=1 opt1=00000000
> lcp ConfReq id=1
< lcp ConfAck id=1
> ipxcp ConfReq id=1 opt1=00000000
`},
		{"5.7", "The Rejected-Information MUST be truncated to comply with the peer's established MRU.", lcpReqSent + `
> ack lcp
> lcp ConfReq id=1 mru=576
~
> nbfcp Code99 id=5 data=` + big + `
< lcp ProtoRej proto=0x803f data=630505da` + big[:2*(576-4-2-4)] + `
`},
		{"5.7", "Protocol-Reject packets received in any state other than the LCP Opened state SHOULD be silently discarded.", lcpReqSent + `
> lcp ProtoRej id=1 proto=0x8021 data=
> lcp ProtoRej id=1 proto=0xc021 data=
> lcp ConfReq id=1
< lcp ConfAck id=1
`},
		{"5.7", "Upon reception of a Protocol-Reject, the implementation MUST stop sending packets of the indicated protocol at the earliest opportunity.", lcpOpened + `
> lcp ProtoRej id=1 proto=0x8021 data=0101000a03060a0511fe
x ipcp ...
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=IPCPFailed
`},
		{"5.7", "a Protocol-Reject of a protocol we do not speak is harmless (RXJ+)", linkUp + `
> lcp ProtoRej id=1 proto=0x8057 data=
> lcp ProtoRej id=1 proto=0x0023 data=
`},
		{"4.3", "a Code-Reject of a required code cannot be recovered from (RXJ-)", linkUp + `
> lcp CodeRej id=1 data=01010004
! LayerDown
< lcp TermReq ...
~
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=LCPFailed
`},
		{"4.3", "a Code-Reject of an extended code is harmless (RXJ+)", linkUp + `
> lcp CodeRej id=1 data=0c010008000000004d53
`},
	})
}

func TestRFC1661Framing(t *testing.T) {
	obey(t, "RFC 1661", []sentence{
		{"5", "Octets outside the range of the Length field are treated as padding and are ignored on reception.", lcpReqSent + `
> raw c0210105000a050601020304ffffffff
< lcp ConfAck id=5 magic=0x01020304
`},
		{"5", "When a packet is received with an invalid Length field, the packet is silently discarded without affecting the automaton.", linkUp + `
> raw c02101050005
> raw c0210105000301
> raw c021010500ff05060102
> raw c02105010000
> raw c02105
> raw c021
> raw c0
`},
		{"2", "all protocol numbers are odd, and the most significant octet even; a compressed one starts with an odd octet", lcpReqSent + `
> raw 21450000
> raw 00
> raw ff03c0210101000401
`},
	})
}

// §5.1: "The Identifier field MUST be changed whenever the contents of the
// Options field changes, and whenever a valid reply has been received for a
// previous request."
func TestRFC1661IdentifierChanges(t *testing.T) {
	r, err := ppptest.Run(lcpReqSent + `
> nak lcp magic=0x00000007
~
> rej lcp magic=0x00000000
~
@ 30s
~
`)
	if err != nil && r == nil {
		t.Fatal(err)
	}
	options := map[byte][]byte{}
	last := -1
	for _, batch := range r.Outputs {
		for _, out := range batch {
			frame, ok := out.(ppp.SendFrame)
			if !ok || !bytes.HasPrefix(frame.Data, []byte{0xc0, 0x21, 1}) {
				continue
			}
			id, content := frame.Data[3], frame.Data[6:]
			if before, used := options[id]; used && !bytes.Equal(before, content) {
				t.Errorf("identifier %d stands for %x and %x", id, before, content)
			}
			options[id] = content
			last = int(id)
		}
	}
	if last < 0 || len(options) < 2 {
		t.Errorf("%d identifiers used, want one for each change of the options", len(options))
	}
}

// §5.6, §5.7: "The Identifier field MUST be changed for each Code-Reject
// sent", and for each Protocol-Reject.
func TestRFC1661RejectIdentifiersChange(t *testing.T) {
	for _, test := range []struct{ name, act, reject string }{
		{"code", "> lcp Code99 id=5 data=\n", "c02107"},
		{"protocol", "> ipxcp ConfReq id=5\n", "c02108"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := ppptest.Run(linkUp + strings.Repeat(test.act+"~\n", 3))
			if err != nil {
				t.Fatal(err)
			}
			want, _ := hex.DecodeString(test.reject)
			seen := map[byte]bool{}
			for _, batch := range r.Outputs {
				for _, out := range batch {
					if f, ok := out.(ppp.SendFrame); ok && bytes.HasPrefix(f.Data, want) {
						if seen[f.Data[3]] {
							t.Errorf("identifier %d was used twice", f.Data[3])
						}
						seen[f.Data[3]] = true
					}
				}
			}
			if len(seen) != 3 {
				t.Errorf("%d rejects, want 3", len(seen))
			}
		})
	}
}

// §6.4: a link that is looped back hears its own magic number for ever.
func TestRFC1661LoopedBackLink(t *testing.T) {
	for _, role := range []ppp.Role{ppp.Server, ppp.Client} {
		m, err := ppp.New(ppp.Config{Role: role, Rand: ppptest.NewRandom(1), Auth: auth(ppp.MSCHAPv2), Name: "john"})
		if err != nil {
			t.Fatal(err)
		}
		now := ppptest.Epoch
		pending := m.Handle(now, ppp.LowerUp{})
		var finished *ppp.Finished
		for range 2000 {
			if len(pending) == 0 {
				if now = m.Deadline(); now.IsZero() {
					break
				}
				pending = m.Handle(now, ppp.Tick{})
				continue
			}
			out := pending[0]
			pending = pending[1:]
			switch out := out.(type) {
			case ppp.SendFrame:
				pending = append(pending, m.Handle(now, ppp.Frame(out))...)
			case ppp.Finished:
				finished = &out
			case ppp.LayerUp, ppp.AuthDone:
				t.Errorf("%v: %T over a looped-back link", role, out)
			}
		}
		if finished == nil || finished.Cause != ppp.CauseLoopback {
			t.Errorf("%v: finished %+v, want Loopback", role, finished)
		}
	}
}
