package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"
)

// errTaken is returned for a destination that another session has.
var errTaken = errors.New("destination belongs to another session")

// table finds the tunnel of a destination address, longest prefix first. It may
// be used by several goroutines at once.
type table struct {
	mu      sync.RWMutex // guards the rest
	hosts   map[uint32]*Tunnel
	nets    [32]map[uint32]*Tunnel // by prefix length; nil where there is none
	netBits uint32                 // bit n: nets[n] has entries
}

func newTable() *table {
	return &table{hosts: make(map[uint32]*Tunnel)}
}

// lookup returns nil if no session has the address.
func (t *table) lookup(addr [4]byte) *Tunnel {
	a := binary.BigEndian.Uint32(addr[:])
	t.mu.RLock()
	defer t.mu.RUnlock()
	if tunnel := t.hosts[a]; tunnel != nil {
		return tunnel
	}
	for bits := 31; bits >= 0 && t.netBits != 0; bits-- {
		if t.netBits&(1<<bits) == 0 {
			continue
		}
		if tunnel := t.nets[bits][a&mask(bits)]; tunnel != nil {
			return tunnel
		}
	}
	return nil
}

// replace gives the tunnel exactly those destinations, in one step. If one of
// them belongs to another tunnel nothing changes.
func (t *table) replace(tunnel *Tunnel, was, is []netip.Prefix) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range is {
		if owner := t.getLocked(p); owner != nil && owner != tunnel {
			return fmt.Errorf("%s: %w", p, errTaken)
		}
	}
	for _, p := range was {
		if t.getLocked(p) == tunnel {
			t.setLocked(p, nil)
		}
	}
	for _, p := range is {
		t.setLocked(p, tunnel)
	}
	return nil
}

func (t *table) getLocked(p netip.Prefix) *Tunnel {
	key := prefixKey(p)
	if p.Bits() == 32 {
		return t.hosts[key]
	}
	return t.nets[p.Bits()][key]
}

func (t *table) setLocked(p netip.Prefix, tunnel *Tunnel) {
	key, bits := prefixKey(p), p.Bits()
	switch {
	case bits == 32 && tunnel == nil:
		delete(t.hosts, key)
	case bits == 32:
		t.hosts[key] = tunnel
	case tunnel == nil:
		delete(t.nets[bits], key)
		if len(t.nets[bits]) == 0 {
			t.nets[bits] = nil
			t.netBits &^= 1 << bits
		}
	default:
		if t.nets[bits] == nil {
			t.nets[bits] = make(map[uint32]*Tunnel)
		}
		t.nets[bits][key] = tunnel
		t.netBits |= 1 << bits
	}
}

func prefixKey(p netip.Prefix) uint32 {
	a := p.Addr().As4()
	return binary.BigEndian.Uint32(a[:]) & mask(p.Bits())
}

// mask returns the network mask of that many bits, 0 to 32.
func mask(bits int) uint32 {
	return uint32(^uint64(0) << (32 - bits))
}
