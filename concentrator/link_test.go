package concentrator

import (
	"bytes"
	"crypto/rand"
	"net/netip"
	"testing"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
)

// A client that is quick sends its Configure-Request before the session has
// heard that the call stands. It is answered at once then, not when the client
// repeats it.
func TestEarlyFramesWaitForTheCall(t *testing.T) {
	request := []byte{0xc0, 0x21, 1, 7, 0, 8, 1, 4, 0x05, 0xb4} // LCP, MRU 1460
	acknowledge := []byte{0xc0, 0x21, 2, 7, 0, 8, 1, 4, 0x05, 0xb4}
	for _, test := range []struct {
		name   string
		early  int
		answer int // Configure-Acks after start
	}{
		{"none", 0, 0},
		{"one", 1, 1},
		{"as many as are kept", earlyFrames, earlyFrames},
		{"more than are kept", earlyFrames + 1, earlyFrames},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sent [][]byte
			plane := &dataplane.Null{SendControl: func(_ dataplane.Spec, frame []byte) { sent = append(sent, bytes.Clone(frame)) }}
			defer plane.Close()
			outer := netip.MustParseAddr("192.0.2.1")
			tunnel, err := plane.Open(dataplane.Spec{Local: outer, Peer: outer.Next(), LocalCallID: 1},
				tunnelEvents{mail: newMailbox[sessionEvent](sessionMailbox)})
			if err != nil {
				t.Fatal(err)
			}
			machine, err := ppp.New(linkConfig(DefaultConfig().Dynamic.LinkConfig, ppp.Server, rand.Reader, "pptpac"))
			if err != nil {
				t.Fatal(err)
			}
			l := link{
				machine: machine, tunnel: tunnel, log: zerolog.Nop(),
				handle: func(ppp.Output) {},
				fail:   func(err error) { t.Errorf("data plane: %v", err) },
			}
			for range test.early {
				l.frame(request)
			}
			if len(sent) != 0 {
				t.Errorf("%d frames were sent before the call stood", len(sent))
			}
			l.start()
			answers := func() (n int) {
				for _, f := range sent {
					if bytes.Equal(f, acknowledge) {
						n++
					}
				}
				return n
			}
			if got := answers(); got != test.answer {
				t.Errorf("%d Configure-Acks after start, want %d", got, test.answer)
			}
			if l.frame(request); answers() != test.answer+1 {
				t.Errorf("%d Configure-Acks after one more request, want %d", answers(), test.answer+1)
			}
			if want := uint64(test.early + 1); l.frames != want {
				t.Errorf("%d frames counted, want %d", l.frames, want)
			}
		})
	}
}
