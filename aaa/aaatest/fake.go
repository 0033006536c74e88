// Package aaatest has what tests of AAA backends and of their callers share: a
// backend that does as it is told, and a suite that every backend with users
// must pass, in process or behind a plugin process.
package aaatest

import (
	"context"
	"sync"

	"github.com/pptpac/pptpac/aaa"
)

// Fake is a backend whose answers are the functions that are set. What is not
// set succeeds and grants nothing: Authenticate answers UnknownUser. Set the
// functions before the first call; calls may be concurrent.
type Fake struct {
	OnInfo         func(context.Context) (aaa.Info, error)
	OnConfigure    func(context.Context, aaa.Configuration) error
	OnAuthenticate func(context.Context, *aaa.AuthRequest) (*aaa.Verdict, error)
	OnAccount      func(context.Context, *aaa.Record) error
	// Commands are handed to whoever watches, one after the other; their
	// results go to Results. A nil channel: the capability is lacking.
	Commands chan *aaa.Command
	Results  chan aaa.CommandResult

	mu       sync.Mutex // guards all below
	requests []aaa.AuthRequest
	records  []aaa.Record
	closed   int
}

var _ aaa.Backend = (*Fake)(nil)

// Info implements aaa.Backend.
func (f *Fake) Info(ctx context.Context) (aaa.Info, error) {
	if f.OnInfo != nil {
		return f.OnInfo(ctx)
	}
	return aaa.Info{Name: "fake", Version: "0", Capabilities: []aaa.Capability{aaa.CapAuthenticate, aaa.CapAccount}}, nil
}

// Configure implements aaa.Backend.
func (f *Fake) Configure(ctx context.Context, c aaa.Configuration) error {
	if f.OnConfigure != nil {
		return f.OnConfigure(ctx, c)
	}
	return nil
}

// Authenticate implements aaa.Backend and remembers the request.
func (f *Fake) Authenticate(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	f.mu.Lock()
	f.requests = append(f.requests, *r)
	f.mu.Unlock()
	if f.OnAuthenticate != nil {
		return f.OnAuthenticate(ctx, r)
	}
	return &aaa.Verdict{Result: aaa.UnknownUser}, nil
}

// Account implements aaa.Backend and remembers the record.
func (f *Fake) Account(ctx context.Context, r *aaa.Record) error {
	f.mu.Lock()
	f.records = append(f.records, *r)
	f.mu.Unlock()
	if f.OnAccount != nil {
		return f.OnAccount(ctx, r)
	}
	return nil
}

// WatchCommands implements aaa.Backend.
func (f *Fake) WatchCommands(ctx context.Context, handle func(context.Context, *aaa.Command) aaa.CommandResult) error {
	if f.Commands == nil {
		return aaa.ErrNotSupported
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c := <-f.Commands:
			result := handle(ctx, c)
			select {
			case f.Results <- result:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// Close implements aaa.Backend and counts.
func (f *Fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	return nil
}

// Requests returns the requests so far.
func (f *Fake) Requests() []aaa.AuthRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]aaa.AuthRequest(nil), f.requests...)
}

// Records returns the records so far.
func (f *Fake) Records() []aaa.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]aaa.Record(nil), f.records...)
}

// Closed returns how often Close was called.
func (f *Fake) Closed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}
