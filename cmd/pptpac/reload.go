package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/cmd/pptpac/config"
)

func isAddressInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// reload reads the configuration again, checks all of it, and only then puts
// it in force. Live sessions go on as they are. The log tells how it went,
// whoever asked for it.
func (d *daemon) reload(ctx context.Context) ([]string, error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	warnings, err := d.reloadLocked(ctx)
	if err != nil {
		d.log.Error().Err(err).Msg("reload failed, the old configuration stays in force")
	}
	return warnings, err
}

func (d *daemon) reloadLocked(ctx context.Context) ([]string, error) {
	cfg, path, err := d.source.load()
	switch {
	case err != nil:
		return nil, err
	case path == "":
		return nil, fmt.Errorf("the daemon runs on built-in defaults: there is no configuration file to reload, not even %s", defaultConfig)
	}
	if err := checkHost(cfg, d.cfg.Concentrator.Dynamic.LocalAddress); err != nil {
		return nil, err
	}
	if err := d.unchanged(cfg); err != nil {
		return nil, err
	}
	if err := d.apply(ctx, cfg); err != nil {
		return nil, err
	}
	d.cfg = cfg
	d.log.Info().Str("file", path).Msg("configuration reloaded")
	return nil, nil
}

// unchanged refuses, by name, what only a restart can change.
func (d *daemon) unchanged(cfg *config.Config) error {
	var errs []error
	restart := func(key string, same bool) {
		if !same {
			errs = append(errs, fmt.Errorf("%s: a change needs a restart", key))
		}
	}
	old := d.cfg
	restart("state-dir", old.StateDir == cfg.StateDir)
	restart("admin.socket", old.Admin.Socket == cfg.Admin.Socket)
	restart("admin.group", old.Admin.Group == cfg.Admin.Group)
	restart("admin.read-only-group", old.Admin.ReadOnlyGroup == cfg.Admin.ReadOnlyGroup)
	restart("aaa.timeout", old.AAA.Timeout == cfg.AAA.Timeout)
	restart("log.format", old.Log.Format == cfg.Log.Format)
	restart("server.listen", slices.Equal(old.Concentrator.Server.Listen, cfg.Concentrator.Server.Listen))
	for _, name := range backendsOf(cfg) {
		before, after := backendNamed(old, name), backendNamed(cfg, name)
		restart("aaa.backend."+name, d.backends.list[name] != nil &&
			before.Plugin == after.Plugin && slices.Equal(before.Command, after.Command))
	}
	return errors.Join(errs...)
}

// apply changes pools, backends and server, in this order, and takes back what
// it did if a later one refuses.
func (d *daemon) apply(ctx context.Context, cfg *config.Config) error {
	old := d.cfg
	if err := d.pools.Configure(cfg.Pools); err != nil {
		return err
	}
	undo := []func() error{func() error { return d.pools.Configure(old.Pools) }}
	fail := func(err error) error {
		for _, u := range slices.Backward(undo) {
			err = errors.Join(err, u())
		}
		return err
	}
	for _, name := range backendsOf(cfg) {
		if err := d.backends.configure(ctx, name, backendNamed(cfg, name), d.state, cfg); err != nil {
			return fail(err)
		}
		undo = append(undo, func() error {
			return d.backends.configure(context.WithoutCancel(ctx), name, backendNamed(old, name), d.state, old)
		})
	}
	if err := d.server.Reconfigure(cfg.Concentrator); err != nil {
		return fail(err)
	}
	d.chain.Store(d.backends.chain(cfg))
	if level, err := zerolog.ParseLevel(cfg.Log.Level); err == nil {
		zerolog.SetGlobalLevel(level)
	}
	return nil
}
