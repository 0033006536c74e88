// Package pool hands out addresses from named pools and owns the leases.
//
// A lease belongs to an owner (a session id) and only that owner can release
// it. A released address rests for the quarantine before somebody else gets
// it, but its last user may have it back at once (sticky). Leases are kept in
// a bbolt database and survive a restart.
package pool

import (
	"errors"
	"net/netip"
	"time"
)

// Errors of Manager. They are wrapped with the pool's name and the address.
var (
	ErrUnknownPool = errors.New("no such pool")
	ErrExhausted   = errors.New("pool is exhausted")
	ErrInUse       = errors.New("address is in use")
	ErrNotOwner    = errors.New("lease belongs to another owner")
	ErrNoLease     = errors.New("owner has no lease to adopt")
	ErrClosed      = errors.New("pool manager is closed")
)

// Config describes one pool.
type Config struct {
	Name       string
	Ranges     Ranges
	NextPool   string        // tried when this one is exhausted; may be empty
	Quarantine time.Duration // rest before another user gets a released address
	// UseNetworkAndBroadcast also hands out .0 and .255 of the natural class
	// mask, which old Windows and BSD systems take for broadcasts.
	UseNetworkAndBroadcast bool
	// Exclude is never handed out (our own local-address, for example).
	Exclude []netip.Addr
}

// Request says who wants an address.
type Request struct {
	Owner string // session id: the token that releases the lease
	User  string // for stickiness; may be empty
}

// Lease is an address that somebody holds.
type Lease struct {
	Pool  string // "" for a fixed address that belongs to no pool
	Addr  netip.Addr
	Owner string
	User  string
	Since time.Time
}

// State of a listed address.
type State string

// States of an address.
const (
	Leased      State = "leased"
	Quarantined State = "quarantined"
)

// Entry is a row of a listing of leases.
type Entry struct {
	Lease
	State State
	Until time.Time // end of the quarantine; zero if leased
}

// Stats is a row of a listing of pools.
type Stats struct {
	Name                            string
	Ranges                          Ranges
	NextPool                        string
	Size, Leased, Quarantined, Free int
}

// Manager owns the leases of all pools. Its methods may be called from several
// goroutines; none waits for the disk longer than a group commit.
type Manager interface {
	// Acquire leases a free address of the pool, or of the pools chained to it
	// by NextPool. Errors: ErrUnknownPool, ErrExhausted, ErrClosed.
	Acquire(pool string, r Request) (Lease, error)
	// Claim leases one given address, whether a pool contains it or not.
	// Errors: ErrInUse, ErrClosed.
	Claim(addr netip.Addr, r Request) (Lease, error)
	// Release gives the lease back. Errors: ErrNotOwner, ErrClosed; releasing
	// what is not leased is no error.
	Release(Lease) error
	// Adopt makes a lease of an earlier process live again, for a session that
	// was restored. Without it leases of an earlier process are quarantined.
	// Errors: ErrNoLease, ErrClosed.
	Adopt(owner string) (Lease, error)
	// Pools lists the pools by name, Leases the addresses of one pool, or of
	// all for "".
	Pools() []Stats
	Leases(pool string) ([]Entry, error)
	// Configure replaces the set of pools. Leases that the new set does not
	// contain stay with their owners until released.
	Configure([]Config) error
	// Close writes what is pending. Idempotent.
	Close() error
}
