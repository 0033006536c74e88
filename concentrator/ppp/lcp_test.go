package ppp_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// dialogue plays one script against a new machine.
func dialogue(t *testing.T, name, text string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		if _, err := ppptest.Run(text); err != nil {
			t.Error(err)
		}
	})
}

// serverUp is a server's link without authentication and encryption, up.
const serverUp = `
set role server
auto address
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 mru=1400 magic=0x01020304
< lcp ConfAck id=1 mru=1400 magic=0x01020304
! LinkUp
! AuthDone
< ipcp ConfReq ...
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp mtu=1400
< ipcp ConfAck id=1 addr=10.5.17.1
`

func TestLCPDialogues(t *testing.T) {
	dialogue(t, "our first request is repeated at the peer's first", `
set role server
= up
< lcp ConfReq id=1 ...
+ 400ms
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfReq id=1 ...
< lcp ConfAck id=1 magic=0x01020304
> lcp ConfReq id=2 magic=0x01020305
< lcp ConfAck id=2 magic=0x01020305
> ack lcp
! LinkUp
~
`)
	dialogue(t, "MRU of nothing, of almost nothing, of everything", `
set role server
= up
< lcp ConfReq ...
> lcp ConfReq id=1 mru=0 magic=0x01020304
< lcp ConfNak id=1 mru=1500
> lcp ConfReq id=2 mru=1 magic=0x01020304
< lcp ConfNak id=2 mru=1500
> lcp ConfReq id=3 mru=65535 magic=0x01020304
< lcp ConfAck id=3 mru=65535 magic=0x01020304
> ack lcp
! LinkUp mru=65535
~
`)
	dialogue(t, "Nak of MRU with our own value, and of options without value, is a Reject", `
set role server
= up
< lcp ConfReq mru=1460 magic=* pcomp accomp
> nak lcp mru=1460 pcomp accomp
< lcp ConfReq id=2 magic=$lcp.ConfReq.magic
`)
	dialogue(t, "a smaller MRU is taken", `
set role server
= up
< lcp ConfReq mru=1460 magic=* pcomp accomp
> nak lcp mru=1400
< lcp ConfReq mru=1400 magic=* pcomp accomp
`)
	dialogue(t, "no frame ever", `
set role server
set maxconfigure 3
= up
< lcp ConfReq ...
@ 1s
< lcp ConfReq ...
@ 4s
< lcp ConfReq ...
@ 7s
! Finished cause=NoFrames
`)
	dialogue(t, "frames, but no LCP", `
set role server
set maxconfigure 2
= up
< lcp ConfReq ...
> raw 80210101000a030600000000
@ 1s
< lcp ConfReq ...
@ 4s
! Finished cause=LCPTimeout
`)
	dialogue(t, "identification is made printable and never rejected", serverUp+`
> raw c0210c09000c010203044d530a5c
! PeerIdent text="MS\\x0a\\x5c"
> raw c0210d0900080102030400000010
`)
	dialogue(t, "a rejected LCP ends the link", serverUp+`
> raw c021070900080101000400000000
! LayerDown
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=LCPFailed
`)
	dialogue(t, "our own magic number in Echo-Requests", serverUp+`
> lcp EchoReq id=1 magic=$lcp.ConfReq.magic data=
> lcp EchoReq id=2 magic=$lcp.ConfReq.magic data=
> lcp EchoReq id=3 magic=$lcp.ConfReq.magic data=
> lcp EchoReq id=4 magic=$lcp.ConfReq.magic data=
! LayerDown
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=Loopback
`)
}

// drive is a machine that a script has brought up.
func drive(t *testing.T, cfg ppp.Config, inputs ...[]byte) (*ppp.Machine, []ppp.Output) {
	t.Helper()
	cfg.Rand = ppptest.NewRandom(1)
	m, err := ppp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out := m.Handle(start, ppp.LowerUp{})
	for _, b := range inputs {
		out = append(out, m.Handle(start, ppp.Frame{Data: b})...)
	}
	return m, out
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// lcpOpen brings LCP up: whatever the machine asks for is acknowledged.
func lcpOpen(t *testing.T, cfg ppp.Config, mru uint16) *ppp.Machine {
	t.Helper()
	m, out := drive(t, cfg)
	request := out[0].(ppp.SendFrame).Data
	ack := append([]byte{}, request...)
	ack[2] = 2
	m.Handle(start, ppp.Frame{Data: ack})
	m.Handle(start, ppp.Frame{Data: append([]byte{0xc0, 0x21, 1, 1, 0, 8, 1, 4}, byte(mru>>8), byte(mru))})
	if got := m.Phase(); got < ppp.PhaseAuthenticate {
		t.Fatalf("phase %d, want LCP open", got)
	}
	return m
}

func sent(out []ppp.Output) (frames [][]byte) {
	for _, o := range out {
		if f, ok := o.(ppp.SendFrame); ok {
			frames = append(frames, f.Data)
		}
	}
	return frames
}

// Whatever is sent fits the peer's MRU and our MTU, whichever is less.
func TestNothingLongerThanThePeerReceives(t *testing.T) {
	for _, test := range []struct {
		name     string
		mru, mtu uint16
		want     int
	}{
		{"small peer", 200, 1460, 200},
		{"small here", 1500, 300, 300},
		{"huge peer", 65535, 1460, 1460},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := lcpOpen(t, ppp.Config{MTU: test.mtu}, test.mru)
			long := make([]byte, 2000)
			unknown := append([]byte{0x80, 0x57}, long...)
			echo := append([]byte{0xc0, 0x21, 9, 1, 0x07, 0xd4}, long...)
			code := append([]byte{0xc0, 0x21, 99, 1, 0x07, 0xd4}, long...)
			options := append([]byte{0xc0, 0x21, 1, 1, 0x07, 0xd4}, long...)
			for i := 6; i+2 <= len(options); i += 2 {
				options[i], options[i+1] = 99, 2
			}
			for _, b := range [][]byte{unknown, echo, code, options} {
				frames := sent(m.Handle(start, ppp.Frame{Data: b}))
				if len(frames) == 0 {
					t.Fatalf("no answer to %x...", b[:6])
				}
				answer := frames[len(frames)-1]
				limit := test.want
				if b[2] == 1 { // Configure-Request: LCP is down again, and the MRU with it
					limit = min(1500, int(test.mtu))
				}
				if len(answer)-2 > limit || int(binary.BigEndian.Uint16(answer[4:])) != len(answer)-2 {
					t.Errorf("answer to %x: %d octets with length field %d, want at most %d",
						b[:6], len(answer)-2, binary.BigEndian.Uint16(answer[4:]), limit)
				}
			}
		})
	}
}

func TestAliveAndFramesPostponeTheEcho(t *testing.T) {
	m := lcpOpen(t, ppp.Config{EchoInterval: 10 * time.Second, EchoFailure: 2}, 1500)
	m.Handle(start, ppp.AddressGrant{})
	for i, in := range []ppp.Input{ppp.Alive{}, ppp.Frame{Data: []byte{0x00, 0x21, 0x45}}, ppp.Alive{}} {
		now := start.Add(time.Duration(i+1) * 9 * time.Second)
		m.Handle(now, in)
		for _, f := range sent(m.Handle(now.Add(8*time.Second), ppp.Tick{})) {
			if f[2] == 9 {
				t.Errorf("after input %d: Echo-Request 8 s after a sign of life", i)
			}
		}
	}
}

// A flood of what cannot be answered is not answered in full, and a second
// later it is answered again.
func TestRejectsAreLimited(t *testing.T) {
	m := lcpOpen(t, ppp.Config{}, 1500)
	flood := func(now time.Time) (n int) {
		for range 1000 {
			n += len(sent(m.Handle(now, ppp.Frame{Data: []byte{0x80, 0x57, 1, 1, 0, 4}})))
			n += len(sent(m.Handle(now, ppp.Frame{Data: []byte{0xc0, 0x21, 200, 1, 0, 4}})))
			n += len(m.Handle(now, ppp.Frame{Data: []byte{0xc0, 0x21, 12, 1, 0, 8, 1, 2, 3, 4}}))
		}
		return n
	}
	for i := range 3 {
		if n := flood(start.Add(time.Duration(i) * time.Second)); n < 4 || n > 20 {
			t.Errorf("second %d: %d answers to 3000 frames", i, n)
		}
	}
}
