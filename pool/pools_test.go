package pool_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/pptpac/pptpac/pool"
	"github.com/pptpac/pptpac/pool/pooltest"
)

// files remembers which database belongs to which manager of a test.
type files map[pool.Manager]*bbolt.DB

func openDB(t *testing.T, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // a second Close does nothing
	return db
}

func (f files) open(t *testing.T, db *bbolt.DB, cfgs []pool.Config, now func() time.Time) pool.Manager {
	t.Helper()
	m, err := pool.Open(db, cfgs, pool.Options{
		Clock:  now,
		Report: func(err error) { t.Errorf("reported: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	f[m] = db
	return m
}

// crash copies the file as it is on disk: a process that dies writes no more.
func crash(t *testing.T, db *bbolt.DB) *bbolt.DB {
	t.Helper()
	image, err := os.ReadFile(db.Path())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return openDB(t, path)
}

func TestPoolsConformance(t *testing.T) {
	dbs := files{}
	pooltest.Run(t, pooltest.Harness{
		Open: func(t *testing.T, cfgs []pool.Config, now func() time.Time) pool.Manager {
			return dbs.open(t, openDB(t, filepath.Join(t.TempDir(), "state.db")), cfgs, now)
		},
		Crash: func(t *testing.T, m pool.Manager, cfgs []pool.Config, now func() time.Time) pool.Manager {
			return dbs.open(t, crash(t, dbs[m]), cfgs, now)
		},
	})
}
