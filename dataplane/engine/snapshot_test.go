package engine

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/dataplane"
)

// The server is replaced by a successor in the middle of traffic both ways: the
// client notices nothing.
func TestSnapshotMidTraffic(t *testing.T) {
	for _, m := range encodings() {
		t.Run(encodingName(m), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := dataplane.ForwardSpec{RequireEncryption: m.Bits != 0}
				l := newLink(t, f)
				defer l.client.close()
				if m.Bits != 0 {
					l.arm(t, m.Bits, m.Stateless)
				}
				exchange := func(server end, from, to uint32) {
					t.Helper()
					for n := from; n < to; n++ {
						l.client.tun.Inject(udp(innerClient, innerServer, n, 100))
						server.tun.Inject(udp(innerServer, innerClient, n, 100))
						synctest.Wait()
						if n%7 == 0 {
							time.Sleep(time.Millisecond)
						}
					}
					for name, e := range map[string]end{"server": server, "client": l.client} {
						var got, want []uint32
						for _, p := range e.tun.Received() {
							got = append(got, numberOf(p))
						}
						for n := from; n < to; n++ {
							want = append(want, n)
						}
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("%s, packets %d to %d (-want +got):\n%s", name, from, to-1, diff)
						}
					}
				}
				// Past a flag packet, and over the wrap of the coherency count below.
				exchange(l.server, 0, 300)
				before := l.server.tunnel.Counters()
				snap, err := l.server.tunnel.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				l.server.close()

				f.MTU = 1400
				// The successor does not know the peer's call id but from the snapshot.
				successor := newEnd(t, l.network, f, outerServer, outerClient, serverCall, 999, innerServer, innerClient)
				defer successor.close()
				if err := successor.tunnel.Restore(snap); err != nil {
					t.Fatal(err)
				}
				after := successor.tunnel.Counters()
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("counters (-before +after):\n%s", diff)
				}
				exchange(successor, 300, 2300)
				exchange(successor, 2300, 4500)
				for name, e := range map[string]end{"server": successor, "client": l.client} {
					c := e.tunnel.Counters()
					if c.MPPEResets != 0 || c.Lost != 0 || c.Duplicates != 0 || len(c.Drops) != 0 {
						t.Errorf("%s: %+v", name, c)
					}
				}
			})
		})
	}
}

func TestRestoreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		tunnel, _ := h.open(call(1))
		good, err := tunnel.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for name, snap := range map[string]dataplane.Snapshot{
			"none":            {},
			"another version": {Version: snapshotVersion + 1, Data: good.Data},
			"no JSON":         {Version: snapshotVersion, Data: []byte("{")},
			"empty object":    {Version: snapshotVersion, Data: []byte("{}")},
			"MPPE of 64 bits": {Version: snapshotVersion, Data: append(good.Data[:len(good.Data)-1:len(good.Data)-1],
				[]byte(`,"receive":{"version":1,"bits":64}}`)...)},
		} {
			if err := tunnel.Restore(snap); err == nil || errors.Is(err, dataplane.ErrClosed) {
				t.Errorf("%s: Restore = %v", name, err)
			}
		}
		if err := tunnel.Restore(good); err != nil {
			t.Errorf("Restore of its own snapshot = %v", err)
		}
		for n := range good.Data {
			if err := tunnel.Restore(dataplane.Snapshot{Version: snapshotVersion, Data: good.Data[:n]}); err == nil {
				t.Fatalf("Restore of %d octets of %d succeeded", n, len(good.Data))
			}
		}
	})
}
