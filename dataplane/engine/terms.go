package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pptpac/pptpac/dataplane"
)

// minMTU is what every IPv4 link must carry (RFC 791 §3.1).
const minMTU = 68

// terms are those on which IP passes. They do not change; Forward makes new ones.
type terms struct {
	dataplane.ForwardSpec
	device *device
	remote [4]byte
	dsts   []netip.Prefix // Remote and Routes
}

func newTerms(f dataplane.ForwardSpec, d *device) (*terms, error) {
	switch {
	case d == nil:
		return nil, errors.New("no device is bound")
	case !f.Local.Is4() || !f.Remote.Is4():
		return nil, fmt.Errorf("addresses %s and %s: only IPv4 is carried", f.Local, f.Remote)
	case f.MTU < minMTU || f.MTU > ipv4MaxTotal:
		return nil, fmt.Errorf("MTU %d: want %d to %d", f.MTU, minMTU, ipv4MaxTotal)
	}
	t := &terms{ForwardSpec: f, device: d, remote: f.Remote.As4()}
	t.dsts = append(t.dsts, netip.PrefixFrom(f.Remote, 32))
	for _, r := range f.Routes {
		if !r.IsValid() || !r.Addr().Is4() {
			return nil, fmt.Errorf("route %s: only IPv4 is carried", r)
		}
		if r = r.Masked(); !slices.Contains(t.dsts, r) {
			t.dsts = append(t.dsts, r)
		}
	}
	return t, nil
}

// mayBeSource tells whether the peer may send with that source address.
func (t *terms) mayBeSource(src [4]byte) bool {
	if src == t.remote {
		return true
	}
	for _, p := range t.dsts[1:] {
		if p.Contains(netip.AddrFrom4(src)) {
			return true
		}
	}
	return false
}
