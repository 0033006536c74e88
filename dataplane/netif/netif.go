// Package netif sets up network interfaces: MTU, addresses, routes and
// alternative names, over netlink. It makes no devices and moves no packets.
package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// RouteProtocol marks the routes that pptpac sets (`ip route show proto 80`),
// so that an administrator, or a routing daemon, can tell them from others. It
// lies in the range that the kernel leaves to routing daemons and is taken by
// none of those listed in iproute2.
const RouteProtocol = 80

// ErrExists is returned when an address or a route is there already, set by
// somebody else.
var ErrExists = errors.New("netif: exists already")

// ErrNotFound is returned when an interface, an address or a route is not
// there.
var ErrNotFound = errors.New("netif: not found")

// Config is what an interface gets before its first packet.
type Config struct {
	AltName   string // alternative name; may be empty
	MTU       int    // octets of IP
	Addresses []netip.Addr
	Routes    []netip.Prefix
}

// Handle configures the interfaces of one network namespace. Its methods may
// be called from several goroutines at once; they block while the kernel works.
type Handle struct {
	nl *netlink.Handle
}

// Open returns a Handle for the network namespace of the calling thread.
func Open() (*Handle, error) {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	return &Handle{nl: nl}, nil
}

// Close gives the netlink socket back. The Handle is of no further use.
func (h *Handle) Close() error {
	h.nl.Close()
	return nil
}

// Configure sets MTU, alternative name and addresses, brings the interface up
// and adds the routes. An error leaves what was done; the caller removes the
// interface.
func (h *Handle) Configure(device string, c Config) error {
	link, err := h.link(device)
	if err != nil {
		return err
	}
	if c.AltName != "" && c.AltName != device {
		if err := h.nl.LinkAddAltName(link, c.AltName); err != nil {
			return wrap(err, "interface %s: set alternative name %q", device, c.AltName)
		}
	}
	if err := h.nl.LinkSetMTU(link, c.MTU); err != nil {
		return wrap(err, "interface %s: set MTU %d", device, c.MTU)
	}
	for _, addr := range c.Addresses {
		if err := h.nl.AddrAdd(link, hostAddr(addr)); err != nil {
			return wrap(err, "interface %s: add address %s", device, addr)
		}
	}
	if err := h.nl.LinkSetUp(link); err != nil {
		return wrap(err, "interface %s: set up", device)
	}
	for _, dst := range c.Routes {
		if err := h.nl.RouteAdd(route(link, dst, netip.Addr{})); err != nil {
			return wrap(err, "interface %s: add route %s", device, dst)
		}
	}
	return nil
}

// SetMTU changes the MTU, octets of IP.
func (h *Handle) SetMTU(device string, mtu int) error {
	link, err := h.link(device)
	if err != nil {
		return err
	}
	return wrap(h.nl.LinkSetMTU(link, mtu), "interface %s: set MTU %d", device, mtu)
}

// AddAddress adds a host address.
func (h *Handle) AddAddress(device string, addr netip.Addr) error {
	link, err := h.link(device)
	if err != nil {
		return err
	}
	return wrap(h.nl.AddrAdd(link, hostAddr(addr)), "interface %s: add address %s", device, addr)
}

// DelAddress removes a host address.
func (h *Handle) DelAddress(device string, addr netip.Addr) error {
	link, err := h.link(device)
	if err != nil {
		return err
	}
	return wrap(h.nl.AddrDel(link, hostAddr(addr)), "interface %s: remove address %s", device, addr)
}

// AddRoute adds a route to the interface. src is the source address that the
// system's own packets get there; it may be the zero Addr.
func (h *Handle) AddRoute(device string, dst netip.Prefix, src netip.Addr) error {
	link, err := h.link(device)
	if err != nil {
		return err
	}
	return wrap(h.nl.RouteAdd(route(link, dst, src)), "interface %s: add route %s", device, dst)
}

// DelRoute removes a route that AddRoute or Configure added, and no other.
func (h *Handle) DelRoute(device string, dst netip.Prefix) error {
	link, err := h.link(device)
	if err != nil {
		return err
	}
	return wrap(h.nl.RouteDel(route(link, dst, netip.Addr{})), "interface %s: remove route %s", device, dst)
}

func (h *Handle) link(device string) (netlink.Link, error) {
	link, err := h.nl.LinkByName(device)
	if err != nil {
		return nil, wrap(err, "interface %s", device)
	}
	return link, nil
}

func hostAddr(addr netip.Addr) *netlink.Addr {
	return &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(addr, addr.BitLen()))}
}

func route(link netlink.Link, dst netip.Prefix, src netip.Addr) *netlink.Route {
	r := &netlink.Route{
		LinkIndex: link.Attrs().Index,
		Dst:       ipNet(dst.Masked()),
		Scope:     netlink.SCOPE_LINK,
		Protocol:  RouteProtocol,
	}
	if src.IsValid() {
		r.Src = src.AsSlice()
	}
	return r
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// wrap adds what was attempted, and the sentinel for what the kernel answered.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	var notFound netlink.LinkNotFoundError
	switch {
	case errors.Is(err, unix.EEXIST):
		return fmt.Errorf("%s: %w (%w)", what, ErrExists, err)
	case errors.As(err, &notFound), errors.Is(err, unix.ESRCH), errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("%s: %w (%w)", what, ErrNotFound, err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%s: run as root, or give the process CAP_NET_ADMIN: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
