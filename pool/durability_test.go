package pool

import (
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

func tempDB(t testing.TB) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "state.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func onePool(t testing.TB, ranges string) []Config {
	t.Helper()
	rs, err := ParseRanges(ranges)
	if err != nil {
		t.Fatal(err)
	}
	return []Config{{Name: "a", Ranges: rs, Quarantine: time.Minute}}
}

// reports collects what Options.Report is told.
type reports struct {
	mu   sync.Mutex
	errs []string
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err.Error())
}

func (r *reports) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.errs)
}

// value is what the database has in a bucket under an address.
func value(t *testing.T, db *bbolt.DB, bucket []byte, addr string) string {
	t.Helper()
	key := netip.MustParseAddr(addr).As4()
	out := ""
	err := db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket(bucket); b != nil {
			out = string(b.Get(key[:]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAcquireIsOnDiskWhenItReturns(t *testing.T) {
	db := tempDB(t)
	p, err := Open(db, onePool(t, "10.0.0.1"), Options{CommitWait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.Acquire("a", Request{Owner: "s1", User: "j\xf6rg"}) // not UTF-8
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseRow([]byte(value(t, db, leasesBucket, "10.0.0.1")))
	if err != nil || got.state != leased || got.owner != "s1" || got.user != "j\xf6rg" || !got.since.Equal(l.Since) {
		t.Errorf("on disk: %+v, %v, want the lease %+v", got, err, l)
	}
	if err := p.Release(l); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	got, err = parseRow([]byte(value(t, db, leasesBucket, "10.0.0.1")))
	if err != nil || got.state != resting || got.user != "j\xf6rg" || got.released.IsZero() {
		t.Errorf("on disk after Close: %+v, %v, want the release", got, err)
	}
}

func TestUnreadableLeases(t *testing.T) {
	for _, c := range []struct{ name, key, value, want string }{
		{"no JSON", "\x0a\x00\x00\x01", "junk", "lease of 10.0.0.1 set aside and its address quarantined: invalid character"},
		{"empty", "\x0a\x00\x00\x01", "", "lease of 10.0.0.1 set aside and its address quarantined: unexpected end"},
		{"newer version", "\x0a\x00\x00\x01", `{"v":2,"state":"leased","owner":"x"}`, "version is 2, this program reads 1"},
		{"unknown state", "\x0a\x00\x00\x01", `{"v":1,"state":"sold"}`, `state "sold" is neither leased nor released`},
		{"no owner", "\x0a\x00\x00\x01", `{"v":1,"state":"leased"}`, "a lease without an owner"},
		{"alien key", "hello", `{"v":1}`, `lease with key "hello" set aside: the key is not an IPv4 address`},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := tempDB(t)
			err := db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists(leasesBucket)
				return errors.Join(err, b.Put([]byte(c.key), []byte(c.value)),
					b.Put([]byte("\x0a\x00\x00\x02"), []byte(`{"v":1,"state":"leased","owner":"good"}`)))
			})
			if err != nil {
				t.Fatal(err)
			}
			now := time.Unix(1_800_000_000, 0)
			var rep reports
			p, err := Open(db, onePool(t, "10.0.0.1-10.0.0.2"), Options{Report: rep.add, Clock: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			if got := rep.all(); len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("reported %q, want one with %q", got, c.want)
			}
			err = db.View(func(tx *bbolt.Tx) error {
				if v := tx.Bucket(unreadableBucket).Get([]byte(c.key)); v == nil || string(v) != c.value {
					t.Errorf("set aside: %q, want %q", v, c.value)
				}
				if v := tx.Bucket(leasesBucket).Get([]byte(c.key)); v != nil {
					t.Errorf("still among the leases: %q", v)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Adopt("good"); err != nil {
				t.Errorf("the readable lease is lost: %v", err)
			}
			if len(c.key) == 4 {
				if l, err := p.Acquire("a", Request{Owner: "x"}); !errors.Is(err, ErrExhausted) {
					t.Errorf("Acquire = %v, %v, want the address in quarantine", l.Addr, err)
				}
				now = now.Add(time.Minute)
			}
			if l, err := p.Acquire("a", Request{Owner: "x"}); err != nil || l.Addr.String() != "10.0.0.1" {
				t.Errorf("Acquire after the quarantine = %v, %v, want 10.0.0.1", l.Addr, err)
			}
			p.verify(t)
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAlienDatabase(t *testing.T) {
	db := tempDB(t)
	err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(leasesBucket)
		if err != nil {
			return err
		}
		_, err = b.CreateBucket([]byte("\x0a\x00\x00\x01"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(db, onePool(t, "10.0.0.1"), Options{}); err == nil || !strings.Contains(err.Error(), "this is not a database of leases") {
		t.Errorf("Open = %v, want a refusal", err)
	}
}

func TestClockSetBack(t *testing.T) {
	db := tempDB(t)
	now := time.Unix(1_800_000_000, 0)
	opts := Options{Clock: func() time.Time { return now }}
	p, err := Open(db, onePool(t, "10.0.0.1"), opts)
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.Acquire("a", Request{Owner: "x"})
	if err := errors.Join(err, p.Release(l), p.Close()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-24 * time.Hour)
	if p, err = Open(db, onePool(t, "10.0.0.1"), opts); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, err := p.Acquire("a", Request{Owner: "y"}); err != nil {
		t.Errorf("Acquire = %v, want the quarantine to last no longer than a minute", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// A disk that hangs delays a caller, and no longer than CommitWait.
func TestHungDisk(t *testing.T) {
	db := tempDB(t)
	p, err := Open(db, onePool(t, "10.0.0.1-10.0.0.9"), Options{CommitWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin(true) // nobody else can write
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.Acquire("a", Request{Owner: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if got := value(t, db, leasesBucket, l.Addr.String()); got != "" {
		t.Errorf("on disk: %s, want nothing yet", got)
	}
	if err := errors.Join(tx.Rollback(), p.Close()); err != nil {
		t.Fatal(err)
	}
	if got := value(t, db, leasesBucket, l.Addr.String()); got == "" {
		t.Error("the lease never came to disk")
	}
}

// A disk that refuses to write keeps nobody out, is reported once, and gets
// everything as soon as it writes again.
func TestFailingDisk(t *testing.T) {
	db := tempDB(t)
	synctest.Test(t, func(t *testing.T) {
		var rep reports
		p, err := Open(db, onePool(t, "10.0.0.1-10.0.0.9"), Options{Report: rep.add})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket(leasesBucket) }); err != nil {
			t.Fatal(err)
		}
		for _, owner := range []string{"one", "two", "three"} {
			if _, err := p.Acquire("a", Request{Owner: owner}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * retryAfter) // in the bubble: five tries in vain
		if got := rep.all(); len(got) != 1 || !strings.Contains(got[0], "bucket pool.leases is gone") {
			t.Errorf("reported %q, want the failure once", got)
		}
		if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(leasesBucket); return err }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * retryAfter)
		synctest.Wait()
		for _, a := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
			if value(t, db, leasesBucket, a) == "" {
				t.Errorf("the lease of %s was lost", a)
			}
		}
		if err := p.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
	})
}

func TestCloseTellsWhatWasNotWritten(t *testing.T) {
	db := tempDB(t)
	p, err := Open(db, onePool(t, "10.0.0.1"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Acquire("a", Request{Owner: "x"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err == nil {
			t.Error("Close = nil, want the error of the last write")
		}
	}
}

func TestMemoryOnly(t *testing.T) {
	p, err := Open(nil, onePool(t, "10.0.0.1"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.Acquire("a", Request{Owner: "x"})
	if err := errors.Join(err, p.Release(l), p.Close()); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte(`{"v":1,"state":"leased","owner":"x","user":"am9obg==","since":1800000000000000000}`))
	f.Add([]byte(`{"v":1,"state":"released","released":1}`))
	f.Add([]byte(`{"v":1,"since":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRow(b)
		if err != nil {
			return
		}
		out, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseRow(out)
		if err != nil || again.state != r.state || again.owner != r.owner || again.user != r.user || !again.since.Equal(r.since) {
			t.Fatalf("round trip of %s: %+v, %v, want %+v", out, again, err, r)
		}
	})
}
