package concentrator

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
)

// A client that stops answering ends after interval times failure, and one
// interval of silence before the first echo.
func TestEchoFailure(t *testing.T) {
	const interval, failure = 50 * time.Millisecond, 3
	b := startServer(t, func(c *Config) { c.Dynamic.LCPEchoInterval, c.Dynamic.LCPEchoFailure = interval, failure },
		func(s *Server) { s.timing.goodbye = 50 * time.Millisecond })
	h := b.dialHeld(b.client(func(c *ClientConfig) { c.LCPEchoInterval = 0 }))
	b.eventually("echoes to be answered", func() bool {
		info := b.server.Sessions()
		return len(info) == 0 || time.Since(info[0].Connected) > (failure+3)*interval
	})
	if len(b.server.Ended()) > 0 {
		t.Fatalf("a client that answers ended with %s", b.server.Ended()[0].Reason)
	}
	deaf := func([]byte) [][]byte { return nil }
	b.wire.Impair(deaf, deaf)
	began := time.Now()
	e := b.ended(1)
	if took := time.Since(began); e.Cause != CauseEchoFailure || took < failure*interval || took > 40*interval {
		t.Errorf("ended with %s: %q after %v, want %s after about %v", e.Cause, e.Reason, took, CauseEchoFailure, (failure+1)*interval)
	}
	<-h.Done()
	b.idle()
}

// countingTunnel is a tunnel on which frames arrive when a test says so.
type countingTunnel struct {
	dataplane.Tunnel
	frames uint64
	sent   int
	last   []byte // that was sent
}

func (c *countingTunnel) Counters() dataplane.Counters { return dataplane.Counters{RxFrames: c.frames} }
func (c *countingTunnel) SendControl(p []byte) error {
	c.sent++
	if c.last == nil {
		c.last = append(c.last, p...) // our Configure-Request
	}
	return nil
}

// Data postpones the echo; a control frame does so once, when it arrives, and
// not a second time because a counter has seen it, too.
func TestOnlySilenceCausesEchoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		machine, err := ppp.New(ppp.Config{Role: ppp.Server, Rand: zeros{}, EchoInterval: interval, MaxConfigure: 3})
		if err != nil {
			t.Fatal(err)
		}
		tunnel := &countingTunnel{}
		l := &link{machine: machine, tunnel: tunnel, log: zerolog.Nop(), handle: func(ppp.Output) {}, fail: func(err error) { t.Error(err) }}
		arrive := func(frame ...byte) {
			tunnel.frames++
			l.frame(frame)
		}
		l.start()
		arrive(0xc0, 0x21, 1, 7, 0, 4) // their Configure-Request, empty
		ack := append([]byte(nil), tunnel.last...)
		ack[2] = 2 // Configure-Ack of just that
		arrive(ack...)
		begin, echoes := time.Now(), tunnel.sent
		wait := func() time.Duration {
			time.Sleep(time.Until(machine.Deadline()))
			l.tick()
			return time.Since(begin)
		}
		// Nothing but control frames so far: the first echo comes after one interval.
		if at := wait(); at != interval || tunnel.sent != echoes+1 {
			t.Errorf("%d echoes at %v, want one at %v", tunnel.sent-echoes, at, interval)
		}
		tunnel.frames++ // data
		if at := wait(); at != 2*interval || tunnel.sent != echoes+1 {
			t.Errorf("%d echoes at %v, want still one: data came", tunnel.sent-echoes, at)
		}
		if at := wait(); at != 3*interval || tunnel.sent != echoes+2 {
			t.Errorf("%d echoes at %v, want two: silence since", tunnel.sent-echoes, at)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i + 1)
	}
	return len(p), nil
}
