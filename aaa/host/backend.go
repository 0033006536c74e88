package host

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/pluginrpc"
)

// Backend is a backend whose work is done by a plugin process. All methods may
// be called concurrently; each is bounded by CallTimeout, WatchCommands excepted.
// A capability that the plugin lacks yields aaa.ErrNotSupported.
type Backend struct {
	config Config
	cancel context.CancelFunc // ends the supervisor
	done   chan struct{}      // closed when the supervisor has ended

	// configuring has capacity 1: whoever put the element in may configure a
	// process.
	configuring chan struct{}

	mu       sync.Mutex // guards all below
	status   Status
	current  *instance          // in Unconfigured and Running
	accepted *aaa.Configuration // the last one a process accepted
	changed  chan struct{}      // closed, and replaced, at every change of state
}

var (
	_ aaa.Backend     = (*Backend)(nil)
	_ aaa.UserAdmin   = (*Backend)(nil)
	_ aaa.Credentials = (*Backend)(nil)
)

// Start launches the process of one backend and keeps it running until Close.
// It does not wait for the process; Configure does.
func Start(c Config) (*Backend, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Backend{
		config:      c,
		cancel:      cancel,
		done:        make(chan struct{}),
		configuring: make(chan struct{}, 1),
		changed:     make(chan struct{}),
		status: Status{
			Name:    c.Name,
			Command: slices.Clone(c.Command),
			State:   Starting,
			Since:   time.Now(),
		},
	}
	// Ends at Close, which awaits it.
	go b.supervise(ctx)
	return b, nil
}

// Close ends the process and returns when it has ended. Idempotent; calls under
// way and later ones fail with aaa.ErrUnavailable.
func (b *Backend) Close() error {
	b.cancel()
	<-b.done
	return nil
}

// Status describes the process. It does not block.
func (b *Backend) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.status
	s.Info.Capabilities = slices.Clone(s.Info.Capabilities)
	return s
}

// change changes the status and wakes whoever waits for a change.
func (b *Backend) change(f func(*Status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changeLocked(f)
}

func (b *Backend) changeLocked(f func(*Status)) {
	before := b.status.State
	f(&b.status)
	if b.status.State != before {
		b.status.Since = time.Now()
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// instance returns the process to call. It waits while one is starting, and, if
// patient, through back-off too. Unless configured is set, a process that has no
// configuration will do.
func (b *Backend) instance(ctx context.Context, configured, patient bool) (*instance, error) {
	for {
		b.mu.Lock()
		i, s, changed := b.current, b.status, b.changed
		b.mu.Unlock()
		switch s.State {
		case Running:
			return i, nil
		case Unconfigured:
			if !configured {
				return i, nil
			}
			if !patient {
				return nil, b.unavailable("has no configuration", s.LastError)
			}
		case Backoff:
			if !patient {
				return nil, b.unavailable("is down", s.LastError)
			}
		case Closed:
			return nil, b.unavailable("is closed", "")
		case Starting:
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: wait for backend %q to start: %w",
				aaa.ErrUnavailable, b.config.Name, context.Cause(ctx))
		}
	}
}

func (b *Backend) unavailable(state, lastError string) error {
	if lastError == "" {
		return fmt.Errorf("%w: backend %q %s", aaa.ErrUnavailable, b.config.Name, state)
	}
	return fmt.Errorf("%w: backend %q %s: %s", aaa.ErrUnavailable, b.config.Name, state, lastError)
}

// do performs one call on the current process.
func do[T any](ctx context.Context, b *Backend, f func(context.Context, *pluginrpc.Client) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, b.config.CallTimeout)
	defer cancel()
	i, err := b.instance(ctx, true, false)
	if err != nil {
		var none T
		return none, err
	}
	return call(ctx, i, f)
}

// none is the result of calls that have none.
type none = struct{}

// Info implements aaa.Backend: it answers for the process that is up, or was
// last.
func (b *Backend) Info(ctx context.Context) (aaa.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, b.config.CallTimeout)
	defer cancel()
	if s := b.Status(); s.State != Starting && s.Info.Name != "" {
		return s.Info, nil
	}
	i, err := b.instance(ctx, false, false)
	if err != nil {
		return aaa.Info{}, err
	}
	return i.info, nil
}

// Configure implements aaa.Backend. A configuration that was accepted is handed
// to every later process, too.
func (b *Backend) Configure(ctx context.Context, c aaa.Configuration) error {
	ctx, cancel := context.WithTimeout(ctx, b.config.CallTimeout)
	defer cancel()
	// Not while holding the right to configure: a process that starts needs it.
	i, err := b.instance(ctx, false, false)
	if err != nil {
		return err
	}
	select {
	case b.configuring <- struct{}{}:
		defer func() { <-b.configuring }()
	case <-ctx.Done():
		return fmt.Errorf("%w: wait for another configuration of backend %q: %w",
			aaa.ErrUnavailable, b.config.Name, context.Cause(ctx))
	}
	if err := b.configure(ctx, i, c); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.Options = slices.Clone(c.Options)
	b.accepted = &c
	if b.current == i {
		b.changeLocked(func(s *Status) { s.State = Running })
	}
	return nil
}

// configure hands c to one process. The caller holds the element of configuring.
func (b *Backend) configure(ctx context.Context, i *instance, c aaa.Configuration) error {
	_, err := call(ctx, i, func(ctx context.Context, rpc *pluginrpc.Client) (none, error) {
		return none{}, rpc.Configure(ctx, c)
	})
	return err
}

// Authenticate implements aaa.Backend.
func (b *Backend) Authenticate(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	return do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) (*aaa.Verdict, error) {
		return rpc.Authenticate(ctx, r)
	})
}

// Account implements aaa.Backend.
func (b *Backend) Account(ctx context.Context, r *aaa.Record) error {
	_, err := do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) (none, error) {
		return none{}, rpc.Account(ctx, r)
	})
	return err
}

// ListUsers implements aaa.UserAdmin.
func (b *Backend) ListUsers(ctx context.Context) ([]aaa.User, error) {
	return do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) ([]aaa.User, error) {
		return rpc.ListUsers(ctx)
	})
}

// AddUser implements aaa.UserAdmin.
func (b *Backend) AddUser(ctx context.Context, u aaa.User, password aaa.Secret) error {
	_, err := do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) (none, error) {
		return none{}, rpc.AddUser(ctx, u, password)
	})
	return err
}

// SetUser implements aaa.UserAdmin.
func (b *Backend) SetUser(ctx context.Context, name string, change aaa.UserChange) error {
	_, err := do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) (none, error) {
		return none{}, rpc.SetUser(ctx, name, change)
	})
	return err
}

// RemoveUser implements aaa.UserAdmin.
func (b *Backend) RemoveUser(ctx context.Context, name string) error {
	_, err := do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) (none, error) {
		return none{}, rpc.RemoveUser(ctx, name)
	})
	return err
}

// Respond implements aaa.Credentials.
func (b *Backend) Respond(ctx context.Context, r *aaa.RespondRequest) (*aaa.Response, error) {
	return do(ctx, b, func(ctx context.Context, rpc *pluginrpc.Client) (*aaa.Response, error) {
		return rpc.Respond(ctx, r)
	})
}
