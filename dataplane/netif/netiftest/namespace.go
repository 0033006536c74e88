// Package netiftest gives a test network namespaces of its own. They have no
// names, so nothing on the machine can see or remove them, and vanish with the
// test. It needs root.
package netiftest

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Namespace is an anonymous network namespace with its loopback up.
type Namespace struct {
	handle netns.NsHandle
	work   chan func()
}

// New makes a namespace. The test fails without root.
func New(t testing.TB) *Namespace {
	t.Helper()
	ns := &Namespace{work: make(chan func())}
	started := make(chan error)
	stopped := make(chan struct{})
	// Ends when work is closed. The thread is never unlocked, hence it dies
	// with the goroutine and no other goroutine can wake up in the namespace.
	go func() {
		defer close(stopped)
		runtime.LockOSThread()
		handle, err := netns.New()
		if err != nil {
			started <- fmt.Errorf("make network namespace (root is needed): %w", err)
			return
		}
		ns.handle = handle
		started <- loopbackUp()
		for f := range ns.work {
			f()
		}
	}()
	err := <-started
	t.Cleanup(func() {
		close(ns.work)
		<-stopped
		if ns.handle.IsOpen() {
			if err := ns.handle.Close(); err != nil {
				t.Errorf("close namespace: %v", err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("loopback up: %w", err)
	}
	return nil
}

// Do runs f in the namespace, on its one thread, and waits for it. f must
// return errors, not call t.Fatal: it is not on the test's goroutine.
func (ns *Namespace) Do(t testing.TB, f func() error) {
	t.Helper()
	done := make(chan error, 1)
	ns.work <- func() { done <- f() }
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// SetSysctl writes a value below /proc/sys.
func (ns *Namespace) SetSysctl(t testing.TB, path, value string) {
	t.Helper()
	ns.Do(t, func() error { return os.WriteFile("/proc/sys/"+path, []byte(value), 0o644) })
}

// Connect joins a and b with a virtual Ethernet, named like the device on both
// sides and with those addresses. Checksum offload needs no care: the kernel
// completes checksums for raw sockets.
func Connect(t testing.TB, a, b *Namespace, device string, addrA, addrB netip.Prefix) {
	t.Helper()
	a.Do(t, func() error {
		veth := &netlink.Veth{LinkAttrs: netlink.NewLinkAttrs(), PeerName: device, PeerNamespace: netlink.NsFd(b.handle)}
		veth.Name = device
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("add veth: %w", err)
		}
		return configure(device, addrA)
	})
	b.Do(t, func() error { return configure(device, addrB) })
}

func configure(device string, addr netip.Prefix) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("find %s: %w", device, err)
	}
	parsed, err := netlink.ParseAddr(addr.String())
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, parsed); err != nil {
		return fmt.Errorf("add %s to %s: %w", addr, device, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s up: %w", device, err)
	}
	return nil
}
