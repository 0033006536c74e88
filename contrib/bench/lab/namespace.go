package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Outer and inner addresses of the network.
const (
	ServerOuter = "192.0.2.1"
	ClientOuter = "192.0.2.2"
	ServerInner = "10.5.17.254"
)

// Namespace is a network namespace without a name: it vanishes with us.
type Namespace struct {
	handle  netns.NsHandle
	work    chan func()
	stopped chan struct{}
}

// NewNamespace makes a namespace with its loopback up.
func NewNamespace() (*Namespace, error) {
	ns := &Namespace{handle: netns.None(), work: make(chan func()), stopped: make(chan struct{})}
	started := make(chan error, 1)
	// Ends at Close. Its thread is never unlocked, so it dies with the
	// goroutine and nothing else wakes up in the namespace.
	go func() {
		defer close(ns.stopped)
		runtime.LockOSThread()
		handle, err := netns.New()
		if err != nil {
			started <- fmt.Errorf("make network namespace (root is needed): %w", err)
			return
		}
		ns.handle = handle
		started <- up("lo")
		for f := range ns.work {
			f()
		}
	}()
	if err := <-started; err != nil {
		ns.Close()
		return nil, err
	}
	return ns, nil
}

// Do runs f in the namespace and waits for it.
func (ns *Namespace) Do(f func() error) error {
	done := make(chan error, 1)
	ns.work <- func() { done <- f() }
	return <-done
}

// Close gives the namespace up. What was started in it dies.
func (ns *Namespace) Close() {
	close(ns.work)
	<-ns.stopped
	if ns.handle.IsOpen() {
		_ = ns.handle.Close()
	}
}

// Network is the two namespaces.
type Network struct{ Server, Client *Namespace }

// NewNetwork makes them and the wire.
func NewNetwork() (*Network, error) {
	server, err := NewNamespace()
	if err != nil {
		return nil, err
	}
	client, err := NewNamespace()
	if err != nil {
		server.Close()
		return nil, err
	}
	n := &Network{Server: server, Client: client}
	err = errors.Join(
		server.Do(func() error {
			veth := &netlink.Veth{LinkAttrs: netlink.NewLinkAttrs(), PeerName: "wire", PeerNamespace: netlink.NsFd(client.handle)}
			veth.Name = "wire"
			if err := netlink.LinkAdd(veth); err != nil {
				return fmt.Errorf("add veth: %w", err)
			}
			return configure("wire", ServerOuter)
		}),
		client.Do(func() error { return configure("wire", ClientOuter) }),
	)
	if err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// Close removes the network.
func (n *Network) Close() {
	n.Client.Close()
	n.Server.Close()
}

func configure(device, addr string) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("find %s: %w", device, err)
	}
	parsed, err := netlink.ParseAddr(netip.PrefixFrom(netip.MustParseAddr(addr), 24).String())
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, parsed); err != nil {
		return fmt.Errorf("add %s to %s: %w", addr, device, err)
	}
	return up(device)
}

func up(device string) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("find %s: %w", device, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s up: %w", device, err)
	}
	return nil
}
