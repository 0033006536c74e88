package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/host"
	"github.com/pptpac/pptpac/cmd/pptpac/config"
)

// configureTimeout bounds how long a backend may take to start and to accept
// its configuration.
const configureTimeout = 20 * time.Second

// backends are the processes of the AAA plugins.
type backends struct {
	list  map[string]*host.Backend
	order []string // as configured: those that authenticate, then those that only account
}

// startBackends launches and configures the plugins that the configuration
// uses. It fails if one refuses its configuration, and leaves none running.
func startBackends(ctx context.Context, cfg *config.Config, s *state, log zerolog.Logger) (*backends, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own executable: %w", err)
	}
	b := &backends{list: make(map[string]*host.Backend)}
	for _, name := range backendsOf(cfg) {
		spec := backendNamed(cfg, name)
		command := spec.Command
		if spec.Plugin != "" {
			command = []string{self, "plugin", spec.Plugin}
		}
		backend, err := host.Start(host.Config{Name: name, Command: command, Logger: log, CallTimeout: cfg.AAA.Timeout})
		if err != nil {
			_ = b.close()
			return nil, fmt.Errorf("aaa.backend.%s: %w", name, err)
		}
		b.list[name], b.order = backend, append(b.order, name)
		if err := b.configure(ctx, name, spec, s, cfg); err != nil {
			_ = b.close()
			return nil, err
		}
	}
	return b, nil
}

// backendsOf names the backends that are in use, each once: those that
// authenticate, in order, then those that only account.
func backendsOf(cfg *config.Config) []string {
	var list []string
	for _, name := range slices.Concat(cfg.AAA.Authentication, cfg.AAA.Accounting) {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// backendNamed returns the configuration of a backend; config has checked that
// there is one.
func backendNamed(cfg *config.Config, name string) config.Backend {
	i := slices.IndexFunc(cfg.AAA.Backends, func(b config.Backend) bool { return b.Name == name })
	if i < 0 {
		return config.Backend{Name: name}
	}
	return cfg.AAA.Backends[i]
}

// configure hands a backend its own configuration.
func (b *backends) configure(ctx context.Context, name string, spec config.Backend, s *state, cfg *config.Config) error {
	dir, err := s.backendDir(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, configureTimeout)
	defer cancel()
	err = b.list[name].Configure(ctx, aaa.Configuration{NodeName: cfg.Concentrator.Server.HostName, StateDir: dir, Options: spec.Config})
	if err != nil {
		return fmt.Errorf("aaa.backend.%s: %w", name, err)
	}
	return nil
}

// chain makes the chain of the configuration.
func (b *backends) chain(cfg *config.Config) *aaa.Chain {
	c := aaa.ChainConfig{CallTimeout: cfg.AAA.Timeout, FaultsFallThrough: cfg.AAA.FaultsFallThrough}
	for _, name := range cfg.AAA.Authentication {
		c.Authentication = append(c.Authentication, aaa.NamedAuthenticator{Name: name, Backend: b.list[name]})
	}
	for _, name := range cfg.AAA.Accounting {
		c.Accounting = append(c.Accounting, aaa.NamedAccountant{Name: name, Backend: b.list[name]})
	}
	return aaa.NewChain(c)
}

// users returns the user administration of a backend; of the first that keeps
// users for "".
func (b *backends) users(name string) (aaa.UserAdmin, error) {
	if name != "" {
		if backend := b.list[name]; backend != nil {
			return backend, nil
		}
		return nil, fmt.Errorf("%w: no backend %q; there are %s", aaa.ErrInvalid, name, strings.Join(b.order, ", "))
	}
	for _, name := range b.order {
		if b.list[name].Status().Info.Has(aaa.CapUserAdmin) {
			return b.list[name], nil
		}
	}
	return nil, fmt.Errorf("%w: no backend keeps users; configured are %s", aaa.ErrNotSupported, strings.Join(b.order, ", "))
}

// close ends the processes.
func (b *backends) close() error {
	var err error
	for _, backend := range b.list {
		err = errors.Join(err, backend.Close())
	}
	return err
}
