package engine

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pptpac/pptpac/dataplane"
)

// lose makes the next n packets to the server disappear.
func (l *link) lose(n uint32) {
	for i := range n {
		l.client.tunnel.appendIPForTest(udp(innerClient, innerServer, i, 100))
	}
}

// A stateful receiver that lost a packet asks once a second until a flushed
// packet comes.
func TestResetNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
		defer l.close()
		l.arm(t, 128, false)
		send := func() {
			l.client.tun.Inject(udp(innerClient, innerServer, 1, 100))
			synctest.Wait()
		}
		send()
		l.lose(20)
		for range 40 { // four seconds
			send()
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if got := l.server.events.resetsSeen(); got < 3 || got > 5 {
			t.Errorf("%d resets in four seconds, want one a second", got)
		}
		if got := len(l.server.tun.Received()); got != 1 {
			t.Errorf("%d packets passed before the flush, want 1", got)
		}
		before := l.server.events.resetsSeen()
		l.client.tunnel.FlushTransmit()
		for range 10 {
			send()
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if got := len(l.server.tun.Received()); got != 10 {
			t.Errorf("%d packets passed after the flush, want 10", got)
		}
		if got := l.server.events.resetsSeen(); got != before {
			t.Errorf("%d more resets after the flush", got-before)
		}
		if c := l.server.tunnel.Counters(); c.MPPEResets != uint64(before) {
			t.Errorf("MPPEResets = %d, want %d", c.MPPEResets, before)
		}
	})
}

// A peer that never answers is given up, once.
func TestResetsWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
		defer l.close()
		l.arm(t, 128, false)
		l.lose(20)
		for range 60 {
			l.client.tun.Inject(udp(innerClient, innerServer, 1, 100))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if got := l.server.events.resetsSeen(); got != maxResets {
			t.Errorf("%d resets, want %d", got, maxResets)
		}
		if faults := l.server.events.faultsSeen(); len(faults) != 1 || !errors.Is(faults[0], errResets) {
			t.Errorf("faults = %v, want errResets once", faults)
		}
	})
}

// Wrong keys are found out after a few packets, and no noise reaches the kernel.
func TestWrongKeys(t *testing.T) {
	for _, stateless := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
			defer l.close()
			l.arm(t, 128, stateless)
			if err := l.server.tunnel.ArmReceive(mppeKey(128, stateless, 0x77)); err != nil {
				t.Fatal(err)
			}
			for n := range uint32(1000) {
				l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
				synctest.Wait()
				if !stateless && l.server.events.resetsSeen() > 0 {
					l.client.tunnel.FlushTransmit()
				}
				time.Sleep(time.Second)
			}
			synctest.Wait()
			if got := len(l.server.tun.Received()); got != 0 {
				t.Errorf("stateless %v: %d packets of noise passed", stateless, got)
			}
			if faults := l.server.events.faultsSeen(); len(faults) != 1 {
				t.Errorf("stateless %v: faults = %v, want one", stateless, faults)
			}
		})
	}
}

// After the loss of more packets than the coherency count can tell, a stateless
// link is found again by the GRE sequence number.
func TestLongLossStateless(t *testing.T) {
	for _, lost := range []uint32{1, 255, 2047, 2048, 4095, 4096, 5000, 9000} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
			defer l.close()
			l.arm(t, 128, true)
			for n := range uint32(2) {
				l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
				synctest.Wait()
				if n == 0 {
					l.lose(lost)
				}
				time.Sleep(time.Second)
			}
			for n := range uint32(5) {
				l.client.tun.Inject(udp(innerClient, innerServer, 2+n, 100))
				time.Sleep(time.Second)
			}
			synctest.Wait()
			if got := len(l.server.tun.Received()); got < 6 {
				t.Errorf("%d lost: %d of 7 packets passed", lost, got)
			}
		})
	}
}

// Forged packets with any coherency count, and any sequence number, do not keep
// the genuine ones from passing.
func TestForgedMPPE(t *testing.T) {
	for _, stateless := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
			defer l.close()
			l.arm(t, 128, stateless)
			const genuine = 200
			seen := 0
			for n := range uint32(genuine) {
				l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
				synctest.Wait()
				count := uint16(n*613) & 0x0fff
				head := 0x90 | byte(count>>8)
				forged := append([]byte{0, 0xfd, head, byte(count)}, make([]byte, 60)...)
				l.network.Inject(grePacket(n+100+n*7919, forged), outerClient, outerServer)
				synctest.Wait()
				if resets := l.server.events.resetsSeen(); resets > seen {
					seen = resets
					l.client.tunnel.FlushTransmit()
				}
				time.Sleep(200 * time.Millisecond)
			}
			synctest.Wait()
			got := 0
			for _, p := range l.server.tun.Received() {
				if p[9] == protoUDP {
					got++
				}
			}
			if want := genuine - 10; stateless && got < want {
				t.Errorf("stateless: %d of %d genuine packets passed, want %d", got, genuine, want)
			}
			if !stateless && got < genuine/2 {
				t.Errorf("stateful: %d of %d genuine packets passed", got, genuine)
			}
			if faults := l.server.events.faultsSeen(); len(faults) != 0 {
				t.Errorf("stateless %v: faults %v", stateless, faults)
			}
		})
	}
}
