package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pptpac/pptpac/dataplane"
)

// grePacket makes a GRE packet with a sequence number, for the server's call.
func grePacket(seq uint32, payload []byte) []byte {
	b := []byte{0x30, 0x01, 0x88, 0x0b}
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	b = binary.BigEndian.AppendUint16(b, serverCall)
	b = binary.BigEndian.AppendUint32(b, seq)
	return append(b, payload...)
}

// What a stranger, or a broken peer, may send: all of it is counted for what it
// is, reaches nobody, and does not keep the next good packet from passing.
func TestBadInput(t *testing.T) {
	lcp := []byte{0xff, 0x03, 0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0}
	good := grePacket(0, lcp)
	change := func(at int, value byte) []byte {
		b := bytes.Clone(good)
		b[at] = value
		return b
	}
	ip := func(p []byte) []byte { return grePacket(0, append([]byte{0xff, 3, 0, 0x21}, p...)) }
	sample := func(f func(p []byte)) []byte {
		p := udp(innerClient, innerServer, 1, 60)
		f(p)
		return ip(p)
	}
	tests := []struct {
		name   string
		src    netip.Addr
		packet []byte
		plane  dataplane.DropReason // counted by the plane
		tunnel dataplane.DropReason // counted by the tunnel
	}{
		{"wrong source", stranger, good, dataplane.DropWrongPeer, ""},
		{"our own address as source", outerServer, good, dataplane.DropWrongPeer, ""},
		{"wrong call id", outerClient, change(7, serverCall&0xff+1), dataplane.DropUnknownCall, ""},
		{"call id 0", outerClient, append(append(bytes.Clone(good[:6]), 0, 0), good[8:]...), dataplane.DropUnknownCall, ""},
		{"checksum flag", outerClient, change(0, 0x30|0x80), dataplane.DropMalformed, ""},
		{"routing flag", outerClient, change(0, 0x30|0x40), dataplane.DropMalformed, ""},
		{"no key flag", outerClient, change(0, 0x10), dataplane.DropMalformed, ""},
		{"strict source route flag", outerClient, change(0, 0x30|0x08), dataplane.DropMalformed, ""},
		{"recursion", outerClient, change(0, 0x31), dataplane.DropMalformed, ""},
		{"version 0", outerClient, change(1, 0), dataplane.DropMalformed, ""},
		{"version 2", outerClient, change(1, 2), dataplane.DropMalformed, ""},
		{"reserved flag", outerClient, change(1, 0x09), dataplane.DropMalformed, ""},
		{"not PPP", outerClient, change(3, 0), dataplane.DropMalformed, ""},
		{"payload length too large", outerClient, change(5, byte(len(lcp)+1)), dataplane.DropMalformed, ""},
		{"payload without sequence number", outerClient, change(0, 0x20), dataplane.DropMalformed, ""},
		{"payload length 0", outerClient, grePacket(0, nil), "", dataplane.DropMalformed},
		{"address field only", outerClient, grePacket(0, []byte{0xff}), "", dataplane.DropMalformed},
		{"no protocol", outerClient, grePacket(0, []byte{0xff, 3}), "", dataplane.DropMalformed},
		{"even protocol", outerClient, grePacket(0, []byte{0xff, 3, 0xc0, 0x20, 1}), "", dataplane.DropMalformed},
		{"control frame too long", outerClient, grePacket(0, append([]byte{0xc0, 0x21}, make([]byte, maxControl-1)...)), "", dataplane.DropControlTooLong},
		{"MPPE, not armed", outerClient, grePacket(0, []byte{0, 0xfd, 0x90, 0, 1, 2, 3}), "", dataplane.DropMPPE},
		{"IP from a stranger", outerClient, ip(udp(stranger, innerServer, 1, 60)), "", dataplane.DropSource},
		{"IP from our address", outerClient, ip(udp(innerServer, innerClient, 1, 60)), "", dataplane.DropSource},
		{"IP of version 6", outerClient, sample(func(p []byte) { p[0] = 0x65 }), "", dataplane.DropMalformed},
		{"IP total length lies", outerClient, sample(func(p []byte) { p[3]++ }), "", dataplane.DropMalformed},
		{"IP header of 16 octets", outerClient, sample(func(p []byte) { p[0] = 0x44 }), "", dataplane.DropMalformed},
		{"IP cut off", outerClient, ip(udp(innerClient, innerServer, 1, 60)[:19]), "", dataplane.DropMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink(t, dataplane.ForwardSpec{})
				defer l.close()
				l.network.Inject(tt.packet, tt.src, outerServer)
				synctest.Wait()
				plane, tunnel := l.server.engine.Counters().Drops, l.server.tunnel.Counters().Drops
				if tt.plane != "" && plane[tt.plane] != 1 || tt.tunnel != "" && tunnel[tt.tunnel] != 1 || len(plane)+len(tunnel) != 1 {
					t.Errorf("drops of the plane %v, of the tunnel %v, want one %s%s", plane, tunnel, tt.plane, tt.tunnel)
				}
				if n := len(l.server.events.control()) + len(l.server.tun.Received()); n != 0 {
					t.Errorf("%d packets passed", n)
				}
				l.network.Inject(grePacket(1, lcp), outerClient, outerServer)
				time.Sleep(time.Second)
				if n := len(l.server.events.control()); n != 1 {
					t.Errorf("%d control frames after it, want 1", n)
				}
			})
		})
	}
}

// A GRE packet cut off at any octet is malformed, whatever it was.
func TestTruncated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		whole := grePacket(5, []byte{0xff, 0x03, 0xc0, 0x21, 9, 1, 0, 4})
		for n := range whole {
			l.network.Inject(whole[:n], outerClient, outerServer)
		}
		synctest.Wait()
		if got := l.server.engine.Counters().Drops[dataplane.DropMalformed]; got != uint64(len(whole)) {
			t.Errorf("malformed = %d, want %d", got, len(whole))
		}
	})
}

// Packets that only acknowledge, even for what was never sent, reach nobody and
// are not answered.
func TestAckOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		sent := 0
		l.network.Impair(outerServer, outerClient, func([]byte) [][]byte { sent++; return nil })
		for _, ack := range []uint32{0, 1, 0x7fffffff, 0xffffffff} {
			b := []byte{0x20, 0x81, 0x88, 0x0b, 0, 0, serverCall >> 8, serverCall & 0xff}
			l.network.Inject(binary.BigEndian.AppendUint32(b, ack), outerClient, outerServer)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if c := l.server.tunnel.Counters(); c.RxFrames != 0 || len(c.Drops) != 0 || sent != 0 {
			t.Errorf("RxFrames %d, drops %v, sent %d, want none", c.RxFrames, c.Drops, sent)
		}
	})
}

// Clear-text IP must not pass where encryption is required, in either direction,
// armed or not; and must pass where it is optional.
func TestClearText(t *testing.T) {
	for _, tt := range []struct {
		name            string
		required, armed bool
		rx, tx          bool // passes
	}{
		{"optional", false, false, true, true},
		{"required, not armed", true, false, false, false},
		{"required, armed", true, true, false, true},
		{"optional, armed", false, true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink(t, dataplane.ForwardSpec{RequireEncryption: tt.required})
				defer l.close()
				if tt.armed {
					l.arm(t, 128, true)
				}
				p := udp(innerClient, innerServer, 1, 60)
				l.network.Inject(grePacket(0, append([]byte{0x21}, p...)), outerClient, outerServer)
				synctest.Wait()
				if got := len(l.server.tun.Received()) == 1; got != tt.rx {
					t.Errorf("clear text from the peer passed = %v, want %v", got, tt.rx)
				}
				l.server.tun.Inject(udp(innerServer, innerClient, 1, 60))
				synctest.Wait()
				if got := len(l.client.tun.Received()) == 1; got != tt.tx {
					t.Errorf("IP to the peer passed = %v, want %v", got, tt.tx)
				}
				var want uint64
				for _, passes := range []bool{tt.rx, tt.tx} {
					if !passes {
						want++
					}
				}
				if got := l.server.tunnel.Counters().Drops[dataplane.DropClearText]; got != want {
					t.Errorf("clear-text drops = %d, want %d", got, want)
				}
			})
		})
	}
}

// After DisarmMPPE nothing decrypts and nothing is encrypted.
func TestDisarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
		defer l.close()
		l.arm(t, 40, false)
		l.server.tunnel.DisarmMPPE()
		l.client.tun.Inject(udp(innerClient, innerServer, 1, 60))
		l.server.tun.Inject(udp(innerServer, innerClient, 1, 60))
		synctest.Wait()
		drops := l.server.tunnel.Counters().Drops
		if drops[dataplane.DropMPPE] != 1 || drops[dataplane.DropClearText] != 1 {
			t.Errorf("drops = %v, want one mppe and one clear-text", drops)
		}
	})
}

// Inside MPPE only IPv4 goes on.
func TestInnerProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
		defer l.close()
		l.arm(t, 128, true)
		c := l.client.tunnel
		seal := func(plain []byte) []byte {
			c.tx.mu.Lock()
			defer c.tx.mu.Unlock()
			sealed := c.tx.mppe.Seal([]byte{0xfd}, plain)
			return append(c.tx.gre.NextData(time.Now()).AppendTo(nil, len(sealed)), sealed...)
		}
		p := udp(innerClient, innerServer, 3, 60)
		steps := []struct {
			name  string
			plain []byte
			want  dataplane.DropReason
		}{
			{"compressed protocol", append([]byte{0x21}, p...), ""},
			{"IPX", append([]byte{0x00, 0x2b}, p...), dataplane.DropInnerProtocol},
			{"IPv6", append([]byte{0x57}, p...), dataplane.DropInnerProtocol},
			{"LCP", append([]byte{0xc0, 0x21}, p...), dataplane.DropMPPE},
			{"MPPE in MPPE", append([]byte{0x00, 0xfd}, p...), dataplane.DropMPPE},
			{"padding", append([]byte{0x00, 0x01}, p...), dataplane.DropMPPE},
			{"IP after all that", append([]byte{0x00, 0x21}, p...), ""},
		}
		for _, step := range steps {
			before := l.server.tunnel.Counters().Drops[step.want]
			l.network.Inject(seal(step.plain), outerClient, outerServer)
			time.Sleep(100 * time.Millisecond)
			passed := len(l.server.tun.Received()) == 1
			if passed != (step.want == "") {
				t.Errorf("%s: passed = %v", step.name, passed)
			}
			if after := l.server.tunnel.Counters().Drops[step.want]; step.want != "" && after != before+1 {
				t.Errorf("%s: drops %s = %d, want %d", step.name, step.want, after, before+1)
			}
		}
		if n := len(l.server.events.control()); n != 0 {
			t.Errorf("%d control frames out of MPPE", n)
		}
	})
}

// What the kernel cannot send is counted, and only a lasting error is told.
func TestSendFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		frame := []byte{0xc0, 0x21, 9, 0, 0, 4}
		for _, transient := range []error{unix.ENOBUFS, unix.EAGAIN, unix.EPERM} {
			l.server.conn.FailSend(transient)
			if err := l.server.tunnel.SendControl(frame); err != nil {
				t.Errorf("SendControl with %v = %v, want nil", transient, err)
			}
		}
		l.server.conn.FailSend(unix.ENETUNREACH)
		if err := l.server.tunnel.SendControl(frame); !errors.Is(err, unix.ENETUNREACH) {
			t.Errorf("SendControl = %v, want ENETUNREACH", err)
		}
		l.server.tun.Inject(udp(innerServer, innerClient, 1, 60))
		synctest.Wait()
		c := l.server.tunnel.Counters()
		if c.Drops[dataplane.DropSendFailed] != 5 || c.TxPackets != 0 {
			t.Errorf("drops %v, TxPackets %d, want 5 send-failed and none sent", c.Drops, c.TxPackets)
		}
		l.server.conn.FailSend(nil)
		if err := l.server.tunnel.SendControl(frame); err != nil {
			t.Errorf("SendControl afterwards = %v", err)
		}
	})
}
