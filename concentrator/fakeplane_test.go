package concentrator

import (
	"sync/atomic"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/pool"
)

// gatedPools are pools in whose way a test can stand.
type gatedPools struct {
	pool.Manager
	gate atomic.Pointer[func()] // called by every Acquire, before it
}

func (g *gatedPools) Acquire(name string, r pool.Request) (pool.Lease, error) {
	if f := g.gate.Load(); f != nil {
		(*f)()
	}
	return g.Manager.Acquire(name, r)
}

// leased returns how many addresses are leased in all pools.
func (g *gatedPools) leased() (n int) {
	for _, p := range g.Pools() {
		n += p.Leased
	}
	return n
}

// faultyPlane is a null plane that fails when it is told to.
type faultyPlane struct {
	*dataplane.Null
	openDevice atomic.Pointer[error]
	forward    atomic.Pointer[error]
}

func (p *faultyPlane) OpenDevice(spec dataplane.DeviceSpec) (dataplane.Device, error) {
	if err := p.openDevice.Load(); err != nil {
		return nil, *err
	}
	return p.Null.OpenDevice(spec)
}

func (p *faultyPlane) Open(spec dataplane.Spec, events dataplane.Events) (dataplane.Tunnel, error) {
	t, err := p.Null.Open(spec, events)
	if err != nil {
		return nil, err
	}
	return &faultyTunnel{Tunnel: t, plane: p}, nil
}

type faultyTunnel struct {
	dataplane.Tunnel
	plane *faultyPlane
}

func (t *faultyTunnel) Forward(f dataplane.ForwardSpec) error {
	if err := t.plane.forward.Load(); err != nil {
		return *err
	}
	return t.Tunnel.Forward(f)
}
