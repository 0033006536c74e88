package ppp_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// chapClient: a client whose server has demanded a method.
func chapClient(method string) string {
	return `
set role client
set auth ` + method + `
set name john
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 auth=` + method + ` magic=0x01020304
< lcp ConfAck id=1 auth=` + method + ` magic=0x01020304
! LinkUp auth=` + method + `
`
}

const challenge16 = "value=00112233445566778899aabbccddeeff"

func TestRFC1570(t *testing.T) {
	obey(t, "RFC 1570", []sentence{
		{"1.1", "Identification packets MAY be sent at any time, including before LCP has reached the Opened state.", lcpReqSent + `
> lcp Ident id=1 magic=0x00000000 "MSRASV5.20"
! PeerIdent text="MSRASV5.20"
`},
		{"1.1", "the Message is made printable", lcpOpened + `
> lcp Ident id=1 magic=0x01020304 "a\x00\x1b[2Jb\n\xff"
x PeerIdent text="a\x00\x1b[2Jb\n\xff"
! PeerIdent text=*
`},
		{"1.2", "There is no response to the Time-Remaining packet.", lcpOpened + `
> lcp TimeRemaining id=1 magic=0x01020304 data=0000003c
`},
	})
}

func TestRFC1334(t *testing.T) {
	obey(t, "RFC 1334", []sentence{
		{"2.2.2", "If the Peer-ID/Password pair received in an Authenticate-Request is both recognizable and acceptable, then the authenticator MUST transmit a PAP packet with the Code field set to 2 (Authenticate-Ack).", chapOpened("pap", "auto address") + `
> pap AuthReq id=5 user="john" password="secret"
! NeedAuth method=pap user="john"
= verdict accept
< pap AuthAck id=5 ...
! AuthDone method=pap user="john"
~
`},
		{"2.2.2", "If the Peer-ID/Password pair ... is not recognizable or acceptable, then the authenticator MUST transmit a PAP packet with the Code field set to 3 (Authenticate-Nak), and SHOULD take action to terminate the link.", chapOpened("pap") + `
> pap AuthReq id=5 user="john" password="wrong"
! NeedAuth method=pap user="john"
= verdict reject
< pap AuthNak id=5 ...
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=AuthRejected
`},
		{"2.2.1", "Because the Authenticate-Ack might be lost, the authenticator MUST allow repeated Authenticate-Request packets after completing the Authentication phase. Protocol phase MUST return the same reply Code", chapOpened("pap", "auto address verdict") + `
> pap AuthReq id=5 user="john" password="secret"
~
> pap AuthReq id=6 user="john" password="secret"
< pap AuthAck id=6 ...
`},
		{"2.2.1", "Any Authenticate-Request packets received during any other phase MUST be silently discarded.", "set role server\nset auth pap\n= up\n~\n> pap AuthReq id=5 user=\"john\" password=\"secret\"\n"},
		{"2.2.1", "The Authenticate-Request packet MUST be repeated until a valid reply packet is received, or an optional retry counter expires.", chapClient("pap") + `
! NeedCredential method=pap
= credential
< pap AuthReq user="john" password="secret"
+ 3s
< pap AuthReq user="john" password="secret"
+ 3s
< pap AuthReq user="john" password="secret"
> pap AuthAck id=$pap.AuthReq.id ""
! AuthDone method=pap user="john"
~
`},
		{"2.2", "zero octets of Peer-ID and Password are a name and a password, too", chapOpened("pap") + `
> pap AuthReq id=5 user="" password=""
! NeedAuth method=pap user="" response=
`},
		{"2.2.2", "an Authenticate-Ack whose Identifier matches no request is silently discarded", chapClient("pap") + `
! NeedCredential method=pap
> pap AuthAck id=200 ""
= credential
< pap AuthReq ...
> pap AuthAck id=201 ""
`},
	})
}

func TestRFC1994(t *testing.T) {
	obey(t, "RFC 1994", []sentence{
		{"4.1", "The authenticator MUST transmit a CHAP packet with the Code field set to 1 (Challenge). Additional Challenge packets MUST be sent until a valid Response packet is received, or an optional retry counter expires.", chapOpened("md5") + `
< chap Challenge name="pptpac" ...
+ 3s
< chap Challenge ...
+ 3s
< chap Challenge ...
`},
		{"4.1", "Whenever a Challenge packet is received, the peer MUST transmit a CHAP packet with the Code field set to 2 (Response). The Identifier field of the Response MUST be copied", "auto credential\n" + chapClient("md5") + `
> chap Challenge id=99 ` + challenge16 + ` name="srv"
< chap Response id=99 value=* name="john"
> chap Challenge id=100 value=01 name="srv"
< chap Response id=100 value=* name="john"
`},
		{"4.1", "Whenever a Response packet is received, the authenticator compares the Response Value with its own calculation of the expected value. Based on this comparison, the authenticator MUST send a Success or Failure packet", chapOpened("md5", "auto verdict address") + `
< chap Challenge ...
> response
< chap Success id=$chap.Challenge.id ...
~
`},
		{"4.1", "Because the Success might be lost, the authenticator MUST allow repeated Response packets during the Network-Layer Protocol phase after completing the Authentication phase. ... any Response packets received having the current Challenge Identifier MUST return the same reply Code", chapOpened("md5", "auto verdict address") + `
< chap Challenge ...
> response
~
> response password="other"
< chap Success id=$chap.Challenge.id ...
> response
< chap Success id=$chap.Challenge.id ...
`},
		{"4.1", "Any Response packets received during any other phase MUST be silently discarded.", "set role server\nset auth md5\n= up\n~\n> chap Response id=1 value=00112233445566778899aabbccddeeff name=\"john\"\n"},
		{"4.2", "a Response whose Identifier is not that of the Challenge is silently discarded", chapOpened("md5") + `
< chap Challenge ...
> response id=200
`},
		{"4.2", "If the Value received in a Response is not equal to the expected value, then the implementation MUST transmit a CHAP packet with the Code field set to 4 (Failure), and SHOULD take action to terminate the link.", chapOpened("md5", "auto verdict") + `
< chap Challenge ...
> response password="wrong"
< chap Failure id=$chap.Challenge.id ...
< lcp TermReq ...
`},
	})
}

func TestRFC2433(t *testing.T) {
	obey(t, "RFC 2433", []sentence{
		{"6", "a wrong password with a retry left gets a Failure, and the link goes on", chapOpened("mschapv1", "set retries 1") + `
< chap Challenge ...
> response password="wrong"
! NeedAuth method=mschapv1
= verdict reject 691
< chap Failure id=$chap.Challenge.id *
`},
	})
}

// failureTexts runs a server that rejects twice and returns its Failures.
func failureTexts(t *testing.T, method string, retries string, code string) (texts []string, r *ppptest.Record) {
	t.Helper()
	script := chapOpened(method, "set retries "+retries) + `
~
> response password="wrong"
! NeedAuth
= verdict reject ` + code + `
~
`
	r, err := ppptest.Run(script)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range r.Outputs {
		for _, out := range batch {
			if f, ok := out.(ppp.SendFrame); ok && strings.HasPrefix(ppptest.Describe(f.Data), "chap Failure") {
				texts = append(texts, string(f.Data[6:]))
			}
		}
	}
	return texts, r
}

// RFC 2433 §6 and RFC 2759 §6: the text of a Failure. RRAS never sends M=, and
// Mac OS 10.4 hangs on it, so none is sent.
func TestFailureText(t *testing.T) {
	tests := []struct{ name, method, retries, code, want string }{
		{"v2 final", "mschapv2", "0", "691", `^E=691 R=0 C=[0-9A-Fa-f]{32} V=3$`},
		{"v2 retry", "mschapv2", "2", "691", `^E=691 R=1 C=[0-9A-Fa-f]{32} V=3$`},
		{"v2 backend fault", "mschapv2", "0", "930", `^E=930 R=0 C=[0-9A-Fa-f]{32} V=3$`},
		{"v2 default", "mschapv2", "0", "", `^E=691 R=0 C=[0-9A-Fa-f]{32} V=3$`},
		{"v1 final", "mschapv1", "0", "647", `^E=647 R=0( C=[0-9A-Fa-f]{16})?( V=[23])?$`},
		{"v1 retry", "mschapv1", "2", "691", `^E=691 R=1 C=[0-9A-Fa-f]{16} V=[23]$`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			texts, _ := failureTexts(t, test.method, test.retries, test.code)
			if len(texts) != 1 || !regexp.MustCompile(test.want).MatchString(texts[0]) {
				t.Errorf("Failures %q, want one of the form %s", texts, test.want)
			}
		})
	}
}

// RFC 2759 §5: "The "S=" is followed by 40 ASCII hexadecimal digits", in
// capitals; Windows 98 chokes on more.
func TestSuccessText(t *testing.T) {
	r, err := ppptest.Run(chapOpened("mschapv2", "auto verdict address") + "~\n> response\n~\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range r.Outputs {
		for _, out := range batch {
			if f, ok := out.(ppp.SendFrame); ok && strings.HasPrefix(ppptest.Describe(f.Data), "chap Success") {
				if got := string(f.Data[6:]); !regexp.MustCompile(`^S=[0-9A-F]{40}$`).MatchString(got) {
					t.Errorf("Success %q", got)
				}
				return
			}
		}
	}
	t.Error("no Success")
}

func TestRFC2759(t *testing.T) {
	first := chapClient("mschapv2") + `
> chap Challenge id=9 ` + challenge16 + ` name="srv"
! NeedCredential method=mschapv2 id=9
= credential
< chap Response id=9 value=* name="john"
`
	end := `x AuthDone
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=ServerAuthFailed
`
	obey(t, "RFC 2759", []sentence{
		{"3", "the challenge is 16 octets, of MS-CHAPv1 8 (RFC 2433 §4)", chapOpened("mschapv2") + `
x chap Challenge value= ...
< chap Challenge value=* name="pptpac"
`},
		{"5", "If the authenticator response is either missing or incorrect, the peer MUST end the session.", first + `
> chap Success id=9 "S=0123456789ABCDEF0123456789ABCDEF01234567"
` + end},
		{"5", "... missing", first + "> chap Success id=9 \"\"\n" + end},
		{"5", "... missing: another text", first + "> chap Success id=9 \"welcome\"\n" + end},
		{"5", "... missing: too short", first + "> chap Success id=9 \"S=0123\"\n" + end},
		{"5", "the right authenticator response ends the phase", first + `
> success
! AuthDone method=mschapv2 user="john"
~
`},
		{"6", "the link goes on where R=1", chapOpened("mschapv2", "set retries 1") + `
< chap Challenge ...
> response password="wrong"
! NeedAuth
= verdict reject 691
< chap Failure id=$chap.Challenge.id *
x lcp ...
`},
		{"4", "a Response of another length than 49 octets is not the peer's", chapOpened("mschapv2") + `
< chap Challenge ...
> chap Response id=$chap.Challenge.id value=00 name="john"
x NeedAuth ...
~
`},
	})
}

// The challenges have the lengths of the RFCs, and no two links share one.
func TestChallengeLengths(t *testing.T) {
	for method, want := range map[ppp.AuthMethod]int{ppp.CHAPMD5: 0, ppp.MSCHAPv1: 8, ppp.MSCHAPv2: 16} {
		t.Run(methodName(method), func(t *testing.T) {
			seen := map[string]bool{}
			for seed := range uint64(3) {
				p := john(t, ppp.Config{Auth: auth(method)}, ppp.Config{Auth: auth(method)}, seed)
				p.Start()
				run(t, p, 60e9)
				for _, batch := range p.Server.Outputs {
					for _, out := range batch {
						need, ok := out.(ppp.NeedAuth)
						if !ok {
							continue
						}
						if len(need.Challenge) != want && want != 0 || len(need.Challenge) < 8 {
							t.Errorf("a challenge of %d octets, want %d", len(need.Challenge), want)
						}
						if seen[string(need.Challenge)] {
							t.Error("a challenge was used twice")
						}
						seen[string(need.Challenge)] = true
					}
				}
			}
			if len(seen) != 3 {
				t.Errorf("%d challenges, want 3", len(seen))
			}
		})
	}
}
