// Package tuntest has a tun.Device without a kernel.
package tuntest

import (
	"sync"
	"testing"
	"time"

	"github.com/pptpac/pptpac/dataplane/tun"
)

// Device is a tun.Device whose other end is held by a test. Both queues are
// bounded: a test that does not read loses packets, as a kernel would.
type Device struct {
	name     string
	toPlane  chan []byte
	toKernel chan []byte
	done     chan struct{}
	once     sync.Once
}

var _ tun.Device = (*Device)(nil)

// New returns a device of that name.
func New(name string) *Device {
	return &Device{
		name:     name,
		toPlane:  make(chan []byte, 4096),
		toKernel: make(chan []byte, 4096),
		done:     make(chan struct{}),
	}
}

// Name implements tun.Device.
func (d *Device) Name() string { return d.name }

// Read implements tun.Device.
func (d *Device) Read(buf []byte) (int, error) {
	select {
	case <-d.done:
		return 0, tun.ErrClosed
	case packet := <-d.toPlane:
		return copy(buf, packet), nil
	}
}

// Write implements tun.Device.
func (d *Device) Write(packet []byte) error {
	select {
	case <-d.done:
		return tun.ErrClosed
	default:
	}
	select {
	case d.toKernel <- append([]byte(nil), packet...):
	default:
	}
	return nil
}

// Close implements tun.Device.
func (d *Device) Close() error {
	d.once.Do(func() { close(d.done) })
	return nil
}

// Closed is closed with the device.
func (d *Device) Closed() <-chan struct{} { return d.done }

// Inject is a packet that the kernel sends into the device. It is copied.
func (d *Device) Inject(packet []byte) {
	select {
	case d.toPlane <- append([]byte(nil), packet...):
	case <-d.done:
	}
}

// Next returns the next packet that the plane handed to the kernel; the test
// fails if none comes within five seconds.
func (d *Device) Next(t testing.TB) []byte {
	t.Helper()
	select {
	case packet := <-d.toKernel:
		return packet
	case <-time.After(5 * time.Second):
		t.Fatalf("device %s: no packet from the plane within 5 s", d.name)
		return nil
	}
}

// Received returns the packets handed to the kernel and not yet read, without
// waiting.
func (d *Device) Received() [][]byte {
	var packets [][]byte
	for {
		select {
		case packet := <-d.toKernel:
			packets = append(packets, packet)
		default:
			return packets
		}
	}
}
