package config

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/pool"
)

// Names of the pools that the addresses of the dynamic server make.
const (
	implicitRemote = "pptp-dynamic-server"
	implicitLocal  = "pptp-dynamic-server-local"
)

// build checks what is left to check in the file, and makes a Config of it. If
// there are findings the Config is not to be used.
func (f *findings) build(s file) *Config {
	f.checkPaths(&s)
	f.checkServer(&s)
	f.checkLink(&s.Interface.DynamicServer)
	f.checkAAA(&s.AAA)
	pools := f.buildPools(&s)
	d := s.Interface.DynamicServer
	c := &Config{
		StateDir: s.StateDir,
		Admin:    Admin(s.Admin),
		Log:      Log(s.Log),
		Concentrator: concentrator.Config{
			Server: concentrator.ServerConfig{
				Listen: s.Server.Listen, HostName: s.Server.HostName,
				MaxSessions: s.Server.MaxSessions, MaxStarting: s.Server.MaxStarting,
				MaxPerSource: s.Server.MaxPerSource, MaxStartingSource: s.Server.MaxStartingPerSource,
				MaxCalls: s.Server.MaxCalls, FirstTimeout: s.Server.FirstMessageTimeout,
				SetupTimeout: s.Server.SetupTimeout, EchoInterval: s.Server.EchoInterval,
				EchoTimeout: s.Server.EchoTimeout, CallIDHoldDown: s.Server.CallIDHoldDown,
				EndedSessions: s.Server.EndedSessions, ShutdownTimeout: s.Server.ShutdownTimeout,
				AuthTimeout: s.AAA.Timeout * time.Duration(max(1, len(s.AAA.Authentication))),
			},
			Dynamic: concentrator.DynamicServerConfig{
				LinkConfig: concentrator.LinkConfig{
					MTU: d.MTU, MRU: d.MRU,
					PAP: d.PAP, CHAP: d.CHAP, MSCHAPv1: d.MSCHAPv1, MSCHAPv2: d.MSCHAPv2,
					Encryption: encryptions[d.Encryption], KeyLengths: setOf(d.KeyLengths),
					IdleTimeout: d.IdleTimeout, SessionTimeout: d.SessionTimeout,
					LCPEchoInterval: d.LCPEchoInterval, LCPEchoFailure: d.LCPEchoFailure,
					ClampMSS: d.ClampMSS,
				},
				Enabled: d.Enabled, LocalAddress: d.LocalAddress,
				LocalPool: pools.local, RemotePool: pools.remote, Routes: pools.routes(),
				DNS: d.DNS, WINS: d.WINS,
				InterfacePerSession: d.InterfacePerSession, Device: d.Device,
			},
		},
		AAA: AAA{
			Authentication: s.AAA.Authentication, Accounting: s.AAA.Accounting,
			FaultsFallThrough: s.AAA.Faults == "fall-through", Timeout: s.AAA.Timeout,
			Backends: f.buildBackends(&s.AAA),
		},
		source: source{name: f.file, at: f.at, pools: map[string]path{}},
	}
	for _, p := range pools.list {
		c.Pools = append(c.Pools, p.Config)
		c.source.pools[p.Name] = p.at
	}
	return c
}

// placedPool is a pool and where its ranges stand in the file.
type placedPool struct {
	pool.Config
	at path
}

type builtPools struct {
	list          []placedPool
	remote, local string // names
}

// routes are the addresses that clients may get: a backend may name any pool.
func (b builtPools) routes() []netip.Prefix {
	var all pool.Ranges
	for _, p := range b.list {
		if p.Name != b.local {
			all = append(all, p.Ranges...)
		}
	}
	return all.Prefixes()
}

// buildPools makes the list of pools and checks it.
func (f *findings) buildPools(s *file) builtPools {
	d := &s.Interface.DynamicServer
	var b builtPools
	for i, t := range s.Pools {
		b.list = append(b.list, placedPool{pool.Config{
			Name: t.Name, Ranges: t.Ranges, NextPool: t.NextPool,
			Quarantine: t.Quarantine, UseNetworkAndBroadcast: t.UseNetworkAndBroadcast,
		}, path{"pool"}.index(i).child("ranges")})
	}
	if b.remote = d.RemoteAddress.pool; b.remote == "" {
		b.remote = implicitRemote
		b.list = append(b.list, placedPool{pool.Config{
			Name: b.remote, Ranges: d.RemoteAddress.ranges, Quarantine: defaultQuarantine,
		}, keyRemoteAddress})
	}
	if d.LocalAddress.Size() > 1 {
		b.local = implicitLocal
		b.list = append(b.list, placedPool{pool.Config{
			Name: b.local, Ranges: d.LocalAddress, Quarantine: defaultQuarantine,
		}, keyLocalAddress})
	} else {
		for i := range b.list {
			if a := d.LocalAddress[0].First; b.list[i].Ranges.Contains(a) {
				b.list[i].Exclude = []netip.Addr{a}
			}
		}
	}
	f.checkPools(s, b)
	return b
}

// buildBackends makes the list of backends. The local database needs no table:
// it is there whenever a list names it.
func (f *findings) buildBackends(a *aaaTable) []Backend {
	tables := maps.Clone(a.Backends)
	if tables == nil {
		tables = map[string]backendTable{}
	}
	if _, given := tables["local"]; !given && slices.Contains(slices.Concat(a.Authentication, a.Accounting), "local") {
		tables["local"] = backendTable{Plugin: "local"}
	}
	var list []Backend
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		t := tables[name]
		b := Backend{Name: name, Plugin: t.Plugin, Command: t.Command, Config: json.RawMessage("{}")}
		if t.Config != nil {
			text, err := json.Marshal(t.Config)
			if err != nil {
				f.add(keyBackend.child(name).child("config"), "a value that cannot be told to a plugin (%v): want strings, finite numbers, booleans, times, lists and tables", err)
				continue
			}
			b.Config = text
		}
		list = append(list, b)
	}
	return list
}
