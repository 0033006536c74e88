package engine

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/pptpac/pptpac/dataplane/netif"
)

// covered reports whether a destination of a session needs no route of its own:
// one of the routes leads there, or it is the default route, which is not the
// engine's to set.
func covered(dst netip.Prefix, routes []netip.Prefix) bool {
	return dst.Bits() == 0 || slices.ContainsFunc(routes, func(r netip.Prefix) bool {
		return r.Bits() <= dst.Bits() && r.Contains(dst.Addr())
	})
}

// ownRoutes returns the destinations of ts that need a route of their own.
func (d *device) ownRoutes(ts *terms) []netip.Prefix {
	if ts == nil {
		return nil
	}
	var own []netip.Prefix
	for _, dst := range ts.dsts {
		if !covered(dst, d.routes) {
			own = append(own, dst)
		}
	}
	return own
}

// noteKernel remembers the destinations of sessions for SetRoutes.
func (d *device) noteKernel(was, is *terms) {
	if was != nil {
		for _, dst := range was.dsts {
			delete(d.dsts, dst)
		}
	}
	if is != nil {
		for _, dst := range is.dsts {
			d.dsts[dst] = is.Local
		}
	}
}

// SetRoutes implements dataplane.Device. At no moment has a destination of a
// session no route: what is new is added first. A route that the device and a
// session want in turn just stays.
func (d *device) SetRoutes(routes []netip.Prefix) (err error) {
	d.kernel.Lock()
	defer d.kernel.Unlock()
	var undo []func() error
	defer func() {
		if err != nil {
			for _, f := range slices.Backward(undo) {
				err = errors.Join(err, f())
			}
		}
	}()
	net := d.engine.net
	add := func(dst netip.Prefix, src netip.Addr) error {
		if err := net.AddRoute(d.name, dst, src); err != nil {
			return err
		}
		undo = append(undo, func() error { return net.DelRoute(d.name, dst) })
		return nil
	}
	has := func(dst netip.Prefix, routes []netip.Prefix) bool {
		_, session := d.dsts[dst]
		return slices.Contains(routes, dst) || session && !covered(dst, routes)
	}
	for _, dst := range routes {
		if !has(dst, d.routes) {
			if err := add(dst, netip.Addr{}); err != nil {
				return err
			}
		}
	}
	for dst, local := range d.dsts {
		if has(dst, routes) && !has(dst, d.routes) && !slices.Contains(routes, dst) {
			if err := add(dst, local); err != nil {
				return err
			}
		}
	}
	old := d.routes
	d.routes = slices.Clone(routes)
	var gone []netip.Prefix
	for _, dst := range old {
		if !has(dst, routes) {
			gone = append(gone, dst)
		}
	}
	for dst := range d.dsts {
		if has(dst, old) && !has(dst, routes) && !slices.Contains(old, dst) {
			gone = append(gone, dst)
		}
	}
	_ = d.delRoutesKernel(gone) // the new routes are in force, even if an old one was left behind
	return nil
}

func (d *device) delRoutesKernel(dsts []netip.Prefix) error {
	var errs []error
	for _, dst := range dsts {
		// The kernel removes routes with the device, or with its address.
		if err := d.engine.net.DelRoute(d.name, dst); !errors.Is(err, netif.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
