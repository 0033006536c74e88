package nulltest_test

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/impair"
	"github.com/pptpac/pptpac/dataplane/nulltest"
)

var (
	left  = netip.MustParseAddr("192.0.2.1")
	right = netip.MustParseAddr("192.0.2.2")
)

type recorder struct{ got []byte } // last octet of every frame

func (r *recorder) ControlFrame(frame []byte) { r.got = append(r.got, frame[len(frame)-1]) }
func (r *recorder) ResetNeeded()              {}
func (r *recorder) Fault(error)               {}

func call(t *testing.T, n *dataplane.Null, local, peer netip.Addr, localID, peerID uint16) (dataplane.Tunnel, *recorder) {
	t.Helper()
	r := &recorder{}
	tunnel, err := n.Open(dataplane.Spec{Local: local, Peer: peer, LocalCallID: localID, PeerCallID: peerID}, r)
	if err != nil {
		t.Fatal(err)
	}
	return tunnel, r
}

func TestWire(t *testing.T) {
	tests := []struct {
		name string
		path impair.Func
		want []byte
	}{
		{"clean", nil, []byte{0, 1, 2, 3}},
		{"lost", impair.New(1, impair.Rates{Loss: 1}), nil},
		{"reordered", impair.New(1, impair.Rates{Reorder: 1}), []byte{1, 0, 3, 2}},
		{"duplicated", impair.New(1, impair.Rates{Duplicate: 1}), []byte{0, 0, 1, 1, 2, 2, 3, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := nulltest.NewWire()
				defer w.Close()
				w.Impair(nil, tt.path)
				sender, answers := call(t, w.Left, left, right, 10, 20)
				answerer, got := call(t, w.Right, right, left, 20, 10)
				_, other := call(t, w.Right, right, left, 21, 11)
				for i := range 4 {
					if err := sender.SendControl([]byte{0xc0, 0x21, byte(i)}); err != nil {
						t.Fatal(err)
					}
				}
				if err := answerer.SendControl([]byte{0xc0, 0x21, 99}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if diff := cmp.Diff(tt.want, got.got); diff != "" {
					t.Errorf("arrived (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff([]byte{99}, answers.got); diff != "" {
					t.Errorf("answers (-want +got):\n%s", diff)
				}
				if len(other.got) != 0 {
					t.Errorf("another call got %v", other.got)
				}
			})
		})
	}
}

func TestWireCloseClosesPlanes(t *testing.T) {
	w := nulltest.NewWire()
	tunnel, _ := call(t, w.Left, left, right, 1, 2)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if err := tunnel.SendControl([]byte{0xc0, 0x21}); err == nil {
		t.Error("SendControl after Close succeeded")
	}
}
