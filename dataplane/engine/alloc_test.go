package engine

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/rawsock"
	"github.com/pptpac/pptpac/dataplane/tun"
)

// nowhere is a socket and a TUN device that take everything and give nothing.
type nowhere struct{ done chan struct{} }

func (n nowhere) Receive([]byte) (rawsock.Packet, error) {
	<-n.done
	return rawsock.Packet{}, rawsock.ErrClosed
}
func (n nowhere) Send([]byte, netip.Addr, netip.Addr) error { return nil }
func (n nowhere) Name() string                              { return "pptp0" }
func (n nowhere) Write([]byte) error                        { return nil }
func (n nowhere) Close() error                              { close(n.done); return nil }

func (n nowhere) Read([]byte) (int, error) {
	<-n.done
	return 0, tun.ErrClosed
}

// oneWay is a tunnel that sends and one that receives what it sent.
type oneWay struct {
	engine *Engine
	out    *Tunnel
	in     *Tunnel
	sender *sender
	batch  *batch
	device *device
	framed []byte
}

func newOneWay(t testing.TB, m dataplane.MPPE) *oneWay {
	t.Helper()
	engine, err := New(Options{
		OpenSocket: func() (rawsock.Conn, error) { return nowhere{make(chan struct{})}, nil },
		OpenNet:    func() (Net, error) { return newFakeNet(), nil },
		OpenTUN:    func(string) (tun.Device, error) { return nowhere{make(chan struct{})}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	d, err := engine.OpenDevice(dataplane.DeviceSpec{Name: "pptp0", MTU: 1460, Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &oneWay{engine: engine, sender: &sender{}, batch: newBatch(), device: d.(*device)}
	open := func(id uint16, spec dataplane.ForwardSpec) *Tunnel {
		tunnel, err := engine.Open(dataplane.Spec{Local: outerServer, Peer: outerClient, LocalCallID: id, PeerCallID: serverCall}, checkingEvents{})
		if err != nil {
			t.Fatal(err)
		}
		if err := tunnel.Bind(d); err != nil {
			t.Fatal(err)
		}
		if err := tunnel.Forward(spec); err != nil {
			t.Fatal(err)
		}
		return tunnel.(*Tunnel)
	}
	w.in = open(serverCall, forwardSpec("10.5.17.254", "10.5.17.1"))
	w.out = open(1, forwardSpec("10.5.17.1", "10.5.17.254"))
	if m.Bits != 0 {
		if err := w.in.ArmReceive(m); err != nil {
			t.Fatal(err)
		}
		if err := w.out.ArmTransmit(m); err != nil {
			t.Fatal(err)
		}
	}
	w.framed = append(make([]byte, protocolRoom), udp(innerClient, innerServer, 1, 1396)...)
	return w
}

// pass takes one packet from the device to the socket, and back.
func (w *oneWay) pass(now time.Time) {
	w.sender.outbound(w.out, w.device, w.framed, now)
	w.engine.deliver(w.batch, outerClient, outerServer, w.sender.packet, now)
}

// The engine's own path allocates nothing per packet. (The cipher of crypto/rc4
// is an allocation of its own for each stateless packet; that is package mppe's.)
func TestPathDoesNotAllocate(t *testing.T) {
	for _, m := range []dataplane.MPPE{{}, mppeKey(128, false, 1)} {
		t.Run(encodingName(m), func(t *testing.T) {
			w := newOneWay(t, m)
			now := time.Now()
			for range 10 {
				w.pass(now)
			}
			allocs := testing.AllocsPerRun(200, func() { w.pass(now) })
			if allocs >= 1 {
				t.Errorf("%v allocations per packet", allocs)
			}
			if got := w.in.Counters(); got.RxPackets != 211 || len(got.Drops) != 0 {
				t.Errorf("RxPackets = %d, drops %v, want 211 and none", got.RxPackets, got.Drops)
			}
		})
	}
}

// BenchmarkPath is one packet of 1396 octets through both halves of the engine,
// without the kernel.
func BenchmarkPath(b *testing.B) {
	for _, m := range encodings() {
		if m.Bits != 0 {
			m = mppeKey(m.Bits, m.Stateless, 1)
		}
		b.Run(encodingName(m), func(b *testing.B) {
			w := newOneWay(b, m)
			now := time.Now()
			b.SetBytes(1396)
			b.ReportAllocs()
			for b.Loop() {
				w.pass(now)
			}
		})
	}
}
