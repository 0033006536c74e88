package netif_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/netif/netiftest"
	"github.com/pptpac/pptpac/dataplane/tun"
)

var (
	local  = netip.MustParseAddr("10.5.17.254")
	second = netip.MustParseAddr("10.5.17.253")
	remote = netip.MustParsePrefix("10.9.0.7/32")
	pool   = netip.MustParsePrefix("10.5.17.0/26")
)

const altName = "Tunnel_To_HomeOffice"

// withDevice runs f with a TUN device in a namespace of its own.
func withDevice(t *testing.T, f func(h *netif.Handle) error) {
	t.Helper()
	netiftest.New(t).Do(t, func() error {
		dev, err := tun.Open("pptp0")
		if err != nil {
			return err
		}
		defer dev.Close()
		h, err := netif.Open()
		if err != nil {
			return err
		}
		defer h.Close()
		return f(h)
	})
}

// routes lists what pptpac set.
func routes() ([]string, error) {
	list, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Protocol: netif.RouteProtocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range list {
		out = append(out, fmt.Sprintf("%s src %s", r.Dst, r.Src))
	}
	return out, nil
}

func wantRoutes(want ...string) error {
	got, err := routes()
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("routes (-want +got):\n%s", diff)
	}
	return nil
}

func TestIntegrationConfigure(t *testing.T) {
	withDevice(t, func(h *netif.Handle) error {
		err := h.Configure("pptp0", netif.Config{
			AltName: altName, MTU: 1396, Addresses: []netip.Addr{local}, Routes: []netip.Prefix{pool},
		})
		if err != nil {
			return err
		}
		link, err := netlink.LinkByAlias(altName)
		if err != nil {
			// An alternative name is found as a name.
			link, err = netlink.LinkByName(altName)
		}
		if err != nil {
			return fmt.Errorf("by alternative name: %w", err)
		}
		attrs := link.Attrs()
		if attrs.Name != "pptp0" || attrs.MTU != 1396 || attrs.Flags&1 == 0 {
			return fmt.Errorf("link = %s mtu %d flags %s, want pptp0, 1396, up", attrs.Name, attrs.MTU, attrs.Flags)
		}
		addrs, err := netlink.AddrList(link, netlink.FAMILY_V4)
		if err != nil {
			return err
		}
		if len(addrs) != 1 || addrs[0].IPNet.String() != "10.5.17.254/32" {
			return fmt.Errorf("addresses = %v, want 10.5.17.254/32", addrs)
		}
		return wantRoutes("10.5.17.0/26 src <nil>")
	})
}

func TestIntegrationHostRoute(t *testing.T) {
	withDevice(t, func(h *netif.Handle) error {
		if err := h.Configure("pptp0", netif.Config{MTU: 1400, Addresses: []netip.Addr{local}}); err != nil {
			return err
		}
		if err := h.AddRoute("pptp0", remote, local); err != nil {
			return err
		}
		if err := wantRoutes("10.9.0.7/32 src 10.5.17.254"); err != nil {
			return err
		}
		if err := h.AddRoute("pptp0", remote, local); !errors.Is(err, netif.ErrExists) {
			return fmt.Errorf("second AddRoute = %v, want ErrExists", err)
		}
		if err := h.DelRoute("pptp0", remote); err != nil {
			return err
		}
		if err := wantRoutes(); err != nil {
			return err
		}
		if err := h.DelRoute("pptp0", remote); !errors.Is(err, netif.ErrNotFound) {
			return fmt.Errorf("second DelRoute = %v, want ErrNotFound", err)
		}
		return nil
	})
}

// A route that somebody else set is not ours to remove.
func TestIntegrationDelRouteLeavesForeignRoute(t *testing.T) {
	withDevice(t, func(h *netif.Handle) error {
		if err := h.Configure("pptp0", netif.Config{MTU: 1400}); err != nil {
			return err
		}
		link, err := netlink.LinkByName("pptp0")
		if err != nil {
			return err
		}
		dst, err := netlink.ParseIPNet(remote.String())
		if err != nil {
			return err
		}
		foreign := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst, Scope: netlink.SCOPE_LINK, Protocol: 4}
		if err := netlink.RouteAdd(foreign); err != nil {
			return err
		}
		if err := h.DelRoute("pptp0", remote); !errors.Is(err, netif.ErrNotFound) {
			return fmt.Errorf("DelRoute of a static route = %v, want ErrNotFound", err)
		}
		return nil
	})
}

func TestIntegrationAddress(t *testing.T) {
	withDevice(t, func(h *netif.Handle) error {
		if err := h.AddAddress("pptp0", second); err != nil {
			return err
		}
		if err := h.AddAddress("pptp0", second); !errors.Is(err, netif.ErrExists) {
			return fmt.Errorf("second AddAddress = %v, want ErrExists", err)
		}
		if err := h.DelAddress("pptp0", second); err != nil {
			return err
		}
		if err := h.DelAddress("pptp0", second); !errors.Is(err, netif.ErrNotFound) {
			return fmt.Errorf("second DelAddress = %v, want ErrNotFound", err)
		}
		return nil
	})
}

func TestIntegrationSetMTU(t *testing.T) {
	withDevice(t, func(h *netif.Handle) error {
		if err := h.SetMTU("pptp0", 1396); err != nil {
			return err
		}
		link, err := netlink.LinkByName("pptp0")
		if err != nil {
			return err
		}
		if got := link.Attrs().MTU; got != 1396 {
			return fmt.Errorf("MTU %d, want 1396", got)
		}
		return nil
	})
}

func TestIntegrationNoSuchInterface(t *testing.T) {
	withDevice(t, func(h *netif.Handle) error {
		if err := h.Configure("absent0", netif.Config{MTU: 1400}); !errors.Is(err, netif.ErrNotFound) {
			return fmt.Errorf("Configure = %v, want ErrNotFound", err)
		}
		return nil
	})
}

func TestIntegrationForwardingEnabled(t *testing.T) {
	ns := netiftest.New(t)
	for _, want := range []bool{true, false} {
		value := map[bool]string{true: "1", false: "0"}[want]
		ns.SetSysctl(t, "net/ipv4/ip_forward", value)
		ns.Do(t, func() error {
			got, err := netif.ForwardingEnabled()
			if err == nil && got != want {
				err = fmt.Errorf("ForwardingEnabled = %v, want %v", got, want)
			}
			return err
		})
	}
}
