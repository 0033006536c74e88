package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// state is the daemon's own directory: state.db with the leases and the epoch,
// and a directory for each backend.
type state struct {
	dir   string
	db    *bbolt.DB
	epoch uint32 // of this start: one more than the last one's
}

var (
	nodeBucket = []byte("node")
	epochKey   = []byte("epoch")
)

// openState opens the state directory, creating it, and begins a new epoch,
// which is on disk when openState returns.
func openState(dir string) (*state, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state-dir: %w", err)
	}
	path := filepath.Join(dir, "state.db")
	db, epoch, err := openDatabase(path)
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("state-dir %s: another pptpac uses it", dir)
	case errors.Is(err, errDamaged):
		return nil, fmt.Errorf("state-dir: %s: %w; move it away to start without its leases", path, err)
	case err != nil:
		return nil, fmt.Errorf("state-dir: %s: %w", path, err)
	}
	return &state{dir: dir, db: db, epoch: epoch}, nil
}

// errDamaged: a file is no database of bbolt, or not a whole one.
var errDamaged = errors.New("damaged")

// openDatabase opens the database, reads all of it, and only then counts the
// epoch on. bbolt trusts its file, which is mapped into memory: what is wrong
// in it shows as a panic or as a fault of memory, here and not in a call.
func openDatabase(path string) (db *bbolt.DB, epoch uint32, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	for _, wrong := range []error{bolterrors.ErrInvalid, bolterrors.ErrChecksum, bolterrors.ErrVersionMismatch} {
		if errors.Is(err, wrong) {
			return nil, 0, fmt.Errorf("%w: %w", errDamaged, err)
		}
	}
	if err != nil {
		return nil, 0, err
	}
	if err = readAll(db, path); err == nil {
		epoch, err = nextEpoch(db)
	}
	if err != nil {
		_ = db.Close()
		return nil, 0, err
	}
	return db, epoch, nil
}

// readAll touches every page in use.
func readAll(db *bbolt.DB, path string) error {
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %d of %d octets are there", errDamaged, info.Size(), tx.Size())
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return readBucket(b) })
	})
}

func readBucket(b *bbolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			return readBucket(b.Bucket(k))
		}
		return nil
	})
}

func nextEpoch(db *bbolt.DB) (epoch uint32, err error) {
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(nodeBucket)
		if err != nil {
			return err
		}
		if old := b.Get(epochKey); len(old) == 4 {
			epoch = binary.BigEndian.Uint32(old)
		}
		epoch++
		return b.Put(epochKey, binary.BigEndian.AppendUint32(nil, epoch))
	})
	return epoch, err
}

// backendDir makes the directory of one backend.
func (s *state) backendDir(name string) (string, error) {
	dir := filepath.Join(s.dir, "backend", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("state-dir: %w", err)
	}
	return dir, nil
}

func (s *state) close() error { return s.db.Close() }
