package ppp_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// authenticating: an MS-CHAPv2 server waits for the Response.
func authenticating() string { return chapOpened("mschapv2") + "~\n" }

// clientWaiting: a client has sent its MS-CHAPv2 Response, id 9.
func clientWaiting() string {
	return "auto credential\n" + chapClient("mschapv2") + `
> chap Challenge id=9 ` + challenge16 + ` name="srv"
~
`
}

func packets(proto uint16, code uint8, bodies ...[]byte) [][]byte {
	var out [][]byte
	for i, b := range bodies {
		out = append(out, ppptest.Packet(proto, code, uint8(i), b))
	}
	return out
}

// options makes Configure-Requests of one option each, of the lengths given;
// the length octet lies where it is longer than the value.
func options(proto uint16, kind uint8, lengths ...int) [][]byte {
	var out [][]byte
	for _, n := range lengths {
		full := append([]byte{kind, byte(n)}, bytes.Repeat([]byte{1}, max(0, n-2))...)
		out = append(out, packets(proto, 1, full)...)
		if len(full) > 2 {
			out = append(out, packets(proto, 1, full[:len(full)-1], full[:2], full[:1])...)
		}
	}
	return out
}

func repeat(n int, frame []byte) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = frame
	}
	return out
}

func eachLength(n int, f func(int) []byte) [][]byte {
	var out [][]byte
	for i := range n {
		out = append(out, f(i))
	}
	return out
}

// TestBadInput is the list of what broke other concentrators, as far as LCP,
// CHAP, IPCP and CCP are concerned.
func TestBadInput(t *testing.T) {
	unknownOptions := func(n int) []byte { return bytes.Repeat([]byte{200, 2}, n) }
	lcpRequest := func(options ...byte) []byte { return ppptest.Packet(ppptest.ProtoLCP, 1, 7, options) }
	response := func(n int, name []byte) []byte {
		return ppptest.Packet(ppptest.ProtoCHAP, 2, 1, append(append([]byte{byte(n)}, make([]byte, n)...), name...))
	}
	tests := []struct {
		name   string
		script string
		frames [][]byte
		alive  bool // LCP is open afterwards
		asks   int  // questions that came of it, at most
		sends  int  // frames in answer, at most
	}{
		{"CVE-2026-58095 endpoint discriminator shorter than its class", lcpReqSent, options(ppptest.ProtoLCP, 19, 0, 1, 2, 3, 22, 24, 255), false, 0, 60},
		{"LCP options below and above their length", lcpReqSent, options(ppptest.ProtoLCP, 1, 0, 1, 2, 3, 5), false, 0, 60},
		{"IPCP address below and above its length", lcpOpened, options(ppptest.ProtoIPCP, 3, 0, 1, 2, 5, 7, 255), true, 0, 60},
		{"CCP MPPE below and above its length", network("required", "128") + "~\n", options(ppptest.ProtoCCP, 18, 0, 1, 2, 5, 7, 255), true, 0, 60},
		{"ppp c82ddc5 a Configure-Request full of unknown options", linkUp, packets(ppptest.ProtoIPCP, 1, unknownOptions(735), unknownOptions(8000)), true, 0, 3},
		{"a Nak of a thousand addresses", lcpOpened, packets(ppptest.ProtoIPCP, 3, bytes.Repeat([]byte{3, 6, 10, 0, 0, 1}, 250)), true, 0, 2},
		{"MRU 0, 1, 127, 65535", lcpReqSent, [][]byte{lcpRequest(1, 4, 0, 0), lcpRequest(1, 4, 0, 1), lcpRequest(1, 4, 0, 127), lcpRequest(1, 4, 255, 255)}, false, 0, 5},
		{"accel 8d1f8733 authentication options of all lengths", lcpReqSent, options(ppptest.ProtoLCP, 3, 0, 1, 2, 3, 4, 5, 6, 255), false, 0, 60},
		{"all CHAP algorithms demanded of a server", lcpReqSent, eachLength(256, func(i int) []byte { return lcpRequest(3, 5, 0xc2, 0x23, byte(i)) }), false, 0, 260},
		{"all CHAP algorithms as the hint of a Nak", chapReqSent, eachLength(256, func(i int) []byte {
			return ppptest.Packet(ppptest.ProtoLCP, 3, 1, []byte{3, 5, 0xc2, 0x23, byte(i)})
		}), false, 0, 4},
		{"CVE-2020-7466 Response values of any length but 49", authenticating(), eachLength(256, func(i int) []byte {
			if i == 49 {
				i = 48
			}
			return response(i, []byte("john"))
		}), true, 0, 0},
		{"Response with lying Value-Size", authenticating(), eachLength(256, func(i int) []byte {
			return ppptest.Packet(ppptest.ProtoCHAP, 2, 1, append([]byte{byte(i)}, make([]byte, i/2)...))
		}), true, 0, 0},
		{"name of 0 octets, and the Response again", authenticating(), [][]byte{response(49, nil), response(49, nil)}, true, 1, 1},
		{"name of 65000 octets", authenticating(), [][]byte{response(49, make([]byte, 65000))}, false, 0, 3},
		{"accel 10ede239 Responses and requests on an open link", encrypted("required", "0x01000040"), append(repeat(100, response(49, []byte("eve"))),
			packets(ppptest.ProtoPAP, 1, []byte{3, 'e', 'v', 'e', 1, 'x'})...), true, 0, 101},
		{"CVE-2020-8597 EAP of any Value-Size", authenticating(), eachLength(256, func(i int) []byte {
			return ppptest.Packet(0xc227, 1, 1, append([]byte{4, byte(i)}, make([]byte, 30)...))
		}), true, 0, 256},
		{"MS-CHAPv2 Success of 0 to 41 octets", clientWaiting(), [][]byte{ppptest.Packet(ppptest.ProtoCHAP, 3, 9, make([]byte, 41))}, false, 0, 1},
		{"CCP Reset-Request flood", encrypted("required", "0x00000040"), repeat(10000, ppptest.Packet(ppptest.ProtoCCP, 14, 1, nil)), true, 0, 50},
		{"Terminate-Ack flood", lcpReqSent, repeat(1000, ppptest.Packet(ppptest.ProtoLCP, 6, 1, nil)), false, 0, 0},
		{"CCP Terminate-Ack flood", network("optional", "128") + "~\n", repeat(1000, ppptest.Packet(ppptest.ProtoCCP, 6, 1, nil)), true, 0, 0},
		{"flood of unknown protocols", linkUp, repeat(10000, []byte{0x80, 0x2b, 1, 1, 0, 4}), true, 0, 20},
		{"flood of unknown codes", linkUp, repeat(10000, ppptest.Packet(ppptest.ProtoLCP, 99, 1, nil)), true, 0, 20},
		{"Code-Reject of Configure-Request", linkUp, packets(ppptest.ProtoLCP, 7, []byte{1, 1, 0, 4}), false, 0, 2},
		{"Code-Reject of nothing", linkUp, packets(ppptest.ProtoLCP, 7, nil, []byte{0}, []byte{255}), true, 0, 0},
		{"Protocol-Reject of LCP", linkUp, packets(ppptest.ProtoLCP, 8, []byte{0xc0, 0x21}), false, 0, 2},
		{"Protocol-Reject of nothing", linkUp, packets(ppptest.ProtoLCP, 8, nil, []byte{0}, []byte{0x80}), true, 0, 0},
		{"short Echo, Identification, Discard, Time-Remaining", linkUp, append(append(append(
			packets(ppptest.ProtoLCP, 9, nil, []byte{1}, []byte{1, 2, 3}), packets(ppptest.ProtoLCP, 10, nil, []byte{1, 2, 3})...),
			packets(ppptest.ProtoLCP, 12, nil, []byte{1, 2, 3})...), packets(ppptest.ProtoLCP, 13, nil)...), true, 0, 3},
		{"Identification flood", linkUp, repeat(10000, ppptest.Packet(ppptest.ProtoLCP, 12, 1, []byte("\x00\x00\x00\x00x"))), true, 0, 0},
		{"Conf-Naks without end", lcpReqSent, eachLength(200, func(i int) []byte {
			return ppptest.Packet(ppptest.ProtoLCP, 3, byte(i), []byte{5, 6, 1, 2, 3, byte(i)})
		}), false, 0, 40},
		{"PAP with lying lengths", chapOpened("pap"), packets(ppptest.ProtoPAP, 1, nil, []byte{0}, []byte{255, 1}, []byte{1, 'a', 255}, []byte{1, 'a'}), true, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, err := ppptest.NewHostile(test.script)
			if err != nil {
				t.Fatal(err)
			}
			for i, frame := range test.frames {
				if err := h.Frame(frame); err != nil {
					t.Fatalf("frame %d, %.40x: %v", i, frame, err)
				}
			}
			if h.Sent > test.sends {
				t.Errorf("%d frames in answer to %d, want at most %d", h.Sent, len(test.frames), test.sends)
			}
			if len(h.Asked) > test.asks {
				t.Errorf("%d questions, want at most %d: %v", len(h.Asked), test.asks, ppptest.DescribeOutput(h.Asked[0]))
			}
			if got := h.Alive(); got != test.alive {
				t.Errorf("alive = %v, want %v (finished: %+v)", got, test.alive, h.End)
			}
		})
	}
}

// chapReqSent: a server that demands MS-CHAPv2, or else the others.
const chapReqSent = `
set role server
set auth mschapv2,mschapv1,md5,pap
= up
< lcp ConfReq auth=mschapv2 ...
`

// Success of every length and with bad hex never authenticates a server.
func TestBadSuccess(t *testing.T) {
	texts := []string{"S=" + string(bytes.Repeat([]byte{'g'}, 40)), "s=" + string(bytes.Repeat([]byte{'0'}, 40)), "M=welcome"}
	for n := range 43 {
		texts = append(texts, ("S=" + string(bytes.Repeat([]byte{'A'}, 40)))[:min(n, 42)])
	}
	for _, text := range texts {
		h, err := ppptest.NewHostile(clientWaiting())
		if err != nil {
			t.Fatal(err)
		}
		outputs := h.Machine.Handle(h.Now, ppp.Frame{Data: ppptest.Packet(ppptest.ProtoCHAP, 3, 9, []byte(text))})
		for _, out := range outputs {
			if _, ok := out.(ppp.AuthDone); ok {
				t.Errorf("Success %q authenticates the server", text)
			}
		}
	}
}

// Every code of every protocol, empty and with rubbish, at every step of the
// dialogues (CVE-2022-23253: every message in every state).
func TestEveryMessageInEveryState(t *testing.T) {
	protocols := []uint16{ppptest.ProtoLCP, ppptest.ProtoPAP, ppptest.ProtoCHAP, ppptest.ProtoCCP, ppptest.ProtoIPCP, ppptest.ProtoIPv6, 0xc227, 0}
	bodies := [][]byte{nil, {0}, {18, 6, 1, 0, 0, 0x40}, {3, 6, 0, 0, 0, 0}, bytes.Repeat([]byte{0xff}, 60)}
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= len(record.Inputs); at++ {
				for _, proto := range protocols {
					for code := range uint8(17) {
						for _, body := range bodies {
							h, err := record.HostileAt(at)
							if err != nil {
								t.Fatal(err)
							}
							for _, id := range []uint8{1, 2} {
								if err := h.Frame(ppptest.Packet(proto, code, id, body)); err != nil {
									t.Fatalf("after %d inputs: %04x code %d %x: %v", at, proto, code, body, err)
								}
							}
						}
					}
				}
			}
		})
	}
}

// Every frame of every dialogue, cut at every offset, and then the rest.
func TestTruncatedDialogues(t *testing.T) {
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) {
			for i, in := range record.Inputs {
				frame, ok := in.Input.(ppp.Frame)
				if !ok {
					continue
				}
				for cut := range frame.Data {
					if err := playCut(record, i, frame.Data[:cut]); err != nil {
						t.Fatalf("input %d cut to %d octets: %v", i, cut, err)
					}
				}
			}
		})
	}
}

// playCut plays a record with input i replaced by another frame.
func playCut(record *ppptest.Record, i int, frame []byte) error {
	h, err := record.HostileAt(i)
	if err != nil {
		return err
	}
	h.Now = record.Inputs[i].At
	if err := h.Frame(frame); err != nil {
		return err
	}
	for _, in := range record.Inputs[i+1:] {
		h.Now = in.At
		if err := h.Feed(in.Input); err != nil {
			return fmt.Errorf("afterwards: %w", err)
		}
	}
	return nil
}

// Every option type of every protocol with every small length, in requests and
// in answers to our own request.
func TestEveryOptionOfEveryLength(t *testing.T) {
	states := map[uint16]string{
		ppptest.ProtoLCP:  lcpReqSent,
		ppptest.ProtoIPCP: lcpOpened,
		ppptest.ProtoCCP:  network("required", "40,56,128") + "~\n",
	}
	for proto, script := range states {
		t.Run(fmt.Sprintf("%04x", proto), func(t *testing.T) {
			r, err := ppptest.Run(script)
			if err != nil {
				t.Fatal(err)
			}
			for kind := range 256 {
				for length := range 12 {
					for code := uint8(1); code <= 4; code++ {
						h, err := r.HostileAt(len(r.Inputs))
						if err != nil {
							t.Fatal(err)
						}
						option := append([]byte{byte(kind), byte(length)}, make([]byte, 10)...)[:max(2, length)]
						if err := h.Frame(ppptest.Packet(proto, code, 1, option)); err != nil {
							t.Fatalf("code %d, option %d of length %d: %v", code, kind, length, err)
						}
						if length < 2 && h.Sent > 0 {
							t.Fatalf("code %d, option %d of length %d: answered", code, kind, length)
						}
					}
				}
			}
		})
	}
}

// Each Reset-Request costs a flush: so many in a second and no more.
func TestResetRequestsAreBounded(t *testing.T) {
	h, err := ppptest.NewHostile(encrypted("required", "0x00000040"))
	if err != nil {
		t.Fatal(err)
	}
	flushes := 0
	for range 1000 {
		for _, out := range h.Machine.Handle(h.Now, ppp.Frame{Data: ppptest.Packet(ppptest.ProtoCCP, 14, 1, nil)}) {
			if _, ok := out.(ppp.FlushTransmit); ok {
				flushes++
			}
		}
	}
	if flushes < 1 || flushes > 100 {
		t.Errorf("%d flushes of 1000 Reset-Requests in one instant, want a few", flushes)
	}
}

// What a peer can make us send is bounded in time, not for ever.
func TestRejectsGoOnAfterAFlood(t *testing.T) {
	h, err := ppptest.NewHostile(linkUp)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if err := h.Frame([]byte{0x80, 0x2b, 1, 1, 0, 4}); err != nil {
			t.Fatal(err)
		}
	}
	before := h.Sent
	h.Now = h.Now.Add(5 * time.Second)
	if err := h.Frame([]byte{0x80, 0x2b, 1, 1, 0, 4}); err != nil {
		t.Fatal(err)
	}
	if h.Sent != before+1 {
		t.Errorf("%d Protocol-Rejects five seconds after a flood, want 1", h.Sent-before)
	}
}
