package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pptpac/pptpac/aaa"
)

// Files in the state directory.
const (
	usersFile   = "users.db"
	journalFile = "accounting.jsonl"
)

// Backend is the plugin. Make it with New. All methods may be called
// concurrently.
type Backend struct {
	version string
	now     func() time.Time

	// inUse is held for reading by every call, for as long as it lasts, so that
	// Configure and Close wait for calls under way. It guards all below.
	inUse    sync.RWMutex
	database *database // nil before Configure and after Close
	closed   bool
}

var (
	_ aaa.Backend     = (*Backend)(nil)
	_ aaa.UserAdmin   = (*Backend)(nil)
	_ aaa.Credentials = (*Backend)(nil)
)

// New returns a backend without configuration. version is the program's.
func New(version string) *Backend {
	return &Backend{version: version, now: time.Now}
}

// database is what a configuration opens.
type database struct {
	stateDir string
	options  options
	store    *store
	sealer   *sealer
	journal  *journal
	nobody   record // whom unknown users are checked against
}

// nobodyName is the name nobody's secret is sealed for; no user has it.
const nobodyName = ""

// Info implements aaa.Backend.
func (b *Backend) Info(context.Context) (aaa.Info, error) {
	return aaa.Info{
		Name:    "local",
		Version: b.version,
		Capabilities: []aaa.Capability{
			aaa.CapAuthenticate, aaa.CapAccount, aaa.CapUserAdmin, aaa.CapCredentials,
		},
	}, nil
}

// Configure implements aaa.Backend. The state directory cannot change while the
// plugin runs.
func (b *Backend) Configure(_ context.Context, c aaa.Configuration) error {
	if !filepath.IsAbs(c.StateDir) {
		return fmt.Errorf("%w: state directory %q: must be an absolute path", aaa.ErrInvalid, c.StateDir)
	}
	o, err := parseOptions(c.Options, c.StateDir)
	if err != nil {
		return err
	}
	b.inUse.Lock()
	defer b.inUse.Unlock()
	switch {
	case b.closed:
		return errClosed
	case b.database == nil:
		b.database, err = openDatabase(c.StateDir, o)
		return err
	case b.database.stateDir != c.StateDir:
		return fmt.Errorf("%w: state directory %q: it is %q until the plugin is restarted",
			aaa.ErrInvalid, c.StateDir, b.database.stateDir)
	}
	return b.database.reconfigure(o)
}

var (
	errClosed        = fmt.Errorf("%w: the local user database is closed", aaa.ErrUnavailable)
	errNotConfigured = fmt.Errorf("%w: the local user database has no configuration yet", aaa.ErrUnavailable)
)

// use returns the database for one call; the caller calls done at its end.
func (b *Backend) use() (d *database, done func(), err error) {
	b.inUse.RLock()
	switch {
	case b.closed:
		err = errClosed
	case b.database == nil:
		err = errNotConfigured
	default:
		return b.database, b.inUse.RUnlock, nil
	}
	b.inUse.RUnlock()
	return nil, nil, err
}

// WatchCommands implements aaa.Backend: there are none.
func (b *Backend) WatchCommands(context.Context, func(context.Context, *aaa.Command) aaa.CommandResult) error {
	return aaa.ErrNotSupported
}

// Close implements aaa.Backend.
func (b *Backend) Close() error {
	b.inUse.Lock()
	defer b.inUse.Unlock()
	d := b.database
	b.database, b.closed = nil, true
	if d == nil {
		return nil
	}
	return errors.Join(d.journal.close(), d.store.close())
}

func openDatabase(stateDir string, o options) (_ *database, err error) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	s, err := openStore(filepath.Join(stateDir, usersFile))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.close()
		}
	}()
	d := &database{stateDir: stateDir, options: o, store: s}
	if d.sealer, err = d.openSealer(o.keyFile); err != nil {
		return nil, err
	}
	d.nobody = record{Sealed: d.sealer.seal(nobodyName, encodeSecret(aaa.StoreNTHash, "nobody"))}
	if d.journal, err = openJournal(filepath.Join(stateDir, journalFile), o.journal, s); err != nil {
		return nil, err
	}
	return d, nil
}

// reconfigure puts new options in force, all or none.
func (d *database) reconfigure(o options) error {
	sealer, err := d.openSealer(o.keyFile)
	if err != nil {
		return err
	}
	d.sealer = sealer
	d.nobody = record{Sealed: sealer.seal(nobodyName, encodeSecret(aaa.StoreNTHash, "nobody"))}
	d.journal.setOptions(o.journal)
	d.options = o
	return nil
}

// openSealer reads the key, and tries it on a user, so that a wrong key is told
// at once and not at the first login.
func (d *database) openSealer(path string) (*sealer, error) {
	empty, err := d.store.empty()
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	key, err := loadKey(path, empty)
	if err != nil {
		return nil, err
	}
	s, err := newSealer(key)
	if err != nil || empty {
		return s, err
	}
	name, r, err := d.store.first()
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	if _, err := s.open(name, r.Sealed); err != nil {
		return nil, fmt.Errorf("key file %s: user %q: %w", path, name, err)
	}
	return s, nil
}
