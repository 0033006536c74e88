package pptp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// epoch is when every test begins.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// end is one Conn with a clock of its own.
type end struct {
	t   *testing.T
	c   *Conn
	now time.Time
}

func newEnd(t *testing.T, cfg Config) *end {
	t.Helper()
	return &end{t: t, c: New(cfg), now: epoch}
}

func (e *end) do(in ...Input) []Output {
	var out []Output
	for _, i := range in {
		out = append(out, e.c.Handle(e.now, i)...)
	}
	return out
}

func (e *end) recv(m ...Message) []Output {
	var out []Output
	for _, m := range m {
		out = append(out, e.do(Received{Message: m})...)
	}
	return out
}

// sleep lets d pass without looking at deadlines.
func (e *end) sleep(d time.Duration) { e.now = e.now.Add(d) }

// tick goes to the deadline, which must lie d ahead, and ticks. The moment
// before it nothing may happen.
func (e *end) tick(d time.Duration) []Output {
	e.t.Helper()
	if got, want := e.c.Deadline(), e.now.Add(d); !got.Equal(want) {
		e.t.Fatalf("Deadline() = now%+v, want now%+v", got.Sub(e.now), d)
	}
	if out := e.c.Handle(e.now.Add(d-time.Nanosecond), Tick{}); len(out) != 0 {
		e.t.Fatalf("Tick before the deadline: %v, want nothing", brief(out))
	}
	e.sleep(d)
	return e.do(Tick{})
}

// twin writes the Conn out through JSON and restores it.
func (e *end) twin() *end {
	e.t.Helper()
	s, err := e.c.Snapshot()
	if err != nil {
		e.t.Fatalf("Snapshot: %v", err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		e.t.Fatalf("encoding the snapshot: %v", err)
	}
	var read Snapshot
	if err := json.Unmarshal(b, &read); err != nil {
		e.t.Fatalf("decoding the snapshot: %v", err)
	}
	c, err := Restore(e.c.cfg, read)
	if err != nil {
		e.t.Fatalf("Restore of %s: %v", b, err)
	}
	return &end{t: e.t, c: c, now: e.now}
}

func want(t *testing.T, got []Output, want ...Output) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" && len(got)+len(want) > 0 {
		t.Fatalf("outputs (-want +got):\n%s", diff)
	}
}

// brief writes outputs as a line: messages by name with their result, causes
// by number.
func brief(out []Output) string {
	var s []string
	for _, o := range out {
		switch o := o.(type) {
		case Send:
			s = append(s, briefMessage(o.Message))
		case CallEnded:
			s = append(s, fmt.Sprintf("CallEnded %d", o.Cause))
		case Finished:
			s = append(s, fmt.Sprintf("Finished %d", o.Cause))
		default:
			s = append(s, strings.TrimPrefix(fmt.Sprintf("%T", o), "pptp."))
		}
	}
	return strings.Join(s, ", ")
}

func briefMessage(m Message) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.TrimPrefix(fmt.Sprintf("%T", m), "pptp."))
	switch m := m.(type) {
	case StartControlConnectionReply:
		return fmt.Sprintf("%s %d/%d", name, m.Result, m.Error)
	case EchoReply:
		return fmt.Sprintf("%s %d/%d", "EReply", m.Result, m.Error)
	case OutgoingCallReply:
		return fmt.Sprintf("%s %d/%d", "OCReply", m.Result, m.Error)
	case IncomingCallReply:
		return fmt.Sprintf("%s %d/%d", "ICReply", m.Result, m.Error)
	case CallDisconnectNotify:
		return fmt.Sprintf("%s %d/%d", name, m.Result, m.Error)
	}
	return name
}

func messagesOf(out []Output) []Message {
	var m []Message
	for _, o := range out {
		if s, ok := o.(Send); ok {
			m = append(m, s.Message)
		}
	}
	return m
}

// The ids differ in every octet, so that a swapped or mistaken one shows.
const (
	ourID   uint16 = 0x1234
	theirID uint16 = 0x5678
)

var (
	startRequest = StartControlConnectionRequest{
		ProtocolVersion:     ProtocolVersion,
		FramingCapabilities: FramingAsync,
		BearerCapabilities:  BearerAnalog,
		FirmwareRevision:    2600,
		VendorName:          "Microsoft Windows NT",
	}
	startOK = StartControlConnectionReply{
		ProtocolVersion:  ProtocolVersion,
		Result:           StartOK,
		FirmwareRevision: 7,
		HostName:         "lns",
		VendorName:       "other",
	}
	outgoingRequest = OutgoingCallRequest{
		CallID:       theirID,
		SerialNumber: 3,
		MinimumBPS:   300,
		MaximumBPS:   100000000,
		BearerType:   BearerAny,
		FramingType:  FramingAny,
		RecvWindow:   64,
	}
	incomingRequest = IncomingCallRequest{CallID: theirID, SerialNumber: 4, DialingNumber: "0301234", DialedNumber: "110"}
)

func server(cfg Config) Config {
	cfg.Role, cfg.Host, cfg.Vendor = Server, "pac", "pptpac"
	return cfg
}

func client(cfg Config) Config {
	cfg.Role, cfg.Host, cfg.Vendor = Client, "pns", "pptpac"
	return cfg
}

// establishedServer is a server behind Start-Control-Connection.
func establishedServer(t *testing.T, cfg Config) *end {
	t.Helper()
	e := newEnd(t, server(cfg))
	e.do(Open{})
	e.recv(startRequest)
	if e.c.State() != StateEstablished {
		t.Fatalf("state %v, want established", e.c.State())
	}
	return e
}

func establishedClient(t *testing.T, cfg Config) *end {
	t.Helper()
	e := newEnd(t, client(cfg))
	e.do(Open{})
	e.recv(startOK)
	if e.c.State() != StateEstablished {
		t.Fatalf("state %v, want established", e.c.State())
	}
	return e
}

// fixture is a Conn brought into one state of connection and call. The call,
// where there is one, has ourID and theirID, or request 1.
type fixture struct {
	name string
	make func(t *testing.T) *end
}

func fixtures() []fixture {
	serverWith := func(in ...Input) func(t *testing.T) *end {
		return func(t *testing.T) *end {
			e := newEnd(t, server(Config{}))
			e.do(in...)
			return e
		}
	}
	clientWith := func(in ...Input) func(t *testing.T) *end {
		return func(t *testing.T) *end {
			e := newEnd(t, client(Config{}))
			e.do(in...)
			return e
		}
	}
	started := []Input{Open{}, Received{startRequest}}
	joined := []Input{Open{}, Received{startOK}}
	with := func(first []Input, more ...Input) []Input { return append(slices.Clip(first), more...) }
	accept := AcceptCall{Request: 1, CallID: ourID}
	connect := Received{OutgoingCallReply{CallID: theirID, PeerCallID: ourID, Result: CallConnectedOK}}
	return []fixture{
		{"idle", serverWith()},
		{"wait-request", serverWith(Open{})},
		{"wait-reply", clientWith(Open{}, PlaceCall{ourID})},
		{"established", serverWith(started...)},
		{"requested", serverWith(with(started, Received{outgoingRequest})...)},
		{"withdrawn", serverWith(with(started, Received{outgoingRequest}, Received{CallClearRequest{theirID}})...)},
		{"announced", serverWith(with(started, Received{incomingRequest})...)},
		{"call-wait-reply", clientWith(with(joined, PlaceCall{ourID})...)},
		{"call-wait-connected", serverWith(with(started, Received{incomingRequest}, accept)...)},
		{"up-outgoing", serverWith(with(started, Received{outgoingRequest}, accept)...)},
		{"up-incoming", serverWith(with(started, Received{incomingRequest}, accept,
			Received{IncomingCallConnected{PeerCallID: ourID}})...)},
		{"up-ours", clientWith(with(joined, PlaceCall{ourID}, connect)...)},
		{"wait-stop-reply", serverWith(with(started, Stop{StopLocalShutdown})...)},
		{"finished", serverWith(with(started, Lost{"gone"})...)},
	}
}

// everyMessage is one message of each type; call ids are those of the fixtures.
func everyMessage() []Message {
	return []Message{
		startRequest,
		startOK,
		StopControlConnectionRequest{Reason: StopGeneral},
		StopControlConnectionReply{Result: StopOK},
		EchoRequest{Identifier: 0xdeadbeef},
		EchoReply{Identifier: 0xdeadbeef, Result: EchoOK},
		outgoingRequest,
		OutgoingCallReply{CallID: theirID, PeerCallID: ourID, Result: CallConnectedOK},
		incomingRequest,
		IncomingCallReply{CallID: theirID, PeerCallID: ourID, Result: IncomingConnect},
		IncomingCallConnected{PeerCallID: ourID, ConnectSpeed: 64000, RecvWindow: 8},
		CallClearRequest{CallID: theirID},
		CallDisconnectNotify{CallID: theirID, Result: DisconnectLostCarrier},
		WANErrorNotify{PeerCallID: ourID, CRCErrors: 1},
		SetLinkInfo{PeerCallID: ourID, SendACCM: 0xffffffff, ReceiveACCM: 0xffffffff},
	}
}
