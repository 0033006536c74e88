package pptp

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// owner stands for whoever owns a Conn: it answers CallRequested and notes what
// happens besides.
type owner struct {
	t      *testing.T
	name   string
	conn   *Conn
	dec    Decoder
	out    []byte // octets on their way to the peer
	nextID uint16
	log    *[]string
}

func (o *owner) do(now time.Time, in Input) {
	o.t.Helper()
	for _, out := range o.conn.Handle(now, in) {
		switch out := out.(type) {
		case Send:
			*o.log = append(*o.log, o.name+": "+out.Message.ControlType().String())
			o.out = out.Message.AppendTo(o.out)
		case CallRequested:
			o.nextID++
			o.do(now, AcceptCall{Request: out.Request, CallID: o.nextID})
		case CallConnected:
			*o.log = append(*o.log, fmt.Sprintf("%s connected %#x %#x", o.name, out.CallID, out.PeerCallID))
		case CallEnded:
			*o.log = append(*o.log, fmt.Sprintf("%s ended %#x: %s", o.name, out.CallID, out.Detail))
		case Finished:
			*o.log = append(*o.log, fmt.Sprintf("%s finished: %s", o.name, out.Detail))
		}
	}
}

// deliver gives everything on its way to the other end, in segments of n
// octets, until nobody has anything to say.
func deliver(now time.Time, a, b *owner, n int) {
	for len(a.out)+len(b.out) > 0 {
		for _, pair := range [][2]*owner{{a, b}, {b, a}} {
			from, to := pair[0], pair[1]
			octets := from.out
			from.out = nil
			for segment := range slices.Chunk(octets, n) {
				write(to.t, &to.dec, segment)
				to.do(now, Activity{})
				for _, m := range drain(to.t, &to.dec) {
					to.do(now, Received{m})
				}
			}
		}
	}
}

func pair(t *testing.T) (pns, pac *owner, log *[]string) {
	log = new([]string)
	pns = &owner{t: t, name: "pns", conn: New(client(Config{})), log: log}
	pac = &owner{t: t, name: "pac", conn: New(server(Config{})), log: log, nextID: 0x1fff}
	return pns, pac, log
}

func TestClientAndServerTalk(t *testing.T) {
	for _, segment := range []int{1, 7, 100, 1460} {
		t.Run(fmt.Sprintf("segments of %d octets", segment), func(t *testing.T) {
			pns, pac, log := pair(t)
			now := epoch
			pac.do(now, Open{})
			pns.do(now, PlaceCall{0x1001})
			pns.do(now, Open{})
			deliver(now, pns, pac, segment)
			pns.do(now, PlaceCall{0x1002})
			deliver(now, pns, pac, segment)
			pac.do(now, ClearCall{CallID: 0x2000, Result: DisconnectAdminShutdown})
			deliver(now, pns, pac, segment)
			now = now.Add(time.Minute)
			pns.do(now, Tick{})
			deliver(now, pns, pac, segment)
			pns.do(now, ClearCall{CallID: 0x1002, Result: DisconnectRequest})
			deliver(now, pns, pac, segment)
			pns.do(now, Stop{StopGeneral})
			deliver(now, pns, pac, segment)
			want := []string{
				"pns: Start-Control-Connection-Request",
				"pac: Start-Control-Connection-Reply",
				"pns: Outgoing-Call-Request",
				"pac: Outgoing-Call-Reply",
				"pac connected 0x2000 0x1001",
				"pns connected 0x1001 0x2000",
				"pns: Outgoing-Call-Request",
				"pac: Outgoing-Call-Reply",
				"pac connected 0x2001 0x1002",
				"pns connected 0x1002 0x2001",
				"pac: Call-Disconnect-Notify",
				"pac ended 0x2000: cleared: admin shutdown",
				"pns ended 0x1001: Call-Disconnect-Notify of the peer: admin shutdown",
				"pns: Echo-Request",
				"pac: Echo-Reply",
				"pns: Call-Clear-Request",
				"pns ended 0x1002: cleared: on request",
				"pac: Call-Disconnect-Notify",
				"pac ended 0x2001: Call-Clear-Request of the peer",
				"pns: Stop-Control-Connection-Request",
				"pac: Stop-Control-Connection-Reply",
				"pac finished: the peer stopped the control connection: general request",
				"pns finished: stopped: general request",
			}
			if diff := cmp.Diff(want, *log); diff != "" {
				t.Errorf("dialogue (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServerStopsWithCallsUp(t *testing.T) {
	pns, pac, log := pair(t)
	pac.do(epoch, Open{})
	pns.do(epoch, PlaceCall{0x1001})
	pns.do(epoch, Open{})
	deliver(epoch, pns, pac, 1460)
	*log = nil
	pac.do(epoch, Stop{StopLocalShutdown})
	deliver(epoch, pns, pac, 1460)
	want := []string{
		"pac: Call-Disconnect-Notify",
		"pac ended 0x2000: stopped: local shutdown",
		"pac: Stop-Control-Connection-Request",
		"pns ended 0x1001: Call-Disconnect-Notify of the peer: admin shutdown",
		"pns: Stop-Control-Connection-Reply",
		"pns finished: the peer stopped the control connection: local shutdown",
		"pac finished: stopped: local shutdown",
	}
	if diff := cmp.Diff(want, *log); diff != "" {
		t.Errorf("dialogue (-want +got):\n%s", diff)
	}
}

// The order of Windows: start, call, Set-Link-Info twice while LCP runs, then
// everything at once in one segment: Call-Clear-Request, Stop, end of stream.
// Fields are those of the example in MS-PTPT §4 and of traces of Windows.
func TestWindowsDialogue(t *testing.T) {
	e := newEnd(t, server(Config{}))
	e.do(Open{})
	var dec Decoder
	segment := func(m ...Message) []Output {
		var b []byte
		for _, m := range m {
			b = m.AppendTo(b)
		}
		write(t, &dec, b)
		return e.recv(drain(t, &dec)...)
	}
	want(t, segment(StartControlConnectionRequest{
		ProtocolVersion:     0x0100,
		FramingCapabilities: 1,
		BearerCapabilities:  1,
		VendorName:          "Microsoft",
	}), Send{serverReply(StartOK)}, Established{Vendor: "Microsoft"})
	guid := "\xe3\x57\x2a\x57\xe0\xa2\xbd\x41\xb8\x26\xf1\x45\x41\x06\xf2\x61"
	out := segment(OutgoingCallRequest{
		CallID:       0xfaea,
		SerialNumber: 1,
		MinimumBPS:   300,
		MaximumBPS:   100000000,
		BearerType:   3,
		FramingType:  3,
		RecvWindow:   64,
		SubAddress:   guid,
	})
	if got := out[0].(CallRequested); strings.ContainsFunc(got.SubAddress, func(r rune) bool { return r < ' ' }) {
		t.Errorf("sub-address %q is not printable", got.SubAddress)
	}
	want(t, e.do(AcceptCall{Request: 1, CallID: 0xe40a}),
		Send{OutgoingCallReply{
			CallID:       0xe40a,
			PeerCallID:   0xfaea,
			Result:       CallConnectedOK,
			ConnectSpeed: 100000000,
			RecvWindow:   64,
		}},
		CallConnected{CallID: 0xe40a, PeerCallID: 0xfaea, PeerWindow: 64, Speed: 100000000})
	for range 2 {
		want(t, segment(SetLinkInfo{PeerCallID: 0xe40a, SendACCM: 0xffffffff, ReceiveACCM: 0xffffffff}),
			LinkInfo{CallID: 0xe40a, SendACCM: 0xffffffff, RecvACCM: 0xffffffff})
	}
	want(t, segment(CallClearRequest{0xfaea}, StopControlConnectionRequest{StopGeneral}),
		Send{CallDisconnectNotify{CallID: 0xe40a, Result: DisconnectRequest}},
		CallEnded{0xe40a, CallClearedByPeer, "Call-Clear-Request of the peer"},
		Send{StopControlConnectionReply{Result: StopOK}},
		Finished{ConnStoppedByPeer, "the peer stopped the control connection: general request"})
	want(t, e.do(Lost{"EOF"}))
	want(t, e.do(ClearCall{CallID: 0xe40a, Result: DisconnectLostCarrier}))
}

// Windows also just closes, or stops with the call still up.
func TestStopWithACallUp(t *testing.T) {
	e := fixtureNamed(t, "up-outgoing")
	const detail = "the peer stopped the control connection: general request"
	want(t, e.recv(StopControlConnectionRequest{StopGeneral}),
		Send{StopControlConnectionReply{Result: StopOK}},
		CallEnded{ourID, CallConnectionLost, detail},
		Finished{ConnStoppedByPeer, detail})
}

// A client that dials, clears and goes, over and over on one connection, in
// any order of the last two (CVE-2021-42870).
func TestClearAndCloseOutOfOrder(t *testing.T) {
	end := [][]Input{
		{Received{CallClearRequest{theirID}}, Lost{"reset"}},
		{Lost{"reset"}, Received{CallClearRequest{theirID}}},
		{Received{StopControlConnectionRequest{StopGeneral}}, Received{CallClearRequest{theirID}}, Lost{"EOF"}},
		{Received{CallClearRequest{theirID}}, Received{CallClearRequest{theirID}}, Lost{"EOF"}},
	}
	for _, f := range []string{"requested", "up-outgoing", "up-incoming", "call-wait-connected"} {
		for i, inputs := range end {
			t.Run(fmt.Sprintf("%s/%d", f, i), func(t *testing.T) {
				e := fixtureNamed(t, f)
				out := e.do(inputs...)
				if f == "requested" { // our side answers only now
					out = append(out, e.do(AcceptCall{1, ourID})...)
				}
				ended, finished := 0, 0
				for _, o := range out {
					switch o.(type) {
					case CallEnded:
						ended++
					case Finished:
						finished++
					}
				}
				if ended != 1 || finished != 1 {
					t.Errorf("%d CallEnded and %d Finished, want one each", ended, finished)
				}
			})
		}
	}
}

// NAT boxes rewrite call ids by their place in the message (peers of RFC 2637
// do not see the ids we sent): ids sit where the RFC puts them.
func TestCallIDsSitWhereNATLooksForThem(t *testing.T) {
	tests := []struct {
		message Message
		at      int
		id      uint16
	}{
		{OutgoingCallReply{CallID: ourID, PeerCallID: theirID}, 12, ourID},
		{OutgoingCallReply{CallID: ourID, PeerCallID: theirID}, 14, theirID},
		{IncomingCallReply{CallID: ourID, PeerCallID: theirID}, 12, ourID},
		{IncomingCallReply{CallID: ourID, PeerCallID: theirID}, 14, theirID},
		{OutgoingCallRequest{CallID: ourID}, 12, ourID},
		{CallClearRequest{CallID: ourID}, 12, ourID},
		{CallDisconnectNotify{CallID: ourID}, 12, ourID},
		{SetLinkInfo{PeerCallID: theirID}, 12, theirID},
		{IncomingCallConnected{PeerCallID: theirID}, 12, theirID},
		{WANErrorNotify{PeerCallID: theirID}, 12, theirID},
	}
	for _, tt := range tests {
		if got := binary.BigEndian.Uint16(tt.message.AppendTo(nil)[tt.at:]); got != tt.id {
			t.Errorf("%v at %d: %#x, want %#x", tt.message.ControlType(), tt.at, got, tt.id)
		}
	}
}
