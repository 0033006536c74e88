package pool

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"
)

// Acquire and Release of a /16 that is half used, in memory and on disk.
func BenchmarkAcquireRelease(b *testing.B) {
	for _, c := range []struct {
		name string
		db   func(testing.TB) *bbolt.DB
	}{
		{"memory", func(testing.TB) *bbolt.DB { return nil }},
		{"disk", tempDB},
	} {
		b.Run(c.name, func(b *testing.B) {
			cfgs := onePool(b, "10.0.0.0/16")
			cfgs[0].Quarantine = 0
			p, err := Open(nil, cfgs, Options{})
			if err != nil {
				b.Fatal(err)
			}
			if db := c.db(b); db != nil {
				if p, err = Open(db, cfgs, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			for i := range 32768 {
				if _, _, err := p.acquire("a", Request{Owner: fmt.Sprint(i), User: fmt.Sprint("user", i)}); err != nil {
					b.Fatal(err)
				}
			}
			var n atomic.Int64
			b.SetParallelism(64) // as many sessions dial in at once
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := fmt.Sprint("s", n.Add(1))
					l, err := p.Acquire("a", Request{Owner: id, User: id})
					if err != nil {
						b.Error(err)
						return
					}
					if err := p.Release(l); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
			if err := p.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkMemory says what an address that is in use costs.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		p, err := Open(nil, onePool(b, "10.0.0.0/16"), Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 65000 {
			if _, err := p.Acquire("a", Request{Owner: fmt.Sprint(i), User: fmt.Sprint("user", i)}); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/65000, "B/address")
		runtime.KeepAlive(p)
	}
}
