package pptp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever comes, the decoder neither panics nor stalls, holds less than a
// message once drained, does not care how the stream is cut, and what it
// parses means the same when it is sent on.
func FuzzDecoder(f *testing.F) {
	stream, _ := goldenStream()
	f.Add(stream, uint8(1))
	f.Add(stream[:300], uint8(100))
	for _, g := range golden {
		b := g.message.AppendTo(nil)
		f.Add(b, uint8(3))
		f.Add(b[:len(b)-1], uint8(11))
		b[1]--
		f.Add(b, uint8(255))
	}
	for _, b := range [][]byte{{}, {0}, {0, 0}, {0, 1}, {0, 7}, {0, 11}, {255, 255}, []byte("GET / HTTP/1.0\r\n")} {
		f.Add(b, uint8(2))
	}
	f.Fuzz(func(t *testing.T, b []byte, segment uint8) {
		if len(b) > MaxBuffered {
			return
		}
		whole, wholeErr := decodeAll(t, b, max(len(b), 1))
		parts, partsErr := decodeAll(t, b, int(segment)+1)
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Fatalf("the cut of the stream matters (-whole +parts):\n%s", diff)
		}
		if diff := cmp.Diff(wholeErr, partsErr); diff != "" {
			t.Fatalf("the cut of the stream matters (-whole +parts):\n%s", diff)
		}
		for _, m := range whole {
			again, err := ParseMessage(m.AppendTo(nil))
			if err != nil || again != m {
				t.Fatalf("%#v becomes %#v, %v", m, again, err)
			}
		}
	})
}

func decodeAll(t *testing.T, b []byte, segment int) (all []Message, problem error) {
	var d Decoder
	for len(b) > 0 {
		n := min(segment, len(b))
		if _, err := d.Write(b[:n]); err != nil {
			t.Fatalf("Write: %v", err)
		}
		b = b[n:]
		for {
			m, err := d.Next()
			if err != nil {
				return all, err
			}
			if m == nil {
				break
			}
			all = append(all, m)
		}
		if n := len(d.Buffered()); n >= MaxMessage {
			t.Fatalf("%d octets held after draining", n)
		}
	}
	return all, nil
}

// Octets of a peer and commands of our side in any order keep the contract of
// a Conn, and a restored twin does the same.
func FuzzConn(f *testing.F) {
	stream, _ := goldenStream()
	f.Add(uint8(0), []byte{0}, stream)
	start := startRequest.AppendTo(nil)
	f.Add(uint8(0), []byte{0, 2, 4, 6, 8}, start)
	f.Add(uint8(0), []byte{0, 2, 7, 1}, outgoingRequest.AppendTo(start))
	f.Add(uint8(2), []byte{0, 2, 7, 1}, CallClearRequest{theirID}.AppendTo(outgoingRequest.AppendTo(start)))
	f.Add(uint8(0), []byte{0, 2}, incomingRequest.AppendTo(start))
	f.Add(uint8(1), []byte{0, 5, 1, 3}, startOK.AppendTo(nil))
	f.Add(uint8(1), []byte{0, 5}, OutgoingCallReply{CallID: 1, PeerCallID: 10, Result: 1}.AppendTo(startOK.AppendTo(nil)))
	for _, m := range everyMessage() {
		f.Add(uint8(0), []byte{0, 9, 8, 2, 3}, m.AppendTo(outgoingRequest.AppendTo(start)))
	}
	f.Fuzz(func(t *testing.T, kind uint8, script, octets []byte) {
		if len(script) > 500 || len(octets) > 20_000 {
			return
		}
		cfg := server(Config{MaxCalls: int(kind>>1) % 4})
		if kind&1 == 1 {
			cfg = client(cfg)
		}
		e := newEnd(t, cfg)
		k := &contract{t: t, open: map[uint16]bool{}}
		// The script says who goes on: the peer with a message, or our side.
		at := 0
		next := func(n int) int {
			if at == len(script) {
				return 0
			}
			at++
			return int(script[at-1]) % n
		}
		var d Decoder
		k.see(e.do(Open{}))
		if _, err := d.Write(octets); err != nil {
			return
		}
		for {
			m, err := d.Next()
			if err != nil {
				k.see(e.do(Malformed{err}))
				break
			}
			if m == nil {
				break
			}
			twin := e.twin()
			out := e.recv(m)
			if diff := cmp.Diff(out, twin.recv(m)); diff != "" {
				t.Fatalf("the restored twin differs (-one +twin):\n%s", diff)
			}
			k.see(out)
			for at < len(script) && next(2) == 1 {
				monkey(e, k, next)
			}
		}
		if got := len(e.c.calls.requests); got > maxPending {
			t.Fatalf("%d requests pending", got)
		}
		k.see(e.do(Lost{"end of test"}))
		if len(k.open) != 0 {
			t.Fatalf("calls %v never ended", k.open)
		}
	})
}
