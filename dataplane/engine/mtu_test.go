package engine

import (
	"bytes"
	"encoding/binary"
	"testing"
	"testing/synctest"

	"github.com/pptpac/pptpac/dataplane"
)

func withDF(p []byte) []byte {
	binary.BigEndian.PutUint16(p[6:], flagDF)
	ipv4(p).setChecksum()
	return p
}

// Packets around the MTU of a session, whose device has a larger one.
func TestMTU(t *testing.T) {
	const mtu = 1396
	tests := []struct {
		name    string
		packet  []byte
		pieces  int
		icmp    bool
		dropped bool
	}{
		{"exact", udp(innerServer, innerClient, 1, mtu), 1, false, false},
		{"exact, DF", withDF(udp(innerServer, innerClient, 1, mtu)), 1, false, false},
		{"one more", udp(innerServer, innerClient, 1, mtu+1), 2, false, false},
		{"one more, DF", withDF(udp(innerServer, innerClient, 1, mtu+1)), 0, true, true},
		{"4000", udp(innerServer, innerClient, 1, 4000), 3, false, false},
		{"65535", udp(innerServer, innerClient, 1, 65535), 48, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink(t, dataplane.ForwardSpec{MTU: mtu, RequireEncryption: true})
				defer l.close()
				l.arm(t, 128, true)
				l.server.tun.Inject(tt.packet)
				synctest.Wait()
				arrived := l.client.tun.Received()
				if len(arrived) != tt.pieces {
					t.Fatalf("%d packets arrived, want %d", len(arrived), tt.pieces)
				}
				var data []byte
				for _, p := range arrived {
					if len(p) > mtu {
						t.Errorf("a packet of %d octets was sent", len(p))
					}
					data = append(data, ipv4(p).payload()...)
				}
				if tt.pieces > 0 && !bytes.Equal(data, tt.packet[20:]) {
					t.Error("the pieces do not make the whole")
				}
				back := l.server.tun.Received()
				if (len(back) == 1) != tt.icmp {
					t.Fatalf("%d packets came back, want ICMP %v", len(back), tt.icmp)
				}
				if tt.icmp {
					icmp := ipv4(back[0])
					if icmp.dst() != innerServer.As4() || icmp.payload()[0] != 3 || binary.BigEndian.Uint16(icmp.payload()[6:]) != mtu {
						t.Errorf("came back: %x", back[0])
					}
				}
				c := l.server.tunnel.Counters()
				if (c.Drops[dataplane.DropTooBig] == 1) != tt.dropped || c.TxPackets != uint64(tt.pieces) {
					t.Errorf("drops %v, TxPackets %d, want too-big %v and %d", c.Drops, c.TxPackets, tt.dropped, tt.pieces)
				}
			})
		})
	}
}

// SYNs are clamped in both directions, at one end, if asked for.
func TestClampOnLink(t *testing.T) {
	for _, clamp := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, dataplane.ForwardSpec{MTU: 1396})
			defer l.close()
			f := l.server.tunnel.terms.Load().ForwardSpec
			f.ClampMSS = clamp
			if err := l.server.tunnel.Forward(f); err != nil {
				t.Fatal(err)
			}
			want := uint16(1460)
			if clamp {
				want = 1356
			}
			for _, way := range []struct {
				name     string
				from, to end
			}{{"to the peer", l.server, l.client}, {"from the peer", l.client, l.server}} {
				syn := tcp(tcpSYN, []byte{2, 4, 0x05, 0xb4}, nil)
				src, dst := way.from.tunnel.terms.Load().Local.As4(), way.to.tunnel.terms.Load().Local.As4()
				copy(syn[12:], src[:])
				copy(syn[16:], dst[:])
				syn.setChecksum()
				way.from.tun.Inject(syn)
				got := way.to.tun.Next(t)
				if mss := binary.BigEndian.Uint16(got[42:]); mss != want {
					t.Errorf("clamp %v, %s: MSS %d, want %d", clamp, way.name, mss, want)
				}
			}
		})
	}
}
