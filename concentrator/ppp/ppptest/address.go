package ppptest

import "net/netip"

// DefaultAddresses is what a server gives away unless a test says otherwise.
func DefaultAddresses() Addresses {
	return Addresses{
		Local:  netip.AddrFrom4([4]byte{10, 5, 17, 254}),
		Remote: netip.AddrFrom4([4]byte{10, 5, 17, 1}),
	}
}
