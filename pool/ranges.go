package pool

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// MaxSize bounds the addresses of one list of ranges: a whole class A network.
const MaxSize = 1 << 24

// Range is an inclusive range of IPv4 addresses.
type Range struct{ First, Last netip.Addr }

// Ranges is a list of ranges, as the manual writes them:
// "10.5.17.1-10.5.17.50", several separated by commas, single addresses, and
// prefixes in CIDR notation.
type Ranges []Range

const rangeForms = `want 10.5.17.1-10.5.17.50, 10.6.0.0/24 or 10.7.0.9, several separated by commas`

// reserved are addresses that no host on a tunnel can have: "this network",
// loopback, and everything from multicast upwards (RFC 1122 §3.2.1.3, RFC 1112).
var reserved = [...]Range{
	{netip.AddrFrom4([4]byte{}), netip.AddrFrom4([4]byte{0, 255, 255, 255})},
	{netip.AddrFrom4([4]byte{127}), netip.AddrFrom4([4]byte{127, 255, 255, 255})},
	{netip.AddrFrom4([4]byte{224}), netip.AddrFrom4([4]byte{255, 255, 255, 255})},
}

// ParseRanges parses a list of ranges; its order is kept, and is the order in
// which addresses are first handed out. The list may not be empty, may not name
// an address twice or a reserved one, and has at most MaxSize addresses.
func ParseRanges(s string) (Ranges, error) {
	var rs Ranges
	for part := range strings.SplitSeq(s, ",") {
		r, err := parseRange(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	if err := rs.check(); err != nil {
		return nil, err
	}
	return rs, nil
}

func parseRange(s string) (Range, error) {
	switch {
	case s == "":
		return Range{}, errors.New("empty address range: " + rangeForms)
	case strings.Contains(s, "/"):
		p, err := netip.ParsePrefix(s)
		if err != nil || !p.Addr().Is4() {
			return Range{}, fmt.Errorf("bad address range %q: %s", s, rangeForms)
		}
		if m := p.Masked(); m != p {
			return Range{}, fmt.Errorf("bad address range %q: bits are set after the prefix, write %s", s, m)
		}
		return prefixRange(p), nil
	}
	first, last, both := strings.Cut(s, "-")
	a, err := netip.ParseAddr(strings.TrimSpace(first))
	if err != nil || !a.Is4() {
		return Range{}, fmt.Errorf("bad address range %q: %s", s, rangeForms)
	}
	if !both {
		return Range{a, a}, nil
	}
	b, err := netip.ParseAddr(strings.TrimSpace(last))
	if err != nil || !b.Is4() {
		return Range{}, fmt.Errorf("bad address range %q: %s", s, rangeForms)
	}
	if b.Less(a) {
		return Range{}, fmt.Errorf("bad address range %q: its end is before its start, write %s-%s", s, b, a)
	}
	return Range{a, b}, nil
}

// check refuses what ParseRanges promises not to return; Configure applies it
// to ranges that were put together by hand.
func (rs Ranges) check() error {
	if len(rs) == 0 {
		return errors.New("no address range: " + rangeForms)
	}
	size := 0
	for _, r := range rs {
		if !r.First.Is4() || !r.Last.Is4() || r.Last.Less(r.First) {
			return fmt.Errorf("bad address range %q: %s", r, rangeForms)
		}
		for _, x := range reserved {
			if r.overlaps(x) {
				return fmt.Errorf("bad address range %q: %s is reserved and cannot be the address of a tunnel", r, x)
			}
		}
		if size += r.size(); size > MaxSize {
			return fmt.Errorf("bad address range %q: more than %d addresses in one list", r, MaxSize)
		}
	}
	sorted := rs.sorted()
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1].overlaps(sorted[i]) {
			return fmt.Errorf("address ranges %s and %s overlap", sorted[i-1], sorted[i])
		}
	}
	return nil
}

// String writes a single address, or "first-last".
func (r Range) String() string {
	if r.First == r.Last {
		return r.First.String()
	}
	return r.First.String() + "-" + r.Last.String()
}

func (r Range) size() int { return int(number(r.Last)) - int(number(r.First)) + 1 }

func (r Range) overlaps(o Range) bool { return !r.Last.Less(o.First) && !o.Last.Less(r.First) }

// String writes the ranges in the manual's form, which ParseRanges reads.
func (rs Ranges) String() string {
	var b strings.Builder
	for i, r := range rs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(r.String())
	}
	return b.String()
}

// Contains reports whether a is in one of the ranges.
func (rs Ranges) Contains(a netip.Addr) bool {
	return a.Is4() && slices.ContainsFunc(rs, func(r Range) bool {
		return !a.Less(r.First) && !r.Last.Less(a)
	})
}

// Size is the number of addresses.
func (rs Ranges) Size() int {
	n := 0
	for _, r := range rs {
		n += r.size()
	}
	return n
}

// Overlaps reports whether an address is in both.
func (rs Ranges) Overlaps(o Ranges) bool {
	_, yes := rs.Intersection(o)
	return yes
}

// Intersection is the first run of addresses, in the order of rs, that is also
// in o; it says what overlaps in a message to an administrator.
func (rs Ranges) Intersection(o Ranges) (Range, bool) {
	for _, r := range rs {
		for _, q := range o {
			if r.overlaps(q) {
				both := r
				if both.First.Less(q.First) {
					both.First = q.First
				}
				if q.Last.Less(both.Last) {
					both.Last = q.Last
				}
				return both, true
			}
		}
	}
	return Range{}, false
}

func (rs Ranges) sorted() Ranges {
	return slices.SortedFunc(slices.Values(rs), func(a, b Range) int {
		return cmp.Compare(number(a.First), number(b.First))
	})
}

func prefixRange(p netip.Prefix) Range {
	first := number(p.Addr())
	return Range{p.Addr(), address(first | uint32(uint64(1)<<(32-p.Bits())-1))}
}

// hostAddress reports whether a can be the address of one end of a tunnel.
func hostAddress(a netip.Addr) bool {
	return a.Is4() && !slices.ContainsFunc(reserved[:], Range{a, a}.overlaps)
}

// number and address turn an IPv4 address into the integer it is, and back.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func address(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}
