package config

import (
	"net/netip"
	"slices"
)

// maxLocal bounds a local-address range: all of it is set on a device.
const maxLocal = 1 << 16

// checkPools finds what is wrong with the pools, each by itself and together.
func (f *findings) checkPools(s *file, b builtPools) {
	d := &s.Interface.DynamicServer
	names := map[string]int{} // of the [[pool]]s that can be used
	for i, t := range s.Pools {
		at := path{"pool"}.index(i)
		name, ranges := at.child("name"), at.child("ranges")
		switch first, twice := names[t.Name]; {
		case !f.good(name):
		case t.Name == implicitRemote || t.Name == implicitLocal:
			f.add(name, "%q is the name of the addresses in [interface.pptp-dynamic-server]: want another", t.Name)
		case !validName(t.Name):
			f.add(name, "%q: %s", t.Name, nameForm)
		case twice:
			f.add(name, "%q is the name of the pool in line %d already: want another", t.Name, f.at.line(path{"pool"}.index(first)))
		default:
			names[t.Name] = i
		}
		if len(t.Ranges) == 0 && f.good(ranges) {
			f.add(ranges, "missing: want ranges such as \"10.5.17.1-10.5.17.50\"")
		}
	}
	known := func(name string) bool {
		_, ok := names[name]
		return ok
	}
	for i, t := range s.Pools {
		next := path{"pool"}.index(i).child("next-pool")
		switch {
		case t.NextPool == "" || !f.good(next):
		case !known(t.NextPool):
			f.add(next, "%q: there is no such pool: want %s", t.NextPool, poolNames(s.Pools))
		case leadsBack(s.Pools, i):
			f.add(next, "%q leads back to pool %q: want a chain of pools that ends", t.NextPool, t.Name)
		}
	}
	if name := d.RemoteAddress.pool; name != "" && !known(name) {
		f.add(keyRemoteAddress, "%q: there is no such pool: want %s, or address ranges", name, poolNames(s.Pools))
	}
	if size := d.LocalAddress.Size(); size > maxLocal {
		f.add(keyLocalAddress, "%q: %d addresses: want at most %d", d.LocalAddress, size, maxLocal)
	}
	f.checkOverlaps(s, b)
}

// checkOverlaps refuses addresses that two ends would have.
func (f *findings) checkOverlaps(s *file, b builtPools) {
	d := &s.Interface.DynamicServer
	local := d.LocalAddress
	if !f.good(keyLocalAddress) {
		local = nil
	}
	for i, p := range b.list {
		if !f.good(p.at) {
			continue
		}
		for _, o := range b.list[:i] {
			if !f.good(o.at) {
				continue
			}
			if both, overlap := p.Ranges.Intersection(o.Ranges); overlap {
				f.add(f.set(p.at, o.at), "%s is in %s and in %s: want pools without an address in common", both, p.describe(), o.describe())
			}
		}
		for _, l := range s.Server.Listen {
			if p.Ranges.Contains(l.Addr()) {
				f.add(f.set(p.at, keyListen), "%s contains %s, where the server listens: the tunnel would carry itself", p.describe(), l.Addr())
			}
		}
		if local.Size() == 1 && p.Ranges.Overlaps(local) && b.reachable(p.Name) {
			f.add(f.set(keyLocalAddress, p.at), "local-address %s is in %s: want an address outside of the remote addresses", local, p.describe())
		}
	}
	for _, l := range s.Server.Listen {
		if local.Size() == 1 && local.Contains(l.Addr()) {
			f.add(f.set(keyLocalAddress, keyListen), "local-address %s is where the server listens: the tunnel would carry itself", local)
		}
	}
}

// describe names a pool as it stands in the file.
func (p placedPool) describe() string {
	switch p.Name {
	case implicitRemote:
		return "remote-address " + p.Ranges.String()
	case implicitLocal:
		return "local-address " + p.Ranges.String()
	}
	return "pool \"" + p.Name + "\" " + p.Ranges.String()
}

// reachable reports whether the dynamic server takes addresses of the pool.
func (b builtPools) reachable(name string) bool {
	at := b.remote
	for range b.list { // a chain is no longer than the list, even if it loops
		if at == name {
			return true
		}
		i := slices.IndexFunc(b.list, func(p placedPool) bool { return p.Name == at })
		if i < 0 {
			return false
		}
		at = b.list[i].NextPool
	}
	return false
}

func leadsBack(pools []poolTable, start int) bool {
	at := pools[start].NextPool
	for range pools {
		if at == pools[start].Name {
			return true
		}
		i := slices.IndexFunc(pools, func(p poolTable) bool { return p.Name == at })
		if i < 0 {
			return false
		}
		at = pools[i].NextPool
	}
	return false
}

func poolNames(pools []poolTable) string {
	var names []string
	for _, p := range pools {
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return "a [[pool]] of that name"
	}
	return either(names)
}

// CheckHost refuses pools that contain an address of this host: packets to
// such a client would never leave it, and an outer address of the server in a
// tunnel cuts the tunnel off. The caller knows the addresses; those that the
// dynamic server itself has set on its devices do no harm. The error is of
// type Problems.
func (c *Config) CheckHost(addrs []netip.Addr) error {
	f := &findings{file: c.source.name, at: c.source.at}
	local := c.Concentrator.Dynamic.LocalAddress
	for _, p := range c.Pools {
		for _, a := range addrs {
			if p.Name == c.Concentrator.Dynamic.LocalPool || !p.Ranges.Contains(a) || local.Contains(a) {
				continue
			}
			f.add(c.source.pools[p.Name], "%s contains %s, which is an address of this host",
				placedPool{Config: p}.describe(), a)
		}
	}
	return f.err()
}
