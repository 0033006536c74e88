package dataplane_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pptpac/pptpac/dataplane"
)

var (
	server = netip.MustParseAddr("192.0.2.1")
	client = netip.MustParseAddr("192.0.2.2")
	addrs  = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})
)

type recorder struct{ frames [][]byte }

func (r *recorder) ControlFrame(frame []byte) {
	r.frames = append(r.frames, append([]byte(nil), frame...))
}
func (r *recorder) ResetNeeded() {}
func (r *recorder) Fault(error)  {}

func openCall(t *testing.T, n *dataplane.Null, id uint16) (dataplane.Tunnel, *recorder) {
	t.Helper()
	r := &recorder{}
	tunnel, err := n.Open(dataplane.Spec{Local: server, Peer: client, LocalCallID: id, PeerCallID: 7}, r)
	if err != nil {
		t.Fatal(err)
	}
	return tunnel, r
}

func TestNullDeliver(t *testing.T) {
	frame := []byte{0xc0, 0x21, 1, 1, 0, 4}
	tests := []struct {
		name  string
		peer  netip.Addr
		id    uint16
		frame []byte
		drop  dataplane.DropReason // empty: delivered
	}{
		{"right call", client, 3, frame, ""},
		{"unknown call", client, 4, frame, dataplane.DropUnknownCall},
		{"wrong peer", server, 3, frame, dataplane.DropWrongPeer},
		{"no protocol", client, 3, frame[:1], dataplane.DropMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &dataplane.Null{}
			tunnel, r := openCall(t, n, 3)
			if got, want := n.Deliver(server, tt.peer, tt.id, tt.frame), tt.drop == ""; got != want {
				t.Fatalf("Deliver = %v, want %v", got, want)
			}
			if tt.drop != "" {
				if got := n.Counters().Drops[tt.drop]; got != 1 || len(r.frames) != 0 {
					t.Errorf("drops %s = %d with %d frames, want 1 with none", tt.drop, got, len(r.frames))
				}
				return
			}
			if diff := cmp.Diff([][]byte{frame}, r.frames); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
			if got := tunnel.Counters().RxFrames; got != 1 {
				t.Errorf("RxFrames = %d, want 1", got)
			}
		})
	}
}

func TestNullKeepsWhatWasSet(t *testing.T) {
	n := &dataplane.Null{}
	var sentTo uint16
	n.SendControl = func(call dataplane.Spec, _ []byte) { sentTo = call.PeerCallID }
	tunnel, _ := openCall(t, n, 3)
	device, err := n.OpenDevice(dataplane.DeviceSpec{Name: "pptp0"})
	if err != nil {
		t.Fatal(err)
	}
	key := dataplane.MPPE{Bits: 40, Stateless: true, StartKey: []byte("8 octets")}
	forward := dataplane.ForwardSpec{Local: server, Remote: client, MTU: 1396}
	for _, err := range []error{
		tunnel.Connect(9, 64), tunnel.Bind(device), tunnel.ArmReceive(key), tunnel.ArmTransmit(key),
		tunnel.Forward(forward), tunnel.SendControl([]byte{0xc0, 0x21}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	tunnel.FlushTransmit()
	if sentTo != 9 {
		t.Errorf("sent to call %d, want the one of Connect, 9", sentTo)
	}
	want := dataplane.NullState{
		Spec:   dataplane.Spec{Local: server, Peer: client, LocalCallID: 3, PeerCallID: 9, PeerWindow: 64},
		Device: "pptp0", Receive: &key, Transmit: &key, Forwarding: &forward, Flushes: 1,
	}
	_, got, ok := n.Lookup(server, 3)
	if diff := cmp.Diff(want, got, addrs); !ok || diff != "" {
		t.Errorf("state (-want +got), found %v:\n%s", ok, diff)
	}

	snap, err := tunnel.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	successor := &dataplane.Null{}
	restored, _ := openCall(t, successor, 3)
	if err := restored.Restore(snap); err != nil {
		t.Fatal(err)
	}
	want.Device, want.Forwarding = "", nil
	_, got, _ = successor.Lookup(server, 3)
	if diff := cmp.Diff(want, got, addrs); diff != "" {
		t.Errorf("restored state (-want +got):\n%s", diff)
	}

	tunnel.DisarmMPPE()
	tunnel.StopForwarding()
	_, got, _ = n.Lookup(server, 3)
	if got.Receive != nil || got.Transmit != nil || got.Forwarding != nil {
		t.Errorf("after DisarmMPPE and StopForwarding: %+v", got)
	}
}

func TestNullTraffic(t *testing.T) {
	n := &dataplane.Null{}
	tunnel, _ := openCall(t, n, 3)
	now := time.Unix(1000, 0)
	if n.Traffic(server, 3, 100, 0, now) {
		t.Error("traffic passed before Forward")
	}
	if err := tunnel.Forward(dataplane.ForwardSpec{}); err != nil {
		t.Fatal(err)
	}
	if !n.Traffic(server, 3, 100, 0, now) || !n.Traffic(server, 3, 50, 7, now.Add(time.Second)) {
		t.Fatal("no traffic after Forward")
	}
	want := dataplane.Counters{
		RxPackets: 2, RxOctets: 150, TxPackets: 1, TxOctets: 7,
		LastActivity: now.Add(time.Second), Drops: map[dataplane.DropReason]uint64{},
	}
	if diff := cmp.Diff(want, tunnel.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func TestNullClose(t *testing.T) {
	n := &dataplane.Null{}
	tunnel, _ := openCall(t, n, 3)
	if _, err := n.Open(dataplane.Spec{Local: server, LocalCallID: 3}, &recorder{}); err == nil {
		t.Error("a call id was given twice")
	}
	if err := tunnel.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tunnel.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if err := tunnel.SendControl([]byte{0xc0, 0x21}); !errors.Is(err, dataplane.ErrClosed) {
		t.Errorf("SendControl after Close = %v, want ErrClosed", err)
	}
	if got := n.Tunnels(); got != 0 {
		t.Errorf("Tunnels = %d, want 0", got)
	}
	again, _ := openCall(t, n, 3)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := again.Connect(1, 1); !errors.Is(err, dataplane.ErrClosed) {
		t.Errorf("Connect after the plane's Close = %v, want ErrClosed", err)
	}
	if _, err := n.OpenDevice(dataplane.DeviceSpec{Name: "x"}); !errors.Is(err, dataplane.ErrClosed) {
		t.Errorf("OpenDevice after Close = %v, want ErrClosed", err)
	}
}

func TestNullDevices(t *testing.T) {
	n := &dataplane.Null{}
	spec := dataplane.DeviceSpec{Name: "pptp0", MTU: 1400}
	device, err := n.OpenDevice(spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.OpenDevice(spec); err == nil {
		t.Error("a device name was given twice")
	}
	if diff := cmp.Diff(map[string]dataplane.DeviceSpec{"pptp0": spec}, n.Devices()); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	if err := device.Close(); err != nil {
		t.Fatal(err)
	}
	if got := n.Devices(); len(got) != 0 {
		t.Errorf("devices after Close = %v", got)
	}
}

func TestMPPEValidate(t *testing.T) {
	tests := []struct {
		name      string
		bits, key int
		ok        bool
	}{
		{"40", 40, 8, true}, {"56", 56, 8, true}, {"128", 128, 16, true},
		{"40 with 16 octets", 40, 16, false}, {"128 with 8 octets", 128, 8, false},
		{"no key", 128, 0, false}, {"64", 64, 8, false}, {"zero", 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := dataplane.MPPE{Bits: tt.bits, StartKey: make([]byte, tt.key)}.Validate()
			if (err == nil) != tt.ok {
				t.Errorf("Validate = %v, want ok %v", err, tt.ok)
			}
		})
	}
}
