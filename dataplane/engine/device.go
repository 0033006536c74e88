package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/tun"
)

// A TUN device that fails this often in a row is given up.
const (
	maxDeviceErrors  = 100
	deviceErrorPause = 100 * time.Millisecond
	deviceBufferSize = 65535 + protocolRoom
)

// device is a TUN device and the sessions behind it. It implements
// dataplane.Device.
type device struct {
	engine *Engine
	spec   dataplane.DeviceSpec
	name   string // as the kernel has it
	tun    tun.Device
	table  *table

	kernel sync.Mutex                  // serialises netlink calls about the device; guards what follows
	mtu    int                         // as the kernel has it
	routes []netip.Prefix              // of the device itself
	dsts   map[netip.Prefix]netip.Addr // destinations of sessions, and their Local
	locals map[netip.Addr]int          // addresses that sessions brought, and how many use each

	mu     sync.Mutex // guards the rest
	bound  map[*Tunnel]struct{}
	only   *Tunnel // of a device that is not shared
	closed bool
}

var _ dataplane.Device = (*device)(nil)

// OpenDevice implements dataplane.Plane.
func (e *Engine) OpenDevice(spec dataplane.DeviceSpec) (dataplane.Device, error) {
	if err := tun.CheckName(spec.Name); err != nil {
		return nil, err
	}
	if spec.MTU < minMTU || spec.MTU > ipv4MaxTotal {
		return nil, fmt.Errorf("open device %s: MTU %d: want %d to %d", spec.Name, spec.MTU, minMTU, ipv4MaxTotal)
	}
	e.mu.Lock()
	closed := e.closed
	e.mu.Unlock()
	if closed {
		return nil, dataplane.ErrClosed
	}
	t, err := e.openTUN(spec.Name)
	if err != nil {
		return nil, err
	}
	d := &device{
		engine: e, spec: spec, name: t.Name(), tun: t, table: newTable(), mtu: spec.MTU,
		routes: slices.Clone(spec.Routes), dsts: make(map[netip.Prefix]netip.Addr),
		locals: make(map[netip.Addr]int), bound: make(map[*Tunnel]struct{}),
	}
	err = e.net.Configure(d.name, netif.Config{
		AltName: spec.AltName, MTU: spec.MTU, Addresses: spec.Local, Routes: spec.Routes,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open device %s: %w", d.name, err), t.Close())
	}
	// Ends when the TUN device is closed, or is removed from outside.
	if !e.start(d, d.run) {
		return nil, errors.Join(dataplane.ErrClosed, t.Close())
	}
	return d, nil
}

// Name implements dataplane.Device.
func (d *device) Name() string { return d.name }

// Close implements dataplane.Device. Idempotent.
func (d *device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	d.mu.Unlock()
	d.engine.forget(d)
	if err := d.tun.Close(); err != nil {
		return fmt.Errorf("close device %s: %w", d.name, err)
	}
	return nil
}

// bind makes the tunnel one that is told of the end of the device. A device that
// is not shared takes one.
func (d *device) bind(t *Tunnel) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return fmt.Errorf("bind to device %s: %w", d.name, dataplane.ErrClosed)
	case d.only != nil:
		return fmt.Errorf("bind to device %s: another session has it", d.name)
	}
	if !d.spec.Shared {
		d.only = t
	}
	d.bound[t] = struct{}{}
	return nil
}

func (d *device) unbind(t *Tunnel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.bound, t)
	if d.only == t {
		d.only = nil
	}
}

// run is the worker of the device.
func (d *device) run() {
	s := &sender{}
	buf := make([]byte, deviceBufferSize)
	for failures := 0; ; {
		n, err := d.tun.Read(buf[protocolRoom:])
		switch {
		case err == nil:
			failures = 0
			d.route(s, buf[:protocolRoom+n], time.Now())
			continue
		case errors.Is(err, tun.ErrClosed):
			return
		case errors.Is(err, tun.ErrGone):
			d.lose(err)
			return
		}
		if failures++; failures >= maxDeviceErrors {
			d.lose(err)
			return
		}
		if !d.engine.pause(deviceErrorPause) {
			return
		}
	}
}

// lose tells the sessions that the device is no more.
func (d *device) lose(err error) {
	d.mu.Lock()
	bound := make([]*Tunnel, 0, len(d.bound))
	for t := range d.bound {
		bound = append(bound, t)
	}
	d.mu.Unlock()
	for _, t := range bound {
		t.fault(fmt.Errorf("device %s failed: %w", d.name, err))
	}
}

// route is step 2 of the way out. framed is a packet behind protocolRoom octets.
func (d *device) route(s *sender, framed []byte, now time.Time) {
	p := framed[protocolRoom:]
	if len(p) > 0 && p[0]>>4 == 6 {
		// The kernel announces itself on every interface; it is not carried.
		d.engine.drops.count(dropInnerProtocol)
		return
	}
	ip, ok := parseIPv4(p)
	if !ok {
		d.engine.drops.count(dropMalformed)
		return
	}
	var t *Tunnel
	if d.spec.Shared {
		t = d.table.lookup(ip.dst())
	} else {
		d.mu.Lock()
		t = d.only
		d.mu.Unlock()
	}
	if t == nil {
		d.engine.drops.count(dropNoDestination)
		return
	}
	s.outbound(t, d, framed, now)
}
