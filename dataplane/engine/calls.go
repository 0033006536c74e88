package engine

import (
	"fmt"
	"net/netip"
	"sync"

	"github.com/pptpac/pptpac/dataplane"
)

// callKey names a tunnel in a received packet: our outer address, and our call
// id. The peer's address is not part of it, so that a packet from elsewhere is
// told from one for a call that does not exist.
type callKey struct {
	local  [4]byte
	callID uint16
}

// calls finds the tunnel of a received packet.
type calls struct {
	mu      sync.RWMutex // guards tunnels and closed
	tunnels map[callKey]*Tunnel
	closed  bool
}

func (c *calls) lookup(local netip.Addr, callID uint16) *Tunnel {
	key := callKey{local.As4(), callID}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tunnels[key]
}

func (c *calls) add(t *Tunnel) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return dataplane.ErrClosed
	case c.tunnels[t.key] != nil:
		return fmt.Errorf("open call %d at %s: %w", t.key.callID, t.local, dataplane.ErrCallIDInUse)
	}
	c.tunnels[t.key] = t
	return nil
}

func (c *calls) remove(t *Tunnel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tunnels[t.key] == t {
		delete(c.tunnels, t.key)
	}
}

// list returns the tunnels.
func (c *calls) list() []*Tunnel {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]*Tunnel, 0, len(c.tunnels))
	for _, t := range c.tunnels {
		out = append(out, t)
	}
	return out
}

// all returns the tunnels and lets none be added any more.
func (c *calls) all() []*Tunnel {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.list()
}
