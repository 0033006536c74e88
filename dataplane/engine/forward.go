package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/netif"
)

// Bind implements dataplane.Tunnel. The device cannot be changed while IP
// passes.
func (t *Tunnel) Bind(d dataplane.Device) error {
	t.setup.Lock()
	defer t.setup.Unlock()
	dev, ok := d.(*device)
	switch {
	case t.closed.Load():
		return dataplane.ErrClosed
	case !ok || dev.engine != t.engine:
		return fmt.Errorf("bind to device %s: it is not of this plane", d.Name())
	case dev == t.device:
		return nil
	case t.terms.Load() != nil:
		return fmt.Errorf("bind to device %s: IP passes through %s", dev.name, t.device.name)
	}
	if err := dev.bind(t); err != nil {
		return err
	}
	t.unbindSetup()
	t.device = dev
	return nil
}

func (t *Tunnel) unbindSetup() {
	if t.device != nil {
		t.device.unbind(t)
		t.device = nil
	}
}

// Forward implements dataplane.Tunnel. A destination that no route of the
// device covers gets a route of its own (except the default route, which is for
// the system's administrator, or the client role, to set); Local becomes an
// address of the device if it is none. Both go with StopForwarding. A device
// that is not shared takes the MTU of its session.
func (t *Tunnel) Forward(f dataplane.ForwardSpec) error {
	t.setup.Lock()
	defer t.setup.Unlock()
	if t.closed.Load() {
		return dataplane.ErrClosed
	}
	is, err := newTerms(f, t.device)
	if err != nil {
		return fmt.Errorf("forward: %w", err)
	}
	was := t.terms.Load()
	var before []netip.Prefix
	if was != nil {
		before = was.dsts
	}
	if err := is.device.table.replace(t, before, is.dsts); err != nil {
		return fmt.Errorf("forward: %w", err)
	}
	if err := is.device.change(was, is); err != nil {
		// was can be taken back: nobody else had the destinations in between.
		return fmt.Errorf("forward: %w", errors.Join(err, is.device.table.replace(t, is.dsts, before)))
	}
	t.terms.Store(is)
	return nil
}

// StopForwarding implements dataplane.Tunnel.
func (t *Tunnel) StopForwarding() {
	t.setup.Lock()
	defer t.setup.Unlock()
	_ = t.stopForwardingSetup() // a route that is gone already is what we want
}

func (t *Tunnel) stopForwardingSetup() error {
	was := t.terms.Swap(nil)
	if was == nil {
		return nil
	}
	return errors.Join(was.device.table.replace(t, was.dsts, nil), was.device.change(was, nil))
}

// change takes the kernel's routes and addresses from one set of terms to
// another; nil is none. On an error what was added is taken back.
func (d *device) change(was, is *terms) (err error) {
	d.kernel.Lock()
	defer d.kernel.Unlock()
	var undo []func() error
	defer func() {
		if err == nil {
			return
		}
		for _, f := range slices.Backward(undo) {
			err = errors.Join(err, f())
		}
	}()
	oldRoutes, newRoutes := d.ownRoutes(was), d.ownRoutes(is)
	moved := was != nil && is != nil && was.Local != is.Local
	if is != nil && !d.spec.Shared && is.MTU != d.mtu {
		old := d.mtu
		if err := d.setMTUKernel(is.MTU); err != nil {
			return err
		}
		undo = append(undo, func() error { return d.setMTUKernel(old) })
	}
	if is != nil && (was == nil || moved) {
		if err := d.useLocalKernel(is.Local); err != nil {
			return err
		}
		undo = append(undo, func() error { return d.leaveLocalKernel(is.Local) })
	}
	if moved {
		// The routes name Local as their source: set them anew.
		if err := d.delRoutesKernel(oldRoutes); err != nil {
			return err
		}
		oldRoutes = nil
	}
	for _, dst := range newRoutes {
		if slices.Contains(oldRoutes, dst) {
			continue
		}
		if err := d.engine.net.AddRoute(d.name, dst, is.Local); err != nil {
			return err
		}
		undo = append(undo, func() error { return d.engine.net.DelRoute(d.name, dst) })
	}
	var errs []error
	for _, dst := range oldRoutes {
		if !slices.Contains(newRoutes, dst) {
			errs = append(errs, d.delRoutesKernel([]netip.Prefix{dst}))
		}
	}
	if was != nil && (is == nil || moved) {
		errs = append(errs, d.leaveLocalKernel(was.Local))
	}
	d.noteKernel(was, is)
	if is == nil {
		return errors.Join(errs...)
	}
	return nil // new terms are in force, even if something old was left behind
}

func (d *device) setMTUKernel(mtu int) error {
	if err := d.engine.net.SetMTU(d.name, mtu); err != nil {
		return err
	}
	d.mtu = mtu
	return nil
}

// useLocalKernel makes addr an address of the device, unless it is one of those
// the device was opened with. Sessions may share it.
func (d *device) useLocalKernel(addr netip.Addr) error {
	if slices.Contains(d.spec.Local, addr) {
		return nil
	}
	if d.locals[addr] == 0 {
		if err := d.engine.net.AddAddress(d.name, addr); err != nil {
			return err
		}
	}
	d.locals[addr]++
	return nil
}

func (d *device) leaveLocalKernel(addr netip.Addr) error {
	if slices.Contains(d.spec.Local, addr) {
		return nil
	}
	if d.locals[addr]--; d.locals[addr] > 0 {
		return nil
	}
	delete(d.locals, addr)
	if err := d.engine.net.DelAddress(d.name, addr); !errors.Is(err, netif.ErrNotFound) {
		return err
	}
	return nil
}
