package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/contrib/bench/lab"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/nulltest"
	"github.com/pptpac/pptpac/pool"
)

// Calls of each kind, the rounds in which kinds take turns, and the time that a
// call should not exceed.
const (
	setupCalls  = 200
	setupRounds = 4
	setupAim    = 100 * time.Millisecond
)

// setupNull is the time from the SYN to IPCP up in one process, GRE being a
// channel and AAA the sums alone: what the protocols themselves cost.
func setupNull(b *bench) error {
	wire := nulltest.NewWire()
	defer func() { _ = wire.Close() }()
	server, stop, err := startServer(wire.Left, lab.AAA{})
	if err != nil {
		return err
	}
	defer stop()
	cfg := concentrator.ClientConfig{LinkConfig: server.Config().Dynamic.LinkConfig, ConnectTo: server.Addrs()[0], User: lab.User}
	var plain, offers []time.Duration
	for i := range 2 * setupCalls {
		withOffers := i%2 == 1
		call, d := lab.Dial(cfg, wire.Right, withOffers)
		if call == nil {
			return errors.New(d.Error)
		}
		call.Close()
		if withOffers {
			offers = append(offers, d.Settled)
		} else {
			plain = append(plain, d.Settled)
		}
	}
	b.setups("setup/null", plain)
	b.setups("setup/null, IPX and NetBEUI offered", offers)
	b.ratio("setup/null, offered : not offered", median(offers).Seconds(), median(plain).Seconds())
	return nil
}

// setups prints times of calls, and how many missed the aim: each of those has
// waited for a timer.
func (b *bench) setups(name string, list []time.Duration) {
	b.times(name, list)
	slow := 0
	for _, d := range list {
		if d > setupAim {
			slow++
		}
	}
	b.say(fmt.Sprintf("%s, longer than %s", name, setupAim), float64(slow), "calls", "")
}

// startServer starts a concentrator on loopback with an address for everybody.
// stop ends it and waits.
func startServer(plane dataplane.Plane, service aaa.Service) (server *concentrator.Server, stop func(), err error) {
	pools, err := openPools()
	if err != nil {
		return nil, nil, err
	}
	return startServerWith(plane, service, pools)
}

func openPools() (*pool.Pools, error) {
	ranges, err := pool.ParseRanges("10.64.0.0/14")
	if err != nil {
		return nil, err
	}
	return pool.Open(nil, []pool.Config{{Name: "remote", Ranges: ranges}}, pool.Options{})
}

func startServerWith(plane dataplane.Plane, service aaa.Service, pools *pool.Pools) (*concentrator.Server, func(), error) {
	cfg := concentrator.DefaultConfig()
	cfg.Server.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	cfg.Server.MaxStartingSource = 0 // all clients have one address
	cfg.Dynamic.RemotePool = "remote"
	var err error
	if cfg.Dynamic.LocalAddress, err = pool.ParseRanges(lab.ServerInner); err != nil {
		return nil, nil, err
	}
	server, err := concentrator.New(concentrator.Options{
		Config: cfg, Plane: plane, AAA: service, Pools: pools, Log: zerolog.Nop(), Rand: rand.Reader, Epoch: 1,
	})
	if err != nil {
		return nil, nil, err
	}
	if err := server.Listen(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	// Ends at stop.
	go func() {
		defer close(done)
		_ = server.Serve(ctx) // its error is always nil once Listen succeeded
	}()
	return server, func() { cancel(); <-done; _ = pools.Close() }, nil
}

// setupNamespaces is the same between two network namespaces: real GRE, a TUN
// device, the real binary and its plugin process with a database on disk.
func setupNamespaces(b *bench) error {
	network, err := lab.NewNetwork()
	if err != nil {
		return err
	}
	defer network.Close()
	daemon, err := network.StartDaemon(b.binary, filepath.Join(b.dir, "setup"), "[log]\nlevel = \"info\"\n[server]\nmax-starting-per-source = 0")
	if err != nil {
		return err
	}
	kinds := []*struct {
		name    string
		spec    lab.DialSpec
		settled []time.Duration
	}{
		{name: "setup/namespaces"},
		{name: "setup/namespaces, IPX and NetBEUI offered", spec: lab.DialSpec{Offers: true}},
		{name: "setup/namespaces, client makes a TUN device", spec: lab.DialSpec{Device: "vpn0"}},
	}
	for range setupRounds {
		for _, k := range kinds {
			list, err := dialAll(network, k.spec, setupCalls/setupRounds)
			if err != nil {
				return err
			}
			k.settled = append(k.settled, list...)
		}
	}
	for _, k := range kinds {
		b.setups(k.name, k.settled)
	}
	b.ratio("setup/namespaces, offered : not offered", median(kinds[1].settled).Seconds(), median(kinds[0].settled).Seconds())
	return daemon.Stop(syscall.SIGTERM)
}

// dialAll has a client process place n calls.
func dialAll(network *lab.Network, spec lab.DialSpec, n int) ([]time.Duration, error) {
	spec.Server, spec.Calls = lab.ServerOuter+":1723", n
	client, err := lab.Spawn(network.Client, lab.DialRole, spec)
	if err != nil {
		return nil, err
	}
	var list []time.Duration
	for range n {
		var d lab.Dialed
		if err := client.Read(&d); err != nil {
			return nil, err
		}
		if d.Error != "" {
			return nil, fmt.Errorf("call: %s", d.Error)
		}
		list = append(list, d.Settled)
	}
	return list, client.Close()
}
