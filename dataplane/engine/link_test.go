package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/impair"
)

// encodings are all there are.
func encodings() []dataplane.MPPE {
	all := []dataplane.MPPE{{}}
	for _, bits := range []int{40, 56, 128} {
		all = append(all, dataplane.MPPE{Bits: bits, Stateless: true}, dataplane.MPPE{Bits: bits})
	}
	return all
}

func encodingName(m dataplane.MPPE) string {
	switch {
	case m.Bits == 0:
		return "none"
	case m.Stateless:
		return fmt.Sprintf("%d stateless", m.Bits)
	}
	return fmt.Sprintf("%d stateful", m.Bits)
}

// paths are what may happen on the outer path, and what must arrive of 600
// packets in each direction.
var paths = []struct {
	name string
	impair.Rates
	atLeast int
}{
	{"clean", impair.Rates{}, 300},
	{"duplicates", impair.Rates{Duplicate: 0.2}, 300},
	// The last packet may still be held back, and the first may come second.
	{"reordered", impair.Rates{Reorder: 0.2}, 298},
	{"lossy", impair.Rates{Loss: 0.05}, 260},
	{"all of it", impair.Rates{Loss: 0.05, Duplicate: 0.1, Reorder: 0.1}, 250},
}

// pumpResets answers Reset-Requests, as the two sessions would by CCP.
func (l *link) pumpResets(seen *[2]int) {
	for i, pair := range [2][2]end{{l.server, l.client}, {l.client, l.server}} {
		if n := pair[0].events.resetsSeen(); n > seen[i] {
			seen[i] = n
			pair[1].tunnel.FlushTransmit()
		}
	}
}

// Every encoding over every path, both directions at once: what arrives is
// whole, comes once, and nearly everything that was not lost arrives.
func TestLink(t *testing.T) {
	const packets = 300
	for _, m := range encodings() {
		for _, path := range paths {
			t.Run(encodingName(m)+"/"+path.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := newLink(t, dataplane.ForwardSpec{RequireEncryption: m.Bits != 0})
					defer l.close()
					if m.Bits != 0 {
						l.arm(t, m.Bits, m.Stateless)
					}
					l.network.Impair(outerClient, outerServer, impair.New(uint64(m.Bits)+7, path.Rates))
					l.network.Impair(outerServer, outerClient, impair.New(uint64(m.Bits)+8, path.Rates))
					var answered [2]int
					for n := range uint32(packets) {
						size := 40 + int(n*37)%1360
						l.client.tun.Inject(udp(innerClient, innerServer, n, size))
						l.server.tun.Inject(udp(innerServer, innerClient, n, size))
						synctest.Wait()
						l.pumpResets(&answered)
						time.Sleep(25 * time.Millisecond) // virtual
					}
					time.Sleep(time.Second)
					atLeast := path.atLeast
					if m.Bits != 0 && !m.Stateless && path.Loss > 0 {
						// Every loss costs what is under way until a flushed packet comes.
						atLeast = 150
					}
					for name, e := range map[string]end{"server": l.server, "client": l.client} {
						from, to := innerClient, innerServer
						if name == "client" {
							from, to = to, from
						}
						seen := make(map[uint32]bool)
						for _, p := range e.tun.Received() {
							n := numberOf(p)
							if want := udp(from, to, n, 40+int(n*37)%1360); !bytes.Equal(p, want) {
								t.Fatalf("%s: packet %d damaged\n got %x\nwant %x", name, n, p, want)
							}
							if seen[n] {
								t.Errorf("%s: packet %d came twice", name, n)
							}
							seen[n] = true
						}
						if len(seen) < atLeast {
							t.Errorf("%s: %d of %d packets arrived, want %d: %+v", name, len(seen), packets, atLeast, e.tunnel.Counters())
						}
						if got := e.tunnel.Counters().RxPackets; got != uint64(len(seen)) {
							t.Errorf("%s: RxPackets = %d, want %d", name, got, len(seen))
						}
						if faults := e.events.faultsSeen(); len(faults) != 0 {
							t.Errorf("%s: faults %v", name, faults)
						}
					}
				})
			})
		}
	}
}

func TestLinkCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		start := time.Now()
		time.Sleep(time.Minute)
		for n := range uint32(3) {
			l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
		}
		synctest.Wait()
		at := time.Now()
		time.Sleep(time.Minute)
		got, sent := l.server.tunnel.Counters(), l.client.tunnel.Counters()
		if !got.LastActivity.Equal(at) || !sent.LastActivity.Equal(at) {
			t.Errorf("LastActivity = %v and %v, want a minute after %v", got.LastActivity, sent.LastActivity, start)
		}
		got.LastActivity, sent.LastActivity = time.Time{}, time.Time{}
		none := map[dataplane.DropReason]uint64{}
		if diff := cmp.Diff(dataplane.Counters{RxPackets: 3, RxOctets: 300, RxFrames: 3, Drops: none}, got); diff != "" {
			t.Errorf("server (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(dataplane.Counters{TxPackets: 3, TxOctets: 300, Drops: none}, sent); diff != "" {
			t.Errorf("client (-want +got):\n%s", diff)
		}
	})
}

// Broadcast and multicast pass but are no activity.
func TestLinkChatterIsNoActivity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		ssdp := udp(innerClient, innerServer, 1, 60)
		copy(ssdp[16:], []byte{239, 255, 255, 250})
		ipv4(ssdp).setChecksum()
		// From the client's side only a packet for its peer finds the tunnel.
		l.network.Inject(l.client.tunnel.appendIPForTest(ssdp), outerClient, outerServer)
		synctest.Wait()
		c := l.server.tunnel.Counters()
		if c.RxPackets != 1 || !c.LastActivity.IsZero() {
			t.Errorf("RxPackets = %d, LastActivity = %v, want 1 and none", c.RxPackets, c.LastActivity)
		}
	})
}

// appendIPForTest makes the GRE packet that carries p.
func (t *Tunnel) appendIPForTest(p []byte) []byte {
	framed := binary.BigEndian.AppendUint16(nil, protoIPv4)
	b, _ := t.appendIP(nil, t.terms.Load(), append(framed, p...), time.Now())
	return b
}

func TestLinkControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		frames := [][]byte{{0xc0, 0x21, 1, 1, 0, 4}, {0x80, 0xfd, 14, 1, 0, 4}, {0xc2, 0x23}}
		for _, f := range frames {
			if err := l.client.tunnel.SendControl(f); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if diff := cmp.Diff(frames, l.server.events.control()); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
		if err := l.client.tunnel.SendControl([]byte{0xc0}); err == nil {
			t.Error("a frame of one octet was sent")
		}
		if err := l.client.tunnel.SendControl(make([]byte, 65536)); err == nil {
			t.Error("a frame of 65536 octets was sent")
		}
	})
}

// Control frames stay in order and in clear text when MPPE is armed.
func TestLinkControlBesideMPPE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{RequireEncryption: true})
		defer l.close()
		l.arm(t, 128, true)
		for n := range uint32(50) {
			l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
			synctest.Wait()
			if err := l.client.tunnel.SendControl([]byte{0xc0, 0x21, byte(n)}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		var got []byte
		for _, f := range l.server.events.control() {
			got = append(got, f[2])
		}
		if !slices.IsSorted(got) || len(got) != 50 {
			t.Errorf("control frames = %v", got)
		}
		if n := len(l.server.tun.Received()); n != 50 {
			t.Errorf("%d packets, want 50", n)
		}
	})
}

// The peer's data is acknowledged once, after a moment, though we send nothing;
// a packet that only acknowledges is not acknowledged itself.
func TestLinkDelayedAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		var packets [][]byte
		record := func(p []byte) [][]byte {
			packets = append(packets, bytes.Clone(p))
			return [][]byte{bytes.Clone(p)}
		}
		l.network.Impair(outerClient, outerServer, record)
		l.network.Impair(outerServer, outerClient, record)
		for n := range uint32(3) {
			l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want := []byte{0x20, 0x81, 0x88, 0x0b, 0, 0, 0, clientCall, 0, 0, 0, 2}
		if len(packets) != 4 || !bytes.Equal(packets[3], want) {
			t.Errorf("%d packets, last %x, want 4 and %x", len(packets), packets[len(packets)-1], want)
		}
	})
}

// ACFC and PFC shorten what is sent and change nothing for the receiver.
func TestLinkCompressedFraming(t *testing.T) {
	for _, tt := range []struct {
		acfc, pfc bool
		bits      int
		want      []byte
	}{
		{false, false, 0, []byte{0xff, 0x03, 0x00, 0x21, 0x45}},
		{true, false, 0, []byte{0x00, 0x21, 0x45}},
		{false, true, 0, []byte{0xff, 0x03, 0x21, 0x45}},
		{true, true, 0, []byte{0x21, 0x45}},
		{true, true, 128, []byte{0xfd, 0x90, 0x00}},
		{false, false, 128, []byte{0xff, 0x03, 0x00, 0xfd, 0x90, 0x00}},
	} {
		t.Run(fmt.Sprintf("acfc %v pfc %v bits %d", tt.acfc, tt.pfc, tt.bits), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink(t, dataplane.ForwardSpec{ACFC: tt.acfc, PFC: tt.pfc})
				defer l.close()
				if tt.bits != 0 {
					l.arm(t, tt.bits, true)
				}
				var first []byte
				l.network.Impair(outerClient, outerServer, func(p []byte) [][]byte {
					if first == nil {
						first = bytes.Clone(p)
					}
					return [][]byte{bytes.Clone(p)}
				})
				l.client.tun.Inject(udp(innerClient, innerServer, 1, 100))
				synctest.Wait()
				if got := first[12:]; !bytes.HasPrefix(got, tt.want) {
					t.Errorf("frame = %x, want it to begin with %x", got, tt.want)
				}
				if got := len(l.server.tun.Received()); got != 1 {
					t.Errorf("%d packets arrived, want 1", got)
				}
			})
		})
	}
}
