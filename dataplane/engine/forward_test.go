package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/rawsock/rawsocktest"
	"github.com/pptpac/pptpac/dataplane/tun"
	"github.com/pptpac/pptpac/dataplane/tun/tuntest"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// inBubble runs f with one engine on a network of its own.
func inBubble(t *testing.T, f func(t *testing.T, h *host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, rawsocktest.NewNetwork(), outerServer)
		defer h.close()
		f(t, h)
	})
}

func call(id uint16) dataplane.Spec {
	return dataplane.Spec{Local: outerServer, Peer: outerClient, LocalCallID: id, PeerCallID: 7}
}

func forwardSpec(local, remote string, routes ...string) dataplane.ForwardSpec {
	return dataplane.ForwardSpec{Local: addr(local), Remote: addr(remote), Routes: prefixes(routes...), MTU: 1400}
}

// The kernel has exactly the routes and addresses that the terms in force need
// and the device does not have, at every step, and none at the end.
func TestForwardKernelState(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		d := h.device(dataplane.DeviceSpec{
			Name: "pptp0", AltName: "pptp-dynamic-server", MTU: 1460, Shared: true,
			Local: []netip.Addr{innerServer}, Routes: prefixes("10.5.17.0/26"),
		})
		want := netif.Config{AltName: "pptp-dynamic-server", MTU: 1460, Addresses: []netip.Addr{innerServer}, Routes: prefixes("10.5.17.0/26")}
		if diff := cmp.Diff(want, h.net.config["pptp0"], cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
			cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("device (-want +got):\n%s", diff)
		}
		a, _ := h.open(call(1))
		b, _ := h.open(call(2))
		steps := []struct {
			name string
			do   func() error
			want []string
		}{
			{"bind", func() error { return errors.Join(a.Bind(d), b.Bind(d)) }, nil},
			{"covered by the device", func() error { return a.Forward(forwardSpec("10.5.17.254", "10.5.17.1")) }, nil},
			{"outside", func() error { return a.Forward(forwardSpec("10.5.17.254", "10.9.0.1")) },
				[]string{"route pptp0 10.9.0.1/32"}},
			{"the same again", func() error { return a.Forward(forwardSpec("10.5.17.254", "10.9.0.1")) },
				[]string{"route pptp0 10.9.0.1/32"}},
			{"another address", func() error { return a.Forward(forwardSpec("10.5.17.254", "10.9.0.2")) },
				[]string{"route pptp0 10.9.0.2/32"}},
			{"with a network behind it", func() error {
				return a.Forward(forwardSpec("10.5.17.254", "10.9.0.2", "10.20.0.0/16", "10.5.17.32/30"))
			},
				[]string{"route pptp0 10.20.0.0/16", "route pptp0 10.9.0.2/32"}},
			{"default route is not ours to set", func() error { return a.Forward(forwardSpec("10.5.17.254", "10.5.17.1", "0.0.0.0/0")) }, nil},
			{"a local address of its own", func() error { return a.Forward(forwardSpec("10.8.0.1", "10.9.0.2")) },
				[]string{"address pptp0 10.8.0.1", "route pptp0 10.9.0.2/32"}},
			{"shared with a second session", func() error { return b.Forward(forwardSpec("10.8.0.1", "10.5.17.2")) },
				[]string{"address pptp0 10.8.0.1", "route pptp0 10.9.0.2/32"}},
			{"the first stops", func() error { a.StopForwarding(); return nil }, []string{"address pptp0 10.8.0.1"}},
			{"stops twice", func() error { a.StopForwarding(); return nil }, []string{"address pptp0 10.8.0.1"}},
			{"the second moves", func() error { return b.Forward(forwardSpec("10.8.0.2", "10.9.0.3")) },
				[]string{"address pptp0 10.8.0.2", "route pptp0 10.9.0.3/32"}},
			{"the second closes", b.Close, nil},
			{"closes twice", b.Close, nil},
		}
		for _, step := range steps {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if diff := cmp.Diff(append([]string{}, step.want...), h.net.list()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	})
}

// What is refused changes nothing.
func TestForwardRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		d := h.device(dataplane.DeviceSpec{Name: "pptp0", Shared: true})
		a, _ := h.open(call(1))
		b, _ := h.open(call(2))
		if err := a.Forward(forwardSpec("10.0.0.1", "10.0.0.2")); err == nil {
			t.Error("Forward without a device succeeded")
		}
		if err := errors.Join(a.Bind(d), b.Bind(d), a.Forward(forwardSpec("10.0.0.1", "10.0.0.2", "10.1.0.0/16"))); err != nil {
			t.Fatal(err)
		}
		before := h.net.list()
		tests := []struct {
			name string
			spec dataplane.ForwardSpec
		}{
			{"address of another session", forwardSpec("10.0.0.1", "10.0.0.2")},
			{"network of another session", forwardSpec("10.0.0.1", "10.0.0.3", "10.1.0.0/16")},
			{"no addresses", dataplane.ForwardSpec{MTU: 1400}},
			{"IPv6", forwardSpec("2001:db8::1", "2001:db8::2")},
			{"IPv6 route", forwardSpec("10.0.0.1", "10.0.0.3", "2001:db8::/64")},
			{"no MTU", dataplane.ForwardSpec{Local: addr("10.0.0.1"), Remote: addr("10.0.0.3")}},
			{"MTU below 68", dataplane.ForwardSpec{Local: addr("10.0.0.1"), Remote: addr("10.0.0.3"), MTU: 67}},
		}
		for _, tt := range tests {
			if err := b.Forward(tt.spec); err == nil {
				t.Errorf("%s: accepted", tt.name)
			}
		}
		h.net.refuse = netif.ErrExists
		if err := b.Forward(forwardSpec("10.0.0.9", "10.0.0.8")); !errors.Is(err, netif.ErrExists) {
			t.Errorf("Forward with a route that exists = %v, want ErrExists", err)
		}
		h.net.refuse = nil
		if diff := cmp.Diff(before, h.net.list()); diff != "" {
			t.Errorf("kernel state (-want +got):\n%s", diff)
		}
		if got := d.(*device).table.lookup([4]byte{10, 0, 0, 8}); got != nil {
			t.Error("the refused address stayed in the table")
		}
		other := h.device(dataplane.DeviceSpec{Name: "pptp1", Shared: true})
		if err := a.Bind(other); err == nil {
			t.Error("the device was changed while IP passes")
		}
	})
}

// A device of one session takes all that is routed to it, multicast too, and
// takes one session.
func TestDeviceOfOneSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rawsocktest.NewNetwork()
		s, c := newHost(t, network, outerServer), newHost(t, network, outerClient)
		defer s.close()
		defer c.close()
		sd, cd := s.device(dataplane.DeviceSpec{Name: "pptp-a"}), c.device(dataplane.DeviceSpec{Name: "pptp0"})
		st, _ := s.open(dataplane.Spec{Local: outerServer, Peer: outerClient, LocalCallID: 1, PeerCallID: 2})
		ct, _ := c.open(dataplane.Spec{Local: outerClient, Peer: outerServer, LocalCallID: 2, PeerCallID: 1})
		second, _ := s.open(dataplane.Spec{Local: outerServer, Peer: outerClient, LocalCallID: 3, PeerCallID: 4})
		err := errors.Join(
			st.Bind(sd), st.Forward(forwardSpec("10.5.17.254", "10.5.17.1")),
			ct.Bind(cd), ct.Forward(forwardSpec("10.5.17.1", "10.5.17.254")),
		)
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Bind(sd); err == nil {
			t.Error("a second session was bound")
		}
		for _, dst := range []string{"10.5.17.1", "192.168.7.7", "224.0.0.5"} {
			s.tuns["pptp-a"].Inject(udp(innerServer, addr(dst), 1, 60))
		}
		synctest.Wait()
		if got := len(c.tuns["pptp0"].Received()); got != 3 {
			t.Errorf("%d packets arrived, want 3", got)
		}
		if err := errors.Join(st.Close(), second.Bind(sd)); err != nil {
			t.Errorf("the device was not given back: %v", err)
		}
	})
}

// The routes of a device change under its sessions, which always have one.
func TestSetRoutes(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		d := h.device(dataplane.DeviceSpec{Name: "pptp0", Shared: true, Local: []netip.Addr{innerServer}, Routes: prefixes("10.5.17.0/26")})
		// The fake does not keep what the device was opened with.
		if err := h.net.AddRoute("pptp0", netip.MustParsePrefix("10.5.17.0/26"), netip.Addr{}); err != nil {
			t.Fatal(err)
		}
		a, _ := h.open(call(1))
		b, _ := h.open(call(2))
		err := errors.Join(a.Bind(d), b.Bind(d),
			a.Forward(forwardSpec("10.5.17.254", "10.5.17.1")), b.Forward(forwardSpec("10.5.17.254", "10.9.0.2")))
		if err != nil {
			t.Fatal(err)
		}
		steps := []struct {
			name   string
			routes []netip.Prefix
			want   []string
		}{
			{"one more", prefixes("10.5.17.0/26", "10.6.0.0/24"), []string{"10.5.17.0/26", "10.6.0.0/24", "10.9.0.2/32"}},
			{"one that covers b", prefixes("10.5.17.0/26", "10.9.0.0/16"), []string{"10.5.17.0/26", "10.9.0.0/16"}},
			{"none", nil, []string{"10.5.17.1/32", "10.9.0.2/32"}},
			{"b's own becomes the device's", prefixes("10.9.0.2/32"), []string{"10.5.17.1/32", "10.9.0.2/32"}},
			{"and b's again", nil, []string{"10.5.17.1/32", "10.9.0.2/32"}},
			{"as before", prefixes("10.5.17.0/26"), []string{"10.5.17.0/26", "10.9.0.2/32"}},
		}
		for _, step := range steps {
			if err := d.SetRoutes(step.routes); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			var want []string
			for _, r := range step.want {
				want = append(want, "route pptp0 "+r)
			}
			if diff := cmp.Diff(want, h.net.list()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
		// What cannot be had leaves everything as it was.
		h.net.refuse = errors.New("refused")
		if err := d.SetRoutes(prefixes("10.5.17.0/26", "10.7.0.0/24")); !errors.Is(err, h.net.refuse) {
			t.Errorf("refused route: error %v", err)
		}
		h.net.refuse = nil
		if err := errors.Join(a.Close(), b.Close()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"route pptp0 10.5.17.0/26"}, h.net.list()); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
	})
}

// A device of one session has the session's MTU, a shared one its own.
func TestDeviceTakesTheMTUOfItsSession(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		for _, shared := range []bool{false, true} {
			name := fmt.Sprintf("pptp-%v", shared)
			d := h.device(dataplane.DeviceSpec{Name: name, MTU: 1456, Shared: shared})
			tunnel, _ := h.open(call(uint16(len(name))))
			terms := forwardSpec("10.5.17.254", "10.5.17.1")
			terms.MTU = 1396
			if err := errors.Join(tunnel.Bind(d), tunnel.Forward(terms)); err != nil {
				t.Fatal(err)
			}
			want := 1396
			if shared {
				want = 1456
			}
			if got := h.net.mtu(name); got != want {
				t.Errorf("shared %v: MTU %d, want %d", shared, got, want)
			}
			if err := tunnel.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// On a shared device the destination chooses the session.
func TestSharedDevice(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		d := h.device(dataplane.DeviceSpec{Name: "pptp0", Shared: true})
		var tunnels []*Tunnel
		for i, remote := range []string{"10.5.17.1", "10.5.17.2"} {
			tunnel, _ := h.open(call(uint16(i)))
			if err := errors.Join(tunnel.Bind(d), tunnel.Forward(forwardSpec("10.5.17.254", remote))); err != nil {
				t.Fatal(err)
			}
			tunnels = append(tunnels, tunnel)
		}
		in := h.tuns["pptp0"]
		in.Inject(udp(innerServer, addr("10.5.17.1"), 1, 60))
		in.Inject(udp(innerServer, addr("10.5.17.2"), 1, 60))
		in.Inject(udp(innerServer, addr("10.5.17.2"), 1, 60))
		in.Inject(udp(innerServer, addr("10.5.17.3"), 1, 60))
		in.Inject(udp(innerServer, addr("224.0.0.1"), 1, 60))
		in.Inject([]byte{0x60, 0, 0, 0, 0, 0, 0x3a, 0xff})
		in.Inject([]byte{0x45, 0, 0})
		synctest.Wait()
		for i, want := range []uint64{1, 2} {
			if got := tunnels[i].Counters().TxPackets; got != want {
				t.Errorf("session %d: TxPackets = %d, want %d", i, got, want)
			}
		}
		want := map[dataplane.DropReason]uint64{
			dataplane.DropNoDestination: 2, dataplane.DropInnerProtocol: 1, dataplane.DropMalformed: 1,
		}
		if diff := cmp.Diff(want, h.engine.Counters().Drops); diff != "" {
			t.Errorf("drops (-want +got):\n%s", diff)
		}
	})
}

func TestOpenDeviceRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		for name, spec := range map[string]dataplane.DeviceSpec{
			"name of 16 octets": {Name: "sixteen-chars-xx", MTU: 1400},
			"no name":           {MTU: 1400},
			"no MTU":            {Name: "pptp0"},
		} {
			if _, err := h.engine.OpenDevice(spec); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		if len(h.tuns) != 0 {
			t.Errorf("%d TUN devices were made", len(h.tuns))
		}
	})
}

// A session whose device is closed goes on as a call; its IP is dropped.
func TestDeviceClosedUnderSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, dataplane.ForwardSpec{})
		defer l.close()
		if err := errors.Join(l.server.tunnel.device.Close(), l.server.tunnel.device.Close()); err != nil {
			t.Fatal(err)
		}
		l.client.tun.Inject(udp(innerClient, innerServer, 1, 60))
		synctest.Wait()
		if got := l.server.tunnel.Counters().Drops[dataplane.DropSendFailed]; got != 1 {
			t.Errorf("send-failed = %d, want 1", got)
		}
		if faults := l.server.events.faultsSeen(); len(faults) != 0 {
			t.Errorf("faults %v", faults)
		}
	})
}

// goneDevice is a TUN device whose interface somebody has removed.
type goneDevice struct{ *tuntest.Device }

func (d goneDevice) Read([]byte) (int, error) {
	return 0, tun.ErrGone
}

func TestDeviceRemovedFromOutside(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		removed := make(chan struct{})
		h.engine.openTUN = func(name string) (tun.Device, error) {
			return waitingDevice{goneDevice{tuntest.New(name)}, removed}, nil
		}
		d := h.device(dataplane.DeviceSpec{Name: "pptp0", Shared: true})
		tunnel, events := h.open(call(1))
		if err := tunnel.Bind(d); err != nil {
			t.Fatal(err)
		}
		close(removed)
		synctest.Wait()
		if faults := events.faultsSeen(); len(faults) != 1 || !errors.Is(faults[0], tun.ErrGone) {
			t.Errorf("faults = %v, want ErrGone once", faults)
		}
	})
}

type waitingDevice struct {
	goneDevice
	removed <-chan struct{}
}

func (d waitingDevice) Read(b []byte) (int, error) {
	<-d.removed
	return d.goneDevice.Read(b)
}
