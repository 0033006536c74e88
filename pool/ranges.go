package pool

import "net/netip"

// Range is an inclusive range of IPv4 addresses.
type Range struct{ First, Last netip.Addr }

// Ranges is a list of ranges, as the manual writes them:
// "10.5.17.1-10.5.17.50", several separated by commas, single addresses, and
// prefixes in CIDR notation.
type Ranges []Range
