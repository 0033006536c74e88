package pool

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// The buckets of the database. Keys of leases are the four bytes of the
// address, values are JSON. What load could not read lies in unreadable with
// the key and value it had.
var (
	leasesBucket     = []byte("pool.leases")
	unreadableBucket = []byte("pool.leases.unreadable")
)

// rowVersion is the version of the values that this program writes.
const rowVersion = 1

// row is what the database knows of an address.
type row struct {
	state           state // leased or resting
	owner, user     string
	since, released time.Time
}

// rowJSON is the form of a row on disk. Times are nanoseconds since 1970.
type rowJSON struct {
	Version  int    `json:"v"`
	State    string `json:"state"` // leased, released
	Owner    string `json:"owner,omitempty"`
	User     []byte `json:"user,omitempty"` // any bytes: it came from the wire
	Since    int64  `json:"since,omitempty"`
	Released int64  `json:"released,omitempty"`
}

func (r *row) encode() ([]byte, error) {
	j := rowJSON{Version: rowVersion, State: "leased", Owner: r.owner, User: []byte(r.user), Since: r.since.UnixNano()}
	if r.state == resting {
		j.State, j.Released = "released", r.released.UnixNano()
	}
	return json.Marshal(j)
}

func parseRow(b []byte) (row, error) {
	var j rowJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return row{}, err
	}
	r := row{state: leased, owner: j.Owner, user: string(j.User), since: time.Unix(0, j.Since)}
	switch {
	case j.Version != rowVersion:
		return row{}, fmt.Errorf("version is %d, this program reads %d", j.Version, rowVersion)
	case j.State == "leased" && j.Owner == "":
		return row{}, errors.New("a lease without an owner")
	case j.State == "leased":
	case j.State == "released":
		r.state, r.released = resting, time.Unix(0, j.Released)
	default:
		return row{}, fmt.Errorf("state %q is neither leased nor released", j.State)
	}
	return r, nil
}

// store writes rows in one transaction; a nil row deletes the entry.
func store(db *bbolt.DB, rows map[uint32]*row) error {
	// In order of key, because that is the cheap way into a B+ tree.
	addrs := make([]uint32, 0, len(rows))
	for n := range rows {
		addrs = append(addrs, n)
	}
	slices.SortFunc(addrs, func(a, b uint32) int { return cmp.Compare(a, b) })
	return db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(leasesBucket)
		if b == nil {
			return fmt.Errorf("bucket %s is gone", leasesBucket)
		}
		for _, n := range addrs {
			key := binary.BigEndian.AppendUint32(nil, n)
			if rows[n] == nil {
				if err := b.Delete(key); err != nil {
					return fmt.Errorf("delete lease of %s: %w", address(n), err)
				}
				continue
			}
			value, err := rows[n].encode()
			if err != nil {
				return fmt.Errorf("encode lease of %s: %w", address(n), err)
			}
			if err := b.Put(key, value); err != nil {
				return fmt.Errorf("put lease of %s: %w", address(n), err)
			}
		}
		return nil
	})
}

type loadedLeases struct {
	records    []*record
	unreadable []error
}

// load reads the leases and sets aside what it cannot read. Leases become
// orphans. A release that seems to lie ahead (the clock was set back) counts
// from now.
func load(db *bbolt.DB, now time.Time) (loadedLeases, error) {
	var out loadedLeases
	type entry struct{ key, value []byte }
	var bad []entry
	err := db.Update(func(tx *bbolt.Tx) error {
		out, bad = loadedLeases{}, nil
		b, err := tx.CreateBucketIfNotExists(leasesBucket)
		if err != nil {
			return fmt.Errorf("bucket %s: %w", leasesBucket, err)
		}
		err = b.ForEach(func(k, v []byte) error {
			if v == nil {
				return fmt.Errorf("bucket %s contains a bucket %q: this is not a database of leases", leasesBucket, k)
			}
			rec := &record{state: orphaned}
			if len(k) != 4 {
				bad = append(bad, entry{slices.Clone(k), slices.Clone(v)})
				out.unreadable = append(out.unreadable, fmt.Errorf("lease with key %q set aside: the key is not an IPv4 address", k))
				return nil
			}
			rec.addr = binary.BigEndian.Uint32(k)
			r, err := parseRow(v)
			switch {
			case err != nil:
				bad = append(bad, entry{slices.Clone(k), slices.Clone(v)})
				out.unreadable = append(out.unreadable, fmt.Errorf("lease of %s set aside and its address quarantined: %w", address(rec.addr), err))
				rec.since = now
			case r.state == resting:
				rec.state, rec.released = resting, r.released
				if rec.released.After(now) {
					rec.released = now
				}
			}
			if err == nil {
				rec.owner, rec.user, rec.since = r.owner, r.user, r.since
			}
			out.records = append(out.records, rec)
			return nil
		})
		if err != nil || len(bad) == 0 {
			return err
		}
		aside, err := tx.CreateBucketIfNotExists(unreadableBucket)
		if err != nil {
			return fmt.Errorf("bucket %s: %w", unreadableBucket, err)
		}
		for _, e := range bad {
			if err := errors.Join(aside.Put(e.key, e.value), b.Delete(e.key)); err != nil {
				return fmt.Errorf("set lease with key %q aside: %w", e.key, err)
			}
		}
		return nil
	})
	return out, err
}
