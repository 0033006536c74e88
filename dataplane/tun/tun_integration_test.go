package tun_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/netif/netiftest"
	"github.com/pptpac/pptpac/dataplane/tun"
)

func openUp(t *testing.T, ns *netiftest.Namespace) tun.Device {
	t.Helper()
	var dev tun.Device
	ns.Do(t, func() (err error) {
		if dev, err = tun.Open("pptp0"); err != nil {
			return err
		}
		h, err := netif.Open()
		if err != nil {
			return err
		}
		defer h.Close()
		return h.Configure("pptp0", netif.Config{
			MTU: 1400, Addresses: []netip.Addr{netip.MustParseAddr("10.5.17.254")},
			Routes: []netip.Prefix{netip.MustParsePrefix("10.5.17.0/24")},
		})
	})
	t.Cleanup(func() { dev.Close() })
	return dev
}

// sendUDP sends a datagram from the namespace, out of the device.
func sendUDP(t *testing.T, ns *netiftest.Namespace, payload []byte) {
	t.Helper()
	ns.Do(t, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Sendto(fd, payload, 0, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{10, 5, 17, 1}})
	})
}

func TestIntegrationReadWrite(t *testing.T) {
	ns := netiftest.New(t)
	dev := openUp(t, ns)
	if dev.Name() != "pptp0" {
		t.Errorf("Name = %q, want pptp0", dev.Name())
	}
	payload := []byte("one packet, no header before it")
	sendUDP(t, ns, payload)
	buf := make([]byte, 65535)
	for {
		n, err := dev.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if buf[0]>>4 == 6 {
			continue // router solicitation of the new interface
		}
		if !bytes.HasSuffix(buf[:n], payload) || n != 28+len(payload) {
			t.Fatalf("read %x, want an IPv4 packet that ends in %x", buf[:n], payload)
		}
		if err := dev.Write(buf[:n]); err != nil {
			t.Fatal(err)
		}
		return
	}
}

func TestIntegrationCloseUnblocksRead(t *testing.T) {
	dev := openUp(t, netiftest.New(t))
	done := make(chan error, 1)
	go func() {
		buf := make([]byte, 2048)
		for {
			if _, err := dev.Read(buf); err != nil {
				done <- err
				return
			}
		}
	}()
	if err := dev.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, tun.ErrClosed) {
		t.Errorf("Read after Close = %v, want ErrClosed", err)
	}
	if err := dev.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if err := dev.Write(make([]byte, 20)); !errors.Is(err, tun.ErrClosed) {
		t.Errorf("Write after Close = %v, want ErrClosed", err)
	}
}

func TestIntegrationInterfaceRemoved(t *testing.T) {
	ns := netiftest.New(t)
	dev := openUp(t, ns)
	ns.Do(t, func() error {
		link, err := netlink.LinkByName("pptp0")
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	buf := make([]byte, 2048)
	for {
		if _, err := dev.Read(buf); err != nil {
			if !errors.Is(err, tun.ErrGone) {
				t.Errorf("Read = %v, want ErrGone", err)
			}
			return
		}
	}
}

// A refused device must leave no descriptor behind, and an open one none to
// child processes.
func TestIntegrationDescriptors(t *testing.T) {
	ns := netiftest.New(t)
	dev := openUp(t, ns)
	before := cloneDescriptors(t)
	for range 3 {
		ns.Do(t, func() error {
			second, err := tun.Open("pptp0")
			if err == nil {
				second.Close()
				return errors.New("the same name was given twice")
			}
			if !errors.Is(err, unix.EBUSY) {
				return fmt.Errorf("second Open = %w, want EBUSY", err)
			}
			return nil
		})
	}
	if got := cloneDescriptors(t); len(got) != len(before) {
		t.Errorf("descriptors after refusals = %v, before %v", got, before)
	}
	for _, fd := range before {
		info, err := os.ReadFile("/proc/self/fdinfo/" + fd)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(info), "iff:\t"+dev.Name()) {
			continue
		}
		// O_CLOEXEC is 02000000 in the octal flags of proc(5).
		var flags uint64
		for line := range strings.Lines(string(info)) {
			if strings.HasPrefix(line, "flags:") {
				fmt.Sscanf(line, "flags: %o", &flags)
			}
		}
		if flags&unix.O_CLOEXEC == 0 {
			t.Errorf("descriptor %s: flags %o without O_CLOEXEC", fd, flags)
		}
		return
	}
	t.Errorf("no descriptor carries %s", dev.Name())
}

func cloneDescriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var fds []string
	for _, entry := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && target == "/dev/net/tun" {
			fds = append(fds, entry.Name())
		}
	}
	return fds
}
