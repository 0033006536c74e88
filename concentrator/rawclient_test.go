package concentrator

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/pptp"
)

// Messages of a client that behaves.
var (
	startRequest = pptp.StartControlConnectionRequest{ProtocolVersion: pptp.ProtocolVersion, FramingCapabilities: 3, BearerCapabilities: 3, HostName: "raw"}
	stopRequest  = pptp.StopControlConnectionRequest{Reason: pptp.StopGeneral}
)

func callRequest(id uint16) pptp.OutgoingCallRequest {
	return pptp.OutgoingCallRequest{CallID: id, SerialNumber: 1, MinimumBPS: 300, MaximumBPS: 1e8, BearerType: 3, FramingType: 3, RecvWindow: 64}
}

// rawClient is a TCP connection to the server on which a test says what it
// likes.
type rawClient struct {
	b       *bench
	nc      *net.TCPConn
	decoder pptp.Decoder
}

func (b *bench) raw() *rawClient {
	b.t.Helper()
	nc, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(b.server.Addrs()[0]))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { nc.Close() })
	b.raws = append(b.raws, nc)
	return &rawClient{b: b, nc: nc}
}

// write sends octets; the server may have closed the connection already.
func (r *rawClient) write(p []byte) error {
	_ = r.nc.SetWriteDeadline(time.Now().Add(20 * time.Second))
	_, err := r.nc.Write(p)
	return err
}

// send sends messages in one segment.
func (r *rawClient) send(messages ...pptp.Message) {
	var p []byte
	for _, m := range messages {
		p = m.AppendTo(p)
	}
	_ = r.write(p)
}

// next returns the next message of the server, nil when it has closed.
func (r *rawClient) next() pptp.Message {
	r.b.t.Helper()
	_ = r.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 512)
	for {
		m, err := r.decoder.Next()
		if err != nil {
			r.b.t.Fatalf("the server speaks no PPTP: %v", err)
		}
		if m != nil {
			return m
		}
		n, err := r.nc.Read(buf)
		_, _ = r.decoder.Write(buf[:n])
		switch {
		case n > 0 || err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			r.b.t.Fatal("the server neither answers nor closes")
		default:
			return nil
		}
	}
}

// closed reads until the server has closed the connection.
func (r *rawClient) closed() {
	r.b.t.Helper()
	_ = r.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.Copy(io.Discard, r.nc); errors.Is(err, os.ErrDeadlineExceeded) {
		r.b.t.Fatal("the server does not close the connection")
	}
}

// reset closes the connection with a RST.
func (r *rawClient) reset() {
	_ = r.nc.SetLinger(0)
	r.nc.Close()
}

// reply expects a message of type M.
func reply[M pptp.Message](r *rawClient) M {
	r.b.t.Helper()
	m := r.next()
	got, ok := m.(M)
	if !ok {
		r.b.t.Fatalf("the server says %T %+v, want %T", m, m, got)
	}
	return got
}

// start establishes the control connection.
func (r *rawClient) start() {
	r.b.t.Helper()
	r.send(startRequest)
	if m := reply[pptp.StartControlConnectionReply](r); m.Result != pptp.StartOK {
		r.b.t.Fatalf("start refused: %s", m.Result)
	}
}

// call places a call and returns the server's call id.
func (r *rawClient) call(id uint16) uint16 {
	r.b.t.Helper()
	r.send(callRequest(id))
	m := reply[pptp.OutgoingCallReply](r)
	if m.Result != pptp.CallConnectedOK || m.PeerCallID != id {
		r.b.t.Fatalf("call %d: %s for call %d", id, m.Result, m.PeerCallID)
	}
	return m.CallID
}

// heldClient is a client of which the test holds the TCP connection, too.
type heldClient struct {
	*Client
	call *clientCall
	nc   *net.TCPConn
}

// held starts a client; nobody waits for it to come up.
func (b *bench) held(o ClientOptions) *heldClient {
	b.t.Helper()
	r := b.raw()
	c := &Client{mail: newMailbox[sessionEvent](sessionMailbox), up: make(chan ClientUp, 1), done: make(chan struct{})}
	call, err := newClientCall(c, o, r.nc, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	go call.run() // ends with the call
	b.t.Cleanup(c.Close)
	return &heldClient{Client: c, call: call, nc: r.nc}
}

// dialHeld expects it to come up.
func (b *bench) dialHeld(o ClientOptions) *heldClient {
	b.t.Helper()
	h := b.held(o)
	select {
	case <-h.up:
	case <-h.Done():
		b.t.Fatalf("dial: %v", h.Err())
	}
	b.eventually("the session", func() bool {
		for _, s := range b.server.Sessions() {
			if s.PeerCallID == h.call.callID && s.Stage == StageConnected {
				return true
			}
		}
		return false
	})
	return h
}

// leaks remembers what the process holds; the function it returns waits until
// it holds no more than that.
func (b *bench) leaks() func() {
	b.t.Helper()
	b.works()
	b.idle()
	goroutines, files := runtime.NumGoroutine(), openFiles(b)
	for still := 0; still < 10; still++ { // until what the good client left has gone
		time.Sleep(time.Millisecond)
		if n := runtime.NumGoroutine(); n != goroutines {
			goroutines, files, still = n, openFiles(b), 0
		}
	}
	return func() {
		b.t.Helper()
		for _, nc := range b.raws {
			nc.Close()
		}
		b.eventually("goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
		b.eventually("files to be closed", func() bool { return openFiles(b) <= files })
	}
}

func openFiles(b *bench) int {
	b.t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		b.t.Fatal(err)
	}
	return len(list)
}

// idle waits until the server holds nothing of any client, and checks that
// every session has ended once and was accounted for.
func (b *bench) idle() {
	b.t.Helper()
	b.eventually("the last session to end", func() bool { return len(b.server.Sessions()) == 0 && b.wire.Left.Tunnels() == 0 })
	b.eventually("the last address to come back", func() bool { return b.pools.leased() == 0 })
	b.eventually("the limits to be at zero", func() bool {
		l := b.server.limits
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.sessions == 0 && l.starting == 0 && len(l.sources) == 0
	})
	b.server.registry.mu.Lock()
	users := len(b.server.registry.users)
	b.server.registry.mu.Unlock()
	if users != 0 {
		b.t.Errorf("%d users still have a slot", users)
	}
	seen := map[string]bool{}
	for _, e := range b.server.Ended() {
		if seen[e.ID] {
			b.t.Errorf("session %s has ended twice", e.ID)
		}
		seen[e.ID] = true
		want := []aaa.RecordType{aaa.Start, aaa.Stop}
		if e.Refused {
			want = nil
		}
		b.eventually("the records of a session", func() bool { return len(b.aaa.recordsOf(e.ID)) >= len(want) })
		records := b.aaa.recordsOf(e.ID)
		if len(records) != len(want) {
			b.t.Errorf("session %s (%s): %d records, want %d", e.ID, e.Cause, len(records), len(want))
			continue
		}
		for i, r := range records {
			if r.Type != want[i] {
				b.t.Errorf("session %s: record %d is a %s, want a %s", e.ID, i, r.Type, want[i])
			}
		}
	}
}

// works expects a good client to come up and go.
func (b *bench) works() {
	b.t.Helper()
	c, _ := b.dial(b.client(nil))
	c.Close()
}
