package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pptpac/pptpac/aaa"
)

// supervise keeps a process running until ctx is done.
func (b *Backend) supervise(ctx context.Context) {
	defer close(b.done)
	defer b.change(func(s *Status) { s.State, s.PID, s.NextStart = Closed, 0, time.Time{} })
	failures := 0 // ends in a row of processes that were not stable
	for {
		began := time.Now()
		err := b.runOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= b.config.StableAfter {
			failures = 0
		}
		delay := b.delay(failures)
		failures++
		b.config.Logger.Error().Err(err).Str("backend", b.config.Name).Dur("next-start", delay).
			Msg("the plugin process ended and will be started again")
		b.change(func(s *Status) {
			s.PID, s.LastError = 0, err.Error()
			s.Restarts++
			s.State = Starting
			if delay > 0 {
				s.State, s.NextStart = Backoff, time.Now().Add(delay)
			}
		})
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return
		}
		b.change(func(s *Status) { s.State, s.NextStart = Starting, time.Time{} })
	}
}

// delay before the next launch after so many failures in a row: none at first,
// then doubled from BackoffMin to BackoffMax, a fifth more or less, so that
// several backends that fell together do not rise together.
func (b *Backend) delay(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	d := b.config.BackoffMax
	if shift := failures - 1; shift < 32 && b.config.BackoffMin<<shift < d && b.config.BackoffMin<<shift > 0 {
		d = b.config.BackoffMin << shift
	}
	return d - d/5 + rand.N(2*d/5+1) //nolint:gosec // jitter is no secret
}

// runOnce launches one process and attends it to its end, which the error
// explains.
func (b *Backend) runOnce(ctx context.Context) error {
	i, err := launch(ctx, b.config)
	if err != nil {
		return err
	}
	b.change(func(s *Status) { s.PID, s.Info = i.process.pid, i.info })
	b.config.Logger.Info().Str("backend", b.config.Name).Int("pid", i.process.pid).
		Str("plugin", i.info.Name).Str("version", i.info.Version).Msg("plugin process started")

	err = b.attend(ctx, i)
	b.mu.Lock()
	b.current = nil
	b.changeLocked(func(s *Status) { s.State = Starting })
	b.mu.Unlock()
	if errors.Is(err, errSilent) {
		i.kill()
	} else {
		i.stop()
	}
	return err
}

// errSilent is the reason to end a process that does not answer any more.
var errSilent = errors.New("the plugin process hangs")

// attend configures the process and watches it until it ends, hangs, or ctx is
// done.
func (b *Backend) attend(ctx context.Context, i *instance) error {
	attempts := 0
	retry := b.introduce(ctx, i, attempts)
	pings := time.NewTicker(b.config.PingInterval)
	defer pings.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-i.process.gone:
			return i.exit()
		case <-i.hung:
			return fmt.Errorf("%w: %d calls in a row got no answer", errSilent, b.config.HangLimit)
		case <-retry:
			attempts++
			retry = b.introduce(ctx, i, attempts)
		case <-pings.C:
			if err := b.ping(ctx, i); err != nil && ctx.Err() == nil && i.life.Err() == nil {
				return fmt.Errorf("%w: no answer to a health check: %w", errSilent, err)
			}
		}
	}
}

func (b *Backend) ping(ctx context.Context, i *instance) error {
	ctx, cancel := context.WithTimeout(ctx, b.config.PingTimeout)
	defer cancel()
	defer context.AfterFunc(i.life, cancel)()
	return i.rpc.Ping(ctx)
}

// introduce makes the process the current one, with the configuration that its
// predecessor had accepted. If it does not accept that, it stays unconfigured,
// and the channel says when to try again: the configuration may be right again
// later, when a missing file is back.
func (b *Backend) introduce(ctx context.Context, i *instance, attempts int) <-chan time.Time {
	select {
	case b.configuring <- struct{}{}:
		defer func() { <-b.configuring }()
	case <-ctx.Done():
		return nil
	}

	b.mu.Lock()
	accepted, state := b.accepted, b.status.State
	b.mu.Unlock()
	if b.currentIs(i) && state == Running {
		return nil // configured by a call meanwhile
	}
	var err error
	if accepted != nil {
		err = b.configureWithin(ctx, i, *accepted)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.current = i
	b.changeLocked(func(s *Status) {
		s.State = Running
		if accepted == nil || err != nil {
			s.State = Unconfigured
		}
		if err != nil {
			s.LastError = "configure: " + err.Error()
		}
	})
	if err == nil {
		return nil
	}
	b.config.Logger.Error().Err(err).Str("backend", b.config.Name).
		Msg("the new plugin process refuses the configuration that the old one had accepted")
	return time.After(b.delay(attempts + 1))
}

func (b *Backend) currentIs(i *instance) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current == i
}

func (b *Backend) configureWithin(ctx context.Context, i *instance, c aaa.Configuration) error {
	ctx, cancel := context.WithTimeout(ctx, b.config.CallTimeout)
	defer cancel()
	return b.configure(ctx, i, c)
}

// WatchCommands implements aaa.Backend. It outlives the processes: the stream is
// opened again on the next one. It returns when ctx is done, the backend is
// closed, or the plugin has no commands.
func (b *Backend) WatchCommands(ctx context.Context, handle func(context.Context, *aaa.Command) aaa.CommandResult) error {
	for {
		i, err := b.instance(ctx, true, true)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		err = watch(ctx, i, handle)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, aaa.ErrNotSupported):
			return err
		}
		b.config.Logger.Warn().Err(err).Str("backend", b.config.Name).
			Msg("the stream of commands broke and will be opened again")
		select {
		case <-time.After(b.config.BackoffMin):
		case <-ctx.Done():
			return ctx.Err()
		case <-b.done:
		}
	}
}

// watch passes on the commands of one process until ctx is done or it ends.
func watch(ctx context.Context, i *instance, handle func(context.Context, *aaa.Command) aaa.CommandResult) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(i.life, cancel)()
	return i.rpc.WatchCommands(ctx, handle)
}
