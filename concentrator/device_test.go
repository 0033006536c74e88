package concentrator

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// Devices per session come and go with it, and their names with them.
func TestDevicePerSession(t *testing.T) {
	b := startServer(t, func(c *Config) { c.Dynamic.InterfacePerSession = true })
	names := func() (list []string) {
		for name := range b.wire.Left.Devices() {
			list = append(list, name)
		}
		slices.Sort(list)
		return list
	}
	one := b.dialHeld(b.client(nil))
	two := b.dialHeld(b.client(nil))
	if got, want := names(), []string{"pptpac0", "pptpac1"}; !slices.Equal(got, want) {
		t.Errorf("devices %v, want %v", got, want)
	}
	one.Close()
	b.ended(1)
	b.eventually("the device to go", func() bool { return slices.Equal(names(), []string{"pptpac1"}) })
	b.dialHeld(b.client(nil))
	if got, want := names(), []string{"pptpac0", "pptpac1"}; !slices.Equal(got, want) {
		t.Errorf("devices %v, want %v", got, want)
	}
	two.Close()
	failure := errors.New("no /dev/net/tun")
	b.plane.openDevice.Store(&failure)
	_ = b.dialError(b.client(nil))
	b.eventually("the refusal", func() bool { return b.server.Totals().Ended[CauseDataPlane] == 1 })
	b.eventually("the address", func() bool { return b.pools.leased() == 1 })
}

func TestDeviceNames(t *testing.T) {
	var n deviceNames
	if a, b := n.take("dial-in-users-42"), n.take("dial-in-users-42"); a != "dial-in-users-0" || b != "dial-in-users-1" {
		t.Errorf("names %q, %q", a, b)
	}
	for range 100 {
		if name := n.take("a-name-too-long"); len(name) > deviceNameMax {
			t.Fatalf("%q has %d octets", name, len(name))
		}
	}
}

// A range of local addresses gives each session one, and refuses when it is
// used up.
func TestLocalAddressRange(t *testing.T) {
	b := startServer(t, func(c *Config) { c.Dynamic.LocalPool = "tiny" })
	locals := map[netip.Addr]bool{}
	for range 2 {
		_, up := b.dial(b.client(nil))
		locals[up.Remote] = true
	}
	if len(locals) != 2 {
		t.Errorf("local addresses %v, want two", locals)
	}
	_ = b.dialError(b.client(nil))
	if e := b.ended(1); e.Cause != CausePoolExhausted || !strings.Contains(e.Reason, "local-address") {
		t.Errorf("ended with %s: %q", e.Cause, e.Reason)
	}
	b.eventually("the third's remote address", func() bool { return b.pools.leased() == 4 })
}
