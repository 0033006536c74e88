package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("state-dir %s: another pptpac uses it", dir)
	}
	if errors.Is(err, bolterrors.ErrInvalid) || errors.Is(err, bolterrors.ErrChecksum) || errors.Is(err, bolterrors.ErrVersionMismatch) {
		return nil, fmt.Errorf("state-dir: %s is damaged or no state of pptpac: %w; move it away to start without leases", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("state-dir: %s: %w", path, err)
	}
	s := &state{dir: dir, db: db}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(nodeBucket)
		if err != nil {
			return err
		}
		if old := b.Get(epochKey); len(old) == 4 {
			s.epoch = binary.BigEndian.Uint32(old)
		}
		s.epoch++
		return b.Put(epochKey, binary.BigEndian.AppendUint32(nil, s.epoch))
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("state-dir: %s: %w", path, err)
	}
	return s, nil
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
