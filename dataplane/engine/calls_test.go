package engine

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/rawsock/rawsocktest"
)

// Several clients behind one address, all with the same call id of theirs (0 is
// one of them), and one local call id at two local addresses: every packet finds
// its call.
func TestCallsOfOnePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := netip.MustParseAddr("192.0.2.9")
		h := newHost(t, rawsocktest.NewNetwork(), outerServer, second)
		defer h.close()
		var events []*recorder
		for i, local := range []netip.Addr{outerServer, outerServer, outerServer, second} {
			spec := dataplane.Spec{Local: local, Peer: outerClient, LocalCallID: uint16(serverCall + i%3)}
			_, e := h.open(spec)
			events = append(events, e)
		}
		packet := func(id uint16) []byte {
			b := grePacket(0, []byte{0xc0, 0x21, byte(id)})
			b[6], b[7] = byte(id>>8), byte(id)
			return b
		}
		b := newBatch()
		for i, local := range []netip.Addr{outerServer, outerServer, outerServer, second} {
			h.engine.deliver(b, outerClient, local, packet(uint16(serverCall+i%3)), b.now)
		}
		for i, e := range events {
			if frames := e.control(); len(frames) != 1 || frames[0][2] != byte((serverCall+i%3)&0xff) {
				t.Errorf("call %d got %x", i, frames)
			}
		}
	})
}

func TestOpenRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		tunnel, _ := h.open(call(1))
		if _, err := h.engine.Open(call(1), &recorder{}); err == nil {
			t.Error("a call id was given twice")
		}
		six := call(2)
		six.Peer = netip.IPv6Loopback()
		if _, err := h.engine.Open(six, &recorder{}); err == nil {
			t.Error("a call from IPv6 was opened")
		}
		if err := tunnel.Close(); err != nil {
			t.Fatal(err)
		}
		if again, _ := h.open(call(1)); again == nil {
			t.Error("the call id was not given back")
		}
	})
}

// The end that learns the peer's call id after Open sends with it.
func TestConnect(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		tunnel, _ := h.open(call(1))
		if err := tunnel.Connect(0x1234, 64); err != nil {
			t.Fatal(err)
		}
		b := tunnel.appendControl(nil, []byte{0xc0, 0x21}, tunnel.engine.timers.epoch)
		if b[6] != 0x12 || b[7] != 0x34 {
			t.Errorf("call id in the packet = %x, want 1234", b[6:8])
		}
	})
}

func TestAfterClose(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		d := h.device(dataplane.DeviceSpec{Name: "pptp0", Shared: true})
		tunnel, events := h.open(call(1))
		other, _ := h.open(call(2))
		if err := tunnel.Close(); err != nil {
			t.Fatal(err)
		}
		if err := h.engine.Close(); err != nil {
			t.Fatal(err)
		}
		_, errSnapshot := tunnel.Snapshot()
		_, errOpen := h.engine.Open(call(3), events)
		_, errDevice := h.engine.OpenDevice(dataplane.DeviceSpec{Name: "pptp1", MTU: 1400})
		for name, err := range map[string]error{
			"Connect":      tunnel.Connect(1, 1),
			"SendControl":  tunnel.SendControl([]byte{0xc0, 0x21}),
			"Bind":         tunnel.Bind(d),
			"ArmReceive":   tunnel.ArmReceive(mppeKey(128, true, 1)),
			"ArmTransmit":  tunnel.ArmTransmit(mppeKey(128, true, 1)),
			"Forward":      tunnel.Forward(forwardSpec("10.0.0.1", "10.0.0.2")),
			"Snapshot":     errSnapshot,
			"Restore":      tunnel.Restore(dataplane.Snapshot{}),
			"the other":    other.SendControl([]byte{0xc0, 0x21}),
			"Open":         errOpen,
			"OpenDevice":   errDevice,
			"unbound Bind": other.Bind(d),
		} {
			if !errors.Is(err, dataplane.ErrClosed) {
				t.Errorf("%s after Close = %v, want ErrClosed", name, err)
			}
		}
		tunnel.DisarmMPPE()
		tunnel.FlushTransmit()
		tunnel.StopForwarding()
		if got := tunnel.Counters(); got.RxFrames != 0 {
			t.Errorf("Counters = %+v", got)
		}
		if err := d.Close(); err != nil {
			t.Errorf("Close of the device = %v", err)
		}
		if err := h.engine.Close(); err != nil {
			t.Errorf("second Close = %v", err)
		}
	})
}

// Sessions come and go while packets pass: for the race detector, and for
// goroutines that stay behind, which would keep the bubble from ending.
func TestConcurrentSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		l.arm(t, 128, true)
		// At least this one passes, should the goroutine below never get its turn.
		l.client.tun.Inject(udp(innerClient, innerServer, 0, 200))
		stop := make(chan struct{})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for n := uint32(0); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				l.client.tun.Inject(udp(innerClient, innerServer, n, 200))
				l.server.tun.Inject(udp(innerServer, innerClient, n, 200))
			}
		}()
		d := l.server.tunnel.device
		for i := range 200 {
			tunnel, _ := l.server.open(call(uint16(2000 + i)))
			err := errors.Join(tunnel.Bind(d), tunnel.Forward(forwardSpec("10.5.17.254", "10.5.17.9")),
				tunnel.SendControl([]byte{0xc0, 0x21, 1}), tunnel.ArmTransmit(mppeKey(40, false, 3)))
			if err != nil {
				t.Error(err)
			}
			l.server.tunnel.Counters()
			if _, err := l.server.tunnel.Snapshot(); err != nil {
				t.Error(err)
			}
			if err := tunnel.Close(); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		<-stopped
		synctest.Wait()
		if got := l.server.tunnel.Counters().RxPackets; got == 0 {
			t.Error("nothing passed")
		}
	})
}
