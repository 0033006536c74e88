package pool

// naturalEdge reports whether n is the first or last address of its natural
// class A, B or C network. Hosts that still reckon in classes take these for
// broadcasts, whatever the mask of the route is.
func naturalEdge(n uint32) bool {
	host := naturalHost(n)
	return n&host == 0 || n&host == host
}

// naturalHost is the host part of the natural mask (RFC 791 §3.2).
func naturalHost(n uint32) uint32 {
	switch {
	case n>>31 == 0b0:
		return 0x00ffffff
	case n>>30 == 0b10:
		return 0x0000ffff
	default:
		return 0x000000ff
	}
}

// naturalEdges counts the addresses of first..last that are such edges.
func naturalEdges(first, last uint32) int {
	count := 0
	for n := uint64(first); n <= uint64(last); {
		host := uint64(naturalHost(uint32(n)))
		base, top := n&^host, n|host
		if n == base {
			count++
		}
		if top <= uint64(last) {
			count++
		}
		n = top + 1
	}
	return count
}
