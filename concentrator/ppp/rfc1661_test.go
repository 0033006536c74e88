package ppp_test

import (
	"strings"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// A sentence of an RFC and a script that shows that the machine obeys it. What
// begins with a capital is quoted, "..." where it is shortened; the rest says in
// our words what follows from the section.
type sentence struct {
	section string
	says    string
	script  string
}

func obey(t *testing.T, rfc string, sentences []sentence) {
	for _, s := range sentences {
		name := s.says
		if len(name) > 50 {
			name = name[:50]
		}
		t.Run(s.section+" "+name, func(t *testing.T) {
			if _, err := ppptest.Run(s.script); err != nil {
				t.Errorf("%s §%s: %q: %v", rfc, s.section, s.says, err)
			}
		})
	}
}

// Preambles: what stands before the act in the scripts.
const (
	// lcpReqSent: a server without authentication has sent its first request.
	lcpReqSent = `
set role server
set auth none
auto address
= up
< lcp ConfReq magic=* ...
`
	// lcpOpened: ... and LCP is open; the peer's MRU is 1500.
	lcpOpened = lcpReqSent + `
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp mru=1500 auth=none
~
`
	// linkUp: ... and IPCP, too.
	linkUp = lcpOpened + `
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
< ipcp ConfAck id=1 addr=10.5.17.1
! LayerUp
`
)

// chapOpened: a server is authenticating its peer with a method.
func chapOpened(method string, settings ...string) string {
	return `
set role server
set name pptpac
set auth ` + method + "\n" + strings.Join(settings, "\n") + `
= up
< lcp ConfReq auth=` + method + ` ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp auth=` + method + `
`
}

func TestRFC1661LinkOperation(t *testing.T) {
	obey(t, "RFC 1661", []sentence{
		{"3.4", "Any non-LCP packets received during this phase MUST be silently discarded.", lcpReqSent + `
> ipcp ConfReq id=1 addr=0.0.0.0
> ccp ConfReq id=1 mppe=0x01000040
> chap Response id=1 value=00 name="john"
> pap AuthReq id=1 user="john" password="secret"
> ipv6cp ConfReq id=1
> raw 00214500
`},
		{"3.4", "The receipt of the LCP Configure-Request causes a return to the Link Establishment phase from the Network-Layer Protocol phase or Authentication phase.", linkUp + `
> lcp ConfReq id=2 magic=0x01020305
! LayerDown
< lcp ConfReq ...
< lcp ConfAck id=2 magic=0x01020305
> ipcp ConfReq id=9 addr=10.5.17.1
> ack lcp
! LinkUp
~
`},
		{"3.4", "the same from the Authentication phase", chapOpened("md5") + `
< chap Challenge ...
> lcp ConfReq id=2 magic=0x01020305
< lcp ConfReq auth=md5 ...
< lcp ConfAck id=2 magic=0x01020305
> ack lcp
! LinkUp auth=md5
< chap Challenge ...
`},
		{"3.5", "Only Link Control Protocol, authentication protocol, and link quality monitoring packets are allowed during this phase. All other packets received during this phase MUST be silently discarded.", chapOpened("md5") + `
< chap Challenge ...
> ipcp ConfReq id=1 addr=0.0.0.0
> ccp ConfReq id=1 mppe=0x01000040
> raw 00214500
`},
		{"3.5", "Advancement from the Authentication phase to the Network-Layer Protocol phase MUST NOT occur until authentication has completed.", chapOpened("md5", "auto address") + `
< chap Challenge ...
x ipcp ...
> response
! NeedAuth
x ipcp ...
= verdict accept
< chap Success ...
! AuthDone
< ipcp ConfReq ...
`},
		{"3.5", "If authentication fails, the authenticator SHOULD proceed instead to the Link Termination phase.", chapOpened("md5") + `
< chap Challenge ...
> response password="wrong"
! NeedAuth
= verdict reject
< chap Failure ...
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=AuthRejected
`},
		{"3.6", "Any supported network-layer protocol packets received when the corresponding NCP is not in the Opened state MUST be silently discarded.", lcpOpened + `
> raw 0021450000140000000040000000000000000a051101
`},
		{"3.7", "The receiver of a Terminate-Request SHOULD wait for the peer to disconnect, and MUST NOT disconnect until at least one Restart time has passed after sending a Terminate-Ack.", linkUp + `
> lcp TermReq id=7 ""
! LayerDown
< lcp TermAck id=7 ...
+ 2999ms
+ 1ms
! Finished cause=PeerTerminated
`},
		{"3.7", "Any non-LCP packets received during this phase MUST be silently discarded.", linkUp + `
= terminate "bye"
! LayerDown
< lcp TermReq "bye"
> ipcp ConfReq id=3 addr=10.5.17.1
> ccp ConfReq id=1 mppe=0x01000040
> ipv6cp ConfReq id=1
`},
		{"3.7", "The sender of the Terminate-Request SHOULD disconnect after receiving a Terminate-Ack, or after the Restart counter expires.", linkUp + `
= terminate "bye"
! LayerDown
< lcp TermReq "bye"
+ 3s
< lcp TermReq "bye"
+ 3s
! Finished cause=Closed
`},
	})
}

func TestRFC1661Counters(t *testing.T) {
	request := "< lcp ConfReq ...\n"
	waiting := strings.Repeat("+ 3s\n"+request, 8)
	obey(t, "RFC 1661", []sentence{
		{"4.6", "Max-Configure indicates the number of Configure-Request packets sent without receiving a valid Configure-Ack, Configure-Nak or Configure-Reject ... SHOULD default to ten (10) transmissions.",
			lcpReqSent + "@ 1s\n" + request + waiting + "+ 3s\n! Finished cause=NoFrames\n"},
		{"4.6", "Max-Configure MUST be configurable", "set maxconfigure 2\n" + lcpReqSent + "@ 1s\n" + request + "+ 3s\n! Finished cause=NoFrames\n"},
		{"4.6", "The Restart timer MUST be configurable, but SHOULD default to three (3) seconds.",
			"set restart 7s\n" + lcpReqSent + "@ 1s\n" + request + "+ 6999ms\n+ 1ms\n" + request},
		{"4.6", "Max-Failure indicates the number of Configure-Nak packets sent without sending a Configure-Ack before assuming that configuration is not converging. Any further Configure-Nak packets for peer requested options are converted to Configure-Reject packets ... SHOULD default to five (5) transmissions.",
			lcpReqSent + strings.Repeat("> lcp ConfReq id=1 magic=0x00000000\n< lcp ConfNak id=1 magic=*\n", 5) +
				"> lcp ConfReq id=1 magic=0x00000000\n< lcp ConfRej id=1 magic=0x00000000\n"},
		{"4.4", "The counter is decremented for each transmission, including the first.",
			lcpReqSent + "= terminate \"x\"\n< lcp TermReq \"x\"\n+ 3s\n< lcp TermReq \"x\"\n+ 3s\n! Finished cause=Closed\n"},
	})
}

func TestRFC1661Echo(t *testing.T) {
	obey(t, "RFC 1661", []sentence{
		{"5.8", "Upon reception of an Echo-Request in the LCP Opened state, an Echo-Reply MUST be transmitted.", lcpOpened + `
> lcp EchoReq id=77 magic=0x01020304 data=00112233
< lcp EchoRep id=77 magic=$lcp.ConfReq.magic data=00112233
`},
		{"5.8", "Echo-Request and Echo-Reply packets received in any state other than the LCP Opened state SHOULD be silently discarded.", lcpReqSent + `
> lcp EchoReq id=77 magic=0x01020304 data=
> lcp EchoRep id=77 magic=0x01020304 data=
`},
		{"5.8", "Until the Magic-Number Configuration Option has been successfully negotiated, the Magic-Number MUST be transmitted as zero.", lcpReqSent + `
> rej lcp magic=$lcp.ConfReq.magic
~
> ack lcp
> lcp ConfReq id=1
~
> lcp EchoReq id=2 magic=0x00000000 data=
< lcp EchoRep id=2 magic=0x00000000 data=
`},
		{"5.9", "The receiver MUST silently discard any Discard-Request that it receives.", linkUp + `
> lcp DiscardReq id=2 magic=0x01020304 data=ffff
`},
		{"5.8", "our Echo-Requests have our magic number, and an Echo-Reply keeps the link", "set echo 10s\n" + linkUp + `
+ 10s
< lcp EchoReq magic=$lcp.ConfReq.magic ...
> lcp EchoRep id=$lcp.EchoReq.id magic=0x01020304 data=
+ 10s
< lcp EchoReq magic=$lcp.ConfReq.magic ...
`},
		{"5.8", "so many unanswered Echo-Requests end the link", "set echo 10s\nset echofailure 2\n" + linkUp + `
+ 10s
< lcp EchoReq ...
+ 10s
< lcp EchoReq ...
+ 10s
! LayerDown
< lcp TermReq ...
+ 10s
< lcp TermReq ...
! Finished cause=EchoFailure
`},
	})
}
