package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/rawsock"
	"github.com/pptpac/pptpac/dataplane/tun"
)

// defaultWindow is the receive window that our PPTP control messages announce,
// packets.
const defaultWindow = 64

// Net is what the engine needs to configure devices; *netif.Handle has it. Its
// methods are called from several goroutines at once.
type Net interface {
	Configure(device string, c netif.Config) error
	SetMTU(device string, mtu int) error
	AddAddress(device string, addr netip.Addr) error
	DelAddress(device string, addr netip.Addr) error
	AddRoute(device string, dst netip.Prefix, src netip.Addr) error
	DelRoute(device string, dst netip.Prefix) error
	Close() error
}

var _ Net = (*netif.Handle)(nil)

// Options of an Engine. The zero value is the real thing: it needs root, and
// works in the network namespace of the threads that call New and OpenDevice.
type Options struct {
	OpenSocket func() (rawsock.Conn, error)          // nil: rawsock.OpenGRE
	OpenTUN    func(name string) (tun.Device, error) // nil: tun.Open
	OpenNet    func() (Net, error)                   // nil: netif.Open
	Window     uint16                                // what we told peers to send unacknowledged, packets; 0: 64
	SocketLost func(err error)                       // called once if the GRE socket fails for good; may be nil
}

// Engine is the user-space plane. Time is that of package time; tests run in a
// synctest bubble.
type Engine struct {
	conn       rawsock.Conn
	net        Net
	openTUN    func(name string) (tun.Device, error)
	window     uint16
	socketLost func(error)
	calls      calls
	timers     *timers
	drops      drops     // of what belongs to no tunnel
	buffers    sync.Pool // of *[]byte, for packets that sessions send

	done    chan struct{} // closed by Close
	running sync.WaitGroup

	mu      sync.Mutex // guards devices and closed
	devices map[*device]struct{}
	closed  bool
}

var _ dataplane.Plane = (*Engine)(nil)

// New opens the GRE socket and starts the engine's goroutines.
func New(o Options) (*Engine, error) {
	if o.OpenSocket == nil {
		o.OpenSocket = rawsock.OpenGRE
	}
	if o.OpenTUN == nil {
		o.OpenTUN = tun.Open
	}
	if o.OpenNet == nil {
		o.OpenNet = func() (Net, error) { return netif.Open() }
	}
	if o.Window == 0 {
		o.Window = defaultWindow
	}
	conn, err := o.OpenSocket()
	if err != nil {
		return nil, fmt.Errorf("data plane: %w", err)
	}
	nl, err := o.OpenNet()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data plane: %w", err), conn.Close())
	}
	e := &Engine{
		conn: conn, net: nl, openTUN: o.OpenTUN, window: o.Window, socketLost: o.SocketLost,
		calls:   calls{tunnels: make(map[callKey]*Tunnel)},
		timers:  newTimers(time.Now()),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
		done:    make(chan struct{}),
		devices: make(map[*device]struct{}),
	}
	e.running.Add(2)
	// Ends when the socket is closed.
	go func() {
		defer e.running.Done()
		e.receive()
	}()
	// Ends when done is closed.
	go func() {
		defer e.running.Done()
		b := newBatch()
		e.timers.run(e.done, func(t *Tunnel, now time.Time) { t.expire(b, now) })
	}()
	return e, nil
}

// Counters implements dataplane.Plane.
func (e *Engine) Counters() dataplane.PlaneCounters {
	return dataplane.PlaneCounters{Drops: e.drops.snapshot()}
}

// Close implements dataplane.Plane. It waits for the engine's goroutines, hence
// Events must not call it.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	devices := make([]*device, 0, len(e.devices))
	for d := range e.devices {
		devices = append(devices, d)
	}
	e.mu.Unlock()

	var errs []error
	for _, t := range e.calls.all() {
		errs = append(errs, t.Close())
	}
	for _, d := range devices {
		errs = append(errs, d.Close())
	}
	close(e.done)
	errs = append(errs, e.conn.Close())
	e.running.Wait()
	errs = append(errs, e.net.Close())
	return errors.Join(errs...)
}

// start runs f on a goroutine that Close waits for; false if it is too late.
func (e *Engine) start(d *device, f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.devices[d] = struct{}{}
	e.running.Add(1)
	go func() {
		defer e.running.Done()
		f()
	}()
	return true
}

func (e *Engine) forget(d *device) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.devices, d)
}
