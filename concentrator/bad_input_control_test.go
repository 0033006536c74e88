package concentrator

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// controlInput is something a client does to its control connection. After it
// the server must hold nothing of that client, and serve the next one.
type controlInput struct {
	name   string
	server func(*Config)
	before func(*Server)
	do     func(*bench)
}

func runControlInputs(t *testing.T, inputs []controlInput) {
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			var before []func(*Server)
			if in.before != nil {
				before = append(before, in.before)
			}
			b := startServer(t, in.server, before...)
			held := b.leaks()
			in.do(b)
			b.idle()
			b.works()
			b.idle()
			held()
		})
	}
}

// header is a control message of any length and type that is cut off or filled
// up to its length.
func header(length, messageType, controlType uint16) []byte {
	b := make([]byte, max(12, int(min(length, 1024))))
	binary.BigEndian.PutUint16(b, length)
	binary.BigEndian.PutUint16(b[2:], messageType)
	binary.BigEndian.PutUint32(b[4:], pptp.MagicCookie)
	binary.BigEndian.PutUint16(b[8:], controlType)
	return b
}

// CVE-2003-0213, accel-ppp 2ad648c3, FreeBSD D57383: lengths and types.
func TestBadFraming(t *testing.T) {
	var inputs []controlInput
	// fatal closes the connection, in whatever state it is.
	fatal := func(name string, octets []byte) {
		inputs = append(inputs, controlInput{name: name, do: func(b *bench) {
			fresh, started, calling := b.raw(), b.raw(), b.raw()
			started.start()
			calling.start()
			calling.call(1)
			for _, r := range []*rawClient{fresh, started, calling} {
				if err := r.write(octets); err != nil {
					b.t.Error(err)
				}
				r.closed()
			}
		}})
	}
	for _, length := range []uint16{0, 1, 7, 11, 221, 65535} {
		for _, control := range []uint16{0, 1, 16, 255} {
			fatal(fmt.Sprintf("length %d of type %d", length, control), header(length, 1, control))
		}
	}
	for _, control := range []uint16{0, 16, 255, 65535} {
		fatal(fmt.Sprintf("type %d", control), header(12, 1, control))
	}
	for control := range uint16(16) {
		for _, length := range []uint16{12, 15, 17, 157, 219} {
			fatal(fmt.Sprintf("type %d with length %d", control, length), header(length, 1, control))
		}
	}
	fatal("message type 2", header(16, 2, 5))
	fatal("bad magic", bytes.Repeat([]byte{0, 16, 0, 1}, 4))
	fatal("http", []byte("GET / HTTP/1.1\r\nHost: example.net\r\n\r\n"))
	runControlInputs(t, inputs)
}

// All of a dialogue, one octet at a time and cut at every octet.
func TestEverySplit(t *testing.T) {
	var dialogue []byte
	for _, m := range []pptp.Message{startRequest, callRequest(7), pptp.EchoRequest{Identifier: 9}, pptp.CallClearRequest{CallID: 7}, stopRequest} {
		dialogue = m.AppendTo(dialogue)
	}
	expect := func(r *rawClient) {
		r.b.t.Helper()
		reply[pptp.StartControlConnectionReply](r)
		id := reply[pptp.OutgoingCallReply](r).CallID
		if m := reply[pptp.EchoReply](r); m.Identifier != 9 {
			r.b.t.Errorf("echo reply %d, want 9", m.Identifier)
		}
		if m := reply[pptp.CallDisconnectNotify](r); m.CallID != id {
			r.b.t.Errorf("call %d was disconnected, want %d", m.CallID, id)
		}
		reply[pptp.StopControlConnectionReply](r)
		r.closed()
	}
	var inputs []controlInput
	inputs = append(inputs, controlInput{name: "octet by octet", do: func(b *bench) {
		r := b.raw()
		for i := range dialogue {
			if err := r.write(dialogue[i : i+1]); err != nil {
				b.t.Fatal(err)
			}
		}
		expect(r)
	}}, controlInput{name: "in one segment", do: func(b *bench) {
		r := b.raw()
		_ = r.write(dialogue)
		expect(r)
	}}, controlInput{name: "in two", do: func(b *bench) {
		for i := 1; i < len(dialogue); i += 5 {
			r := b.raw()
			_ = r.write(dialogue[:i])
			_ = r.write(dialogue[i:])
			expect(r)
		}
	}}, controlInput{name: "cut off", do: func(b *bench) {
		for i := 0; i < len(dialogue); i += 7 {
			r := b.raw()
			_ = r.write(dialogue[:i])
			if i%2 == 0 {
				r.nc.Close()
			} else {
				r.reset()
			}
		}
	}})
	runControlInputs(t, inputs)
}

// CVE-2022-23270, accel-ppp 5ca46e28: clients that talk and do not listen.
func TestPipelining(t *testing.T) {
	flood := func(n int, m func(i int) pptp.Message) []byte {
		p := startRequest.AppendTo(nil)
		for i := range n {
			p = m(i).AppendTo(p)
		}
		return p
	}
	floods := map[string][]byte{
		"echo":         flood(10000, func(i int) pptp.Message { return pptp.EchoRequest{Identifier: uint32(i)} }),
		"start":        flood(3000, func(int) pptp.Message { return startRequest }),
		"call":         flood(3000, func(i int) pptp.Message { return callRequest(uint16(i)) }),
		"incoming":     flood(2000, func(i int) pptp.Message { return pptp.IncomingCallRequest{CallID: uint16(i)} }),
		"call, clear":  flood(2000, func(i int) pptp.Message { return either(i, callRequest(5), pptp.CallClearRequest{CallID: 5}) }),
		"stop replies": flood(5000, func(int) pptp.Message { return pptp.StopControlConnectionReply{Result: pptp.StopOK} }),
	}
	var inputs []controlInput
	for name, octets := range floods {
		for _, end := range []struct {
			name string
			do   func(*rawClient)
		}{
			{"FIN", func(r *rawClient) { r.nc.Close() }},
			{"half close", func(r *rawClient) { _ = r.nc.CloseWrite(); r.closed() }},
			{"RST", (*rawClient).reset},
		} {
			inputs = append(inputs, controlInput{name: name + ", " + end.name, do: func(b *bench) {
				r := b.raw()
				_ = r.write(octets) // the server may have had enough before
				end.do(r)
			}})
		}
	}
	runControlInputs(t, inputs)
}

func either(i int, even, odd pptp.Message) pptp.Message {
	if i%2 == 0 {
		return even
	}
	return odd
}

// A client that never reads blocks its own control connection, until the write
// times out, and nobody else's.
func TestClientThatNeverReads(t *testing.T) {
	b := startServer(t, nil, func(s *Server) { s.timing.write = 500 * time.Millisecond })
	held := b.leaks()
	r := b.raw()
	_ = r.nc.SetReadBuffer(4096)
	p := callRequest(5).AppendTo(startRequest.AppendTo(nil))
	for range 4000 {
		p = pptp.EchoRequest{}.AppendTo(p)
	}
	stuffed := make(chan struct{})
	go func() { // ends when the server closes
		defer close(stuffed)
		for r.write(p) == nil {
			p = p[len(p)-16*4000:]
		}
	}()
	b.works()
	b.ended(2)
	<-stuffed
	b.idle()
	for _, e := range b.server.Ended() {
		if e.Refused && (e.Cause != CauseLostCarrier || e.Reason != "the control connection was lost: the peer does not read its control connection") {
			t.Errorf("the call ended with %s: %q", e.Cause, e.Reason)
		}
	}
	b.works()
	r.nc.Close()
	b.idle()
	held()
}

// CVE-2022-23253: every message in every state of a connection and its call.
func TestEveryMessageInEveryState(t *testing.T) {
	states := []struct {
		name  string
		reach func(*rawClient) (ours, theirs uint16)
	}{
		{"connected", func(*rawClient) (uint16, uint16) { return 1, 1 }},
		{"established", func(r *rawClient) (uint16, uint16) { r.start(); return 1, 1 }},
		{"call up", func(r *rawClient) (uint16, uint16) { r.start(); return 3, r.call(3) }},
		{"call cleared", func(r *rawClient) (uint16, uint16) {
			r.start()
			id := r.call(3)
			r.send(pptp.CallClearRequest{CallID: 3})
			reply[pptp.CallDisconnectNotify](r)
			return 3, id
		}},
		{"incoming call announced", func(r *rawClient) (uint16, uint16) {
			r.start()
			r.send(pptp.IncomingCallRequest{CallID: 3})
			return 3, reply[pptp.IncomingCallReply](r).CallID
		}},
	}
	messages := func(ours, theirs uint16) []pptp.Message {
		return []pptp.Message{
			startRequest, pptp.StartControlConnectionRequest{ProtocolVersion: 0x0200}, pptp.StartControlConnectionReply{Result: 1},
			stopRequest, pptp.StopControlConnectionReply{Result: 1}, pptp.EchoRequest{Identifier: 1}, pptp.EchoReply{Identifier: 77},
			callRequest(ours), callRequest(0), pptp.OutgoingCallReply{CallID: ours, PeerCallID: theirs, Result: 1},
			pptp.IncomingCallRequest{CallID: ours}, pptp.IncomingCallReply{CallID: ours, PeerCallID: theirs, Result: 1},
			pptp.IncomingCallConnected{PeerCallID: theirs}, pptp.CallClearRequest{CallID: ours}, pptp.CallClearRequest{CallID: theirs},
			pptp.CallDisconnectNotify{CallID: ours}, pptp.CallDisconnectNotify{CallID: theirs}, pptp.WANErrorNotify{PeerCallID: theirs},
			pptp.SetLinkInfo{PeerCallID: theirs},
		}
	}
	var inputs []controlInput
	for _, state := range states {
		inputs = append(inputs, controlInput{name: state.name, do: func(b *bench) {
			for i := range messages(0, 0) {
				r := b.raw()
				m := messages(state.reach(r))[i]
				r.send(m, m)
				if i%2 == 0 {
					r.reset()
				} else {
					_ = r.nc.CloseWrite()
					r.closed()
				}
			}
		}})
	}
	runControlInputs(t, inputs)
}
