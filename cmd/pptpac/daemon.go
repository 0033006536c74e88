package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/cmd/pptpac/config"
	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/admin"
	"github.com/pptpac/pptpac/dataplane/engine"
	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/pool"
)

// daemon is everything that `pptpac serve` runs, in the order in which it is
// opened; close goes the other way.
type daemon struct {
	source  source
	log     zerolog.Logger
	started time.Time

	reloading sync.Mutex     // one reload at a time; guards cfg
	cfg       *config.Config // in force

	state    *state
	admin    net.Listener
	groups   admin.Groups
	pools    *pool.Pools
	backends *backends
	chain    *switchableChain
	plane    *engine.Engine
	server   *concentrator.Server
}

// switchableChain lets a reload replace the chain between two calls.
type switchableChain struct{ atomic.Pointer[aaa.Chain] }

func (s *switchableChain) Authenticate(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	return s.Load().Authenticate(ctx, r)
}

func (s *switchableChain) Account(ctx context.Context, r *aaa.Record) error {
	return s.Load().Account(ctx, r)
}

// openDaemon opens everything. On an error it has closed what it opened, the
// device of the dynamic server excepted, which goes with the process.
func openDaemon(ctx context.Context, from source, cfg *config.Config, log zerolog.Logger) (d *daemon, err error) {
	d = &daemon{source: from, cfg: cfg, log: log, started: time.Now()}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err = checkHost(cfg, nil); err != nil {
		return d, err
	}
	if d.state, err = openState(cfg.StateDir); err != nil {
		return d, explain(err)
	}
	// From here on clients wait for their answer until run serves them.
	if err = d.listenAdmin(); err != nil {
		return d, explain(err)
	}
	report := func(err error) { log.Error().Err(err).Msg("address pools") }
	if d.pools, err = pool.Open(d.state.db, cfg.Pools, pool.Options{Report: report}); err != nil {
		return d, err
	}
	if d.backends, err = startBackends(ctx, cfg, d.state, log); err != nil {
		return d, err
	}
	d.chain = new(switchableChain)
	d.chain.Store(d.backends.chain(cfg))
	lost := func(err error) {
		log.Error().Err(err).Msg("the GRE socket failed: no session can go on; restart pptpac")
	}
	if d.plane, err = engine.New(engine.Options{SocketLost: lost}); err != nil {
		return d, explain(err)
	}
	d.server, err = concentrator.New(concentrator.Options{
		Config: cfg.Concentrator, Plane: d.plane, AAA: d.chain, Pools: d.pools, Log: log, Rand: rand.Reader, Epoch: d.state.epoch,
	})
	if err != nil {
		return d, err
	}
	return d, explain(d.server.Listen())
}

// checkHost compares the configuration with this machine's addresses, without
// those that the dynamic server itself has set.
func checkHost(cfg *config.Config, own pool.Ranges) error {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("addresses of this host: %w", err)
	}
	var addrs []netip.Addr
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !own.Contains(p.Addr().Unmap()) {
			addrs = append(addrs, p.Addr().Unmap())
		}
	}
	return cfg.CheckHost(addrs)
}

// listenAdmin opens the admin socket.
func (d *daemon) listenAdmin() (err error) {
	if d.groups, err = adminGroups(d.cfg.Admin); err != nil {
		return err
	}
	d.admin, err = admin.Listen(d.cfg.Admin.Socket, d.groups)
	return err
}

// run serves until ctx is done.
func (d *daemon) run(ctx context.Context) error {
	adminCtx, stopAdmin := context.WithCancel(context.Background())
	defer stopAdmin()
	options := admin.Options{
		Server: d.server, Plane: d.plane, Pools: d.pools, Users: d.backends.users, Groups: d.groups,
		Version: buildVersion(), Started: d.started, Log: d.log,
		Reload: func(call context.Context) ([]string, error) {
			if ctx.Err() != nil {
				return nil, errors.New("pptpac is shutting down")
			}
			return d.reload(call)
		},
	}
	adminDone := make(chan error, 1)
	// Ends with stopAdmin: an administrator can watch the shutdown.
	go func() {
		err := admin.Serve(adminCtx, d.admin, options)
		if err != nil {
			d.log.Error().Err(err).Msg("the admin API has stopped; calls go on: restart pptpac")
		}
		adminDone <- err
	}()
	d.checkForwarding()
	for _, a := range d.server.Addrs() {
		d.log.Info().Stringer("listen", a).Str("version", buildVersion()).Msg("answering calls")
	}
	err := d.server.Serve(ctx)
	stopAdmin()
	return errors.Join(err, <-adminDone)
}

func (d *daemon) checkForwarding() {
	if on, err := netif.ForwardingEnabled(); err == nil && !on {
		d.log.Warn().Msg("IP forwarding is off: clients reach this machine only; `sysctl -w net.ipv4.ip_forward=1` turns it on")
	}
}

// close gives back what is open.
func (d *daemon) close() {
	if d.plane != nil {
		_ = d.plane.Close()
	}
	if d.backends != nil {
		_ = d.backends.close()
	}
	if d.pools != nil {
		_ = d.pools.Close()
	}
	if d.admin != nil {
		_ = d.admin.Close()
	}
	if d.state != nil {
		_ = d.state.close()
	}
}

// adminGroups resolves the groups of [admin].
func adminGroups(a config.Admin) (admin.Groups, error) {
	g := admin.Groups{Full: -1, ReadOnly: -1}
	for _, f := range []struct {
		key, name string
		gid       *int
	}{{"admin.group", a.Group, &g.Full}, {"admin.read-only-group", a.ReadOnlyGroup, &g.ReadOnly}} {
		if f.name == "" {
			continue
		}
		group, err := user.LookupGroup(f.name)
		if _, unknown := errors.AsType[user.UnknownGroupError](err); unknown && f.name == config.Default().Admin.Group {
			continue // a machine without that group has no such administrators
		}
		if err != nil {
			return g, fmt.Errorf("%s = %q: %w", f.key, f.name, err)
		}
		if *f.gid, err = strconv.Atoi(group.Gid); err != nil {
			return g, fmt.Errorf("%s = %q: group id %q", f.key, f.name, group.Gid)
		}
	}
	return g, nil
}

// explain adds what to do about the commonest obstacles of a first start.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w\npptpac needs root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW", err)
	case isAddressInUse(err):
		return fmt.Errorf("%w\nanother PPTP server runs on this machine; end it or set [server] listen", err)
	}
	return err
}
