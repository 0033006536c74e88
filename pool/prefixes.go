package pool

import (
	"math/bits"
	"net/netip"
)

// Prefixes is the smallest list of prefixes that covers exactly these
// addresses, in ascending order: what a route to the pool has to name.
func (rs Ranges) Prefixes() []netip.Prefix {
	var out []netip.Prefix
	sorted := rs.sorted()
	for i := 0; i < len(sorted); {
		// 64 bits, so that the end of the address space does not wrap around.
		first, last := uint64(number(sorted[i].First)), uint64(number(sorted[i].Last))
		for i++; i < len(sorted) && uint64(number(sorted[i].First)) <= last+1; i++ {
			last = max(last, uint64(number(sorted[i].Last)))
		}
		for first <= last {
			// The largest block that is aligned at first and does not pass last.
			host := min(bits.TrailingZeros64(first|1<<32), bits.Len64(last-first+1)-1)
			out = append(out, netip.PrefixFrom(address(uint32(first)), 32-host))
			first += 1 << host
		}
	}
	return out
}
