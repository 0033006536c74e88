package rawsock_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pptpac/pptpac/dataplane/netif/netiftest"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

func open(t *testing.T, ns *netiftest.Namespace) rawsock.Conn {
	t.Helper()
	var c rawsock.Conn
	ns.Do(t, func() (err error) {
		c, err = rawsock.OpenGRE()
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// One socket receives for every local address, sends from the chosen one, and
// lets the kernel fragment and reassemble.
func TestIntegrationSendReceive(t *testing.T) {
	a, b := netiftest.New(t), netiftest.New(t)
	netiftest.Connect(t, a, b, "eth0", netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24"))
	netiftest.Connect(t, a, b, "eth1", netip.MustParsePrefix("198.51.100.1/24"), netip.MustParsePrefix("198.51.100.2/24"))
	ca, cb := open(t, a), open(t, b)

	tests := []struct {
		name     string
		src, dst string
		size     int
	}{
		{"first address", "192.0.2.1", "192.0.2.2", 16},
		{"second address", "198.51.100.1", "198.51.100.2", 16},
		{"address of the other interface", "198.51.100.1", "192.0.2.2", 16},
		{"fragmented", "192.0.2.1", "192.0.2.2", 4000},
	}
	buf := make([]byte, 65535)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, dst := netip.MustParseAddr(tt.src), netip.MustParseAddr(tt.dst)
			payload := bytes.Repeat([]byte{0xa5}, tt.size)
			if err := ca.Send(payload, src, dst); err != nil {
				t.Fatal(err)
			}
			got, err := cb.Receive(buf)
			if err != nil {
				t.Fatal(err)
			}
			if got.Src != src || got.Dst != dst || !bytes.Equal(got.Payload, payload) {
				t.Errorf("received %d octets from %s to %s, want %d from %s to %s",
					len(got.Payload), got.Src, got.Dst, tt.size, src, dst)
			}
		})
	}
}

func TestIntegrationSendErrors(t *testing.T) {
	c := open(t, netiftest.New(t))
	loop := netip.MustParseAddr("127.0.0.1")
	tests := []struct {
		name     string
		src, dst netip.Addr
		want     error
	}{
		{"no route", loop, netip.MustParseAddr("192.0.2.1"), unix.ENETUNREACH},
		{"foreign source", netip.MustParseAddr("192.0.2.9"), loop, unix.EINVAL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Send([]byte{1}, tt.src, tt.dst)
			if err == nil || rawsock.Transient(err) {
				t.Errorf("Send = %v, want a lasting error such as %v", err, tt.want)
			}
		})
	}
	if err := c.Send([]byte{1}, netip.IPv6Loopback(), loop); err == nil {
		t.Error("Send from an IPv6 address succeeded")
	}
	// An error of one packet does not stick to the socket.
	if err := c.Send([]byte{1}, loop, loop); err != nil {
		t.Errorf("Send after errors = %v", err)
	}
}

func TestIntegrationCloseUnblocksReceive(t *testing.T) {
	c := open(t, netiftest.New(t))
	done := make(chan error, 1)
	go func() {
		_, err := c.Receive(make([]byte, 2048))
		done <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, rawsock.ErrClosed) {
		t.Errorf("Receive = %v, want ErrClosed", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	loop := netip.MustParseAddr("127.0.0.1")
	if err := c.Send(nil, loop, loop); !errors.Is(err, rawsock.ErrClosed) {
		t.Errorf("Send after Close = %v, want ErrClosed", err)
	}
}

// A full queue is the packet's loss, not the plane's: sending must not wait.
func TestIntegrationSendDoesNotAllocate(t *testing.T) {
	c := open(t, netiftest.New(t))
	loop := netip.MustParseAddr("127.0.0.1")
	payload := make([]byte, 1400)
	var failed error
	allocs := testing.AllocsPerRun(200, func() {
		if err := c.Send(payload, loop, loop); err != nil && !rawsock.Transient(err) {
			failed = fmt.Errorf("send: %w", err)
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	if allocs > 1 {
		t.Errorf("Send allocates %v times, want at most 1", allocs)
	}
}
