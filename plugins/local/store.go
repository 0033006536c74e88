package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/pptpac/pptpac/aaa"
)

// Buckets of users.db.
const (
	bucketUsers = "users" // name -> record
	bucketSeen  = "seen"  // name -> seen
)

// lockTimeout is how long another process may still hold users.db: the one that
// was killed a moment ago.
const lockTimeout = 2 * time.Second

// record is a user as users.db holds him, in JSON. New fields are added, none is
// ever given another meaning.
type record struct {
	Group          string      `json:"group"`
	Enabled        bool        `json:"enabled"`
	Comment        string      `json:"comment,omitempty"`
	CallerID       string      `json:"caller-id,omitempty"`
	OnlyOne        bool        `json:"only-one,omitempty"`
	LocalAddress   netip.Addr  `json:"local-address,omitzero"`
	RemoteAddress  netip.Addr  `json:"remote-address,omitzero"`
	MaxSessionTime int64       `json:"max-session-time,omitempty"` // nanoseconds
	Rate           rate        `json:"rate,omitzero"`
	Storage        aaa.Storage `json:"storage"`
	Sealed         []byte      `json:"sealed"`
}

// rate is aaa.Rate with names that may be stored.
type rate struct {
	Upload        uint64 `json:"upload,omitempty"`
	Download      uint64 `json:"download,omitempty"`
	UploadBurst   uint64 `json:"upload-burst,omitempty"`
	DownloadBurst uint64 `json:"download-burst,omitempty"`
}

// seen are facts about a user's last sessions; they are apart from the record
// because they change with every session.
type seen struct {
	LoggedIn         time.Time `json:"logged-in,omitzero"`
	LoggedOut        time.Time `json:"logged-out,omitzero"`
	CallerID         string    `json:"caller-id,omitempty"`
	DisconnectReason string    `json:"disconnect-reason,omitempty"`
	FailedAt         time.Time `json:"failed-at,omitzero"`
	FailedReason     string    `json:"failed-reason,omitempty"`
}

// store is users.db. Safe for concurrent use; a change is durable when its
// method returns.
type store struct{ db *bolt.DB }

func openStore(path string) (*store, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open %s: another process uses it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{bucketUsers, bucketSeen} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare %s: %w", path, err)
	}
	return &store{db: db}, nil
}

func (s *store) close() error { return s.db.Close() }

// empty reports whether there are no users.
func (s *store) empty() (empty bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		first, _ := tx.Bucket([]byte(bucketUsers)).Cursor().First()
		empty = first == nil
		return nil
	})
	return empty, err
}

// first returns some user, to try the key on.
func (s *store) first() (name string, r record, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		k, v := tx.Bucket([]byte(bucketUsers)).Cursor().First()
		if k == nil {
			return aaa.ErrNotFound
		}
		name = string(k)
		return decode(name, v, &r)
	})
	return name, r, err
}

// get returns a user, or aaa.ErrNotFound.
func (s *store) get(name string) (r record, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		v := tx.Bucket([]byte(bucketUsers)).Get([]byte(name))
		if v == nil {
			return aaa.ErrNotFound
		}
		return decode(name, v, &r)
	})
	return r, err
}

// each calls f for every user in the order of the names.
func (s *store) each(f func(name string, r record, last seen)) error {
	return s.db.View(func(tx *bolt.Tx) error {
		seenBucket := tx.Bucket([]byte(bucketSeen))
		return tx.Bucket([]byte(bucketUsers)).ForEach(func(k, v []byte) error {
			var r record
			if err := decode(string(k), v, &r); err != nil {
				return err
			}
			var last seen
			if v := seenBucket.Get(k); v != nil {
				if err := decode(string(k), v, &last); err != nil {
					return err
				}
			}
			f(string(k), r, last)
			return nil
		})
	})
}

// change reads a user, lets f change the record, and writes it, all in one
// transaction. f is told whether the user exists; its error ends the change.
func (s *store) change(name string, f func(r *record, exists bool) error) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucketUsers))
		var r record
		v := b.Get([]byte(name))
		if v != nil {
			if err := decode(name, v, &r); err != nil {
				return err
			}
		}
		if err := f(&r, v != nil); err != nil {
			return err
		}
		return put(b, name, r)
	})
}

// remove removes a user and what is known of his sessions.
func (s *store) remove(name string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucketUsers))
		if b.Get([]byte(name)) == nil {
			return fmt.Errorf("%w: %s", aaa.ErrNotFound, name)
		}
		if err := b.Delete([]byte(name)); err != nil {
			return err
		}
		return tx.Bucket([]byte(bucketSeen)).Delete([]byte(name))
	})
}

// sighting changes what is known of one user's last sessions.
type sighting struct {
	user  string
	apply func(*seen)
}

// see applies sightings in one transaction. Those of users that do not exist
// are dropped.
func (s *store) see(sightings []sighting) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		users, b := tx.Bucket([]byte(bucketUsers)), tx.Bucket([]byte(bucketSeen))
		for _, g := range sightings {
			if g.user == "" || users.Get([]byte(g.user)) == nil {
				continue
			}
			var last seen
			if v := b.Get([]byte(g.user)); v != nil {
				if err := decode(g.user, v, &last); err != nil {
					return err
				}
			}
			g.apply(&last)
			if err := put(b, g.user, last); err != nil {
				return err
			}
		}
		return nil
	})
}

func decode(name string, v []byte, into any) error {
	if err := json.Unmarshal(v, into); err != nil {
		return fmt.Errorf("users.db: user %q: %w", name, err)
	}
	return nil
}

func put(b *bolt.Bucket, name string, value any) error {
	v, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("users.db: user %q: %w", name, err)
	}
	return b.Put([]byte(name), v)
}
