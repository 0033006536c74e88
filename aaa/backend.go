// Package aaa is the contract between the concentrator and whoever knows its
// users: authentication, accounting, commands. It is plain Go; package
// pluginrpc carries it to plugin processes and package host runs those.
//
// A refusal is a value (Verdict), a fault is an error. Only faults are retried
// or fall through, and a fault is never told to a client as a wrong password.
package aaa

import (
	"context"
	"errors"
)

// Errors every backend may return. They survive the trip through a plugin.
var (
	// ErrUnavailable: the backend, or the process behind it, is not there.
	ErrUnavailable = errors.New("aaa: backend unavailable")
	// ErrNotSupported: the backend lacks this capability.
	ErrNotSupported = errors.New("aaa: not supported by this backend")
	// ErrNotFound: no such user.
	ErrNotFound = errors.New("aaa: no such user")
	// ErrExists: a user of that name exists.
	ErrExists = errors.New("aaa: user exists")
	// ErrInvalid: an argument is not acceptable; the text names it and the
	// allowed values.
	ErrInvalid = errors.New("aaa: invalid")
)

// Backend is one source of users, one sink of accounting, or both. Methods may
// be called from several goroutines and respect ctx, which always carries a
// deadline (WatchCommands excepted).
type Backend interface {
	// Info describes the backend; it may be called before Configure.
	Info(ctx context.Context) (Info, error)
	// Configure hands over the backend's own configuration, before any other
	// call and again on reload. An error leaves the old configuration in force.
	Configure(ctx context.Context, c Configuration) error
	// Authenticate judges one credential.
	Authenticate(ctx context.Context, r *AuthRequest) (*Verdict, error)
	// Account stores one record. After nil the record is the backend's.
	Account(ctx context.Context, r *Record) error
	// WatchCommands calls handle for each command (CoA, Disconnect) until ctx
	// is done. A backend without commands returns ErrNotSupported.
	WatchCommands(ctx context.Context, handle func(context.Context, *Command) CommandResult) error
	// Close releases everything. Idempotent.
	Close() error
}

// UserAdmin is the optional capability of a backend that keeps users.
type UserAdmin interface {
	// ListUsers returns all users ordered by name, without passwords.
	ListUsers(ctx context.Context) ([]User, error)
	// AddUser creates a user. ErrExists, ErrInvalid.
	AddUser(ctx context.Context, u User, password Secret) error
	// SetUser changes the fields that are set. ErrNotFound, ErrInvalid.
	SetUser(ctx context.Context, name string, change UserChange) error
	// RemoveUser removes a user. ErrNotFound.
	RemoveUser(ctx context.Context, name string) error
}

// Credentials is the optional capability of a backend that can prove to a
// remote server who a local user is, when we are the client. The secret does
// not leave the backend.
type Credentials interface {
	// Respond computes the response of a local user to a remote challenge.
	Respond(ctx context.Context, r *RespondRequest) (*Response, error)
}

// Info describes a backend.
type Info struct {
	Name         string
	Version      string
	Capabilities []Capability
}

// Capability names something a backend can do.
type Capability string

// Capabilities of contract v1.
const (
	CapAuthenticate Capability = "authenticate"
	CapAccount      Capability = "account"
	CapCommands     Capability = "commands"
	CapUserAdmin    Capability = "user-admin"
	CapCredentials  Capability = "credentials"
)

// Has reports whether the backend can do c.
func (i Info) Has(c Capability) bool {
	for _, have := range i.Capabilities {
		if have == c {
			return true
		}
	}
	return false
}

// Configuration is what the core tells a backend.
type Configuration struct {
	NodeName string // of this concentrator
	StateDir string // a directory of the backend's own, mode 0700
	Options  []byte // JSON object: [aaa.backend.NAME.config]; strict
}

// Service is what a session needs of the chain of backends. Chain implements it.
type Service interface {
	Authenticate(ctx context.Context, r *AuthRequest) (*Verdict, error)
	Account(ctx context.Context, r *Record) error
}
