package local_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/aaatest"
	"github.com/pptpac/pptpac/aaa/host"
	"github.com/pptpac/pptpac/aaa/pluginrpc"
	"github.com/pptpac/pptpac/plugins/local"
)

// asPlugin in the environment makes the test binary the plugin.
const asPlugin = "PPTPAC_TEST_AS_PLUGIN=1"

func TestMain(m *testing.M) {
	if os.Getenv("PPTPAC_TEST_AS_PLUGIN") == "1" {
		if err := pluginrpc.Serve(local.New("test")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func startProcess(tb testing.TB) *host.Backend {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	b, err := host.Start(host.Config{
		Name: "local", Command: []string{self}, Env: []string{asPlugin, "GORACE=atexit_sleep_ms=0"}, Logger: zerolog.Nop(),
		StartTimeout: 30 * time.Second, CallTimeout: 30 * time.Second,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestConformanceInProcess(t *testing.T) {
	aaatest.Conformance(t, func(*testing.T) aaatest.Users { return local.New("test") })
}

func TestConformanceThroughProcess(t *testing.T) {
	aaatest.Conformance(t, func(t *testing.T) aaatest.Users { return startProcess(t) })
}

// BenchmarkAuthenticate is one MS-CHAPv2 login of a user among 1000.
func BenchmarkAuthenticate(b *testing.B) {
	for name, open := range map[string]func() aaatest.Users{
		"direct":  func() aaatest.Users { return local.New("test") },
		"process": func() aaatest.Users { return startProcess(b) },
	} {
		b.Run(name, func(b *testing.B) {
			backend := open()
			b.Cleanup(func() { _ = backend.Close() })
			ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
			defer cancel()
			if err := backend.Configure(ctx, aaa.Configuration{StateDir: b.TempDir()}); err != nil {
				b.Fatal(err)
			}
			for i := range 1000 {
				u := aaa.User{Name: fmt.Sprintf("user%d", i), Group: aaa.GroupPPP, Enabled: true}
				if err := backend.AddUser(ctx, u, "geheim"); err != nil {
					b.Fatal(err)
				}
			}
			r := aaatest.Request(b, aaa.MSCHAPv2, "user500", "geheim")
			login := func(b *testing.B) {
				if v, err := backend.Authenticate(ctx, r); err != nil || v.Result != aaa.Accept {
					b.Errorf("Authenticate() = %v, %v, want accept", v, err)
				}
			}
			b.Run("one", func(b *testing.B) {
				for b.Loop() {
					login(b)
				}
			})
			b.Run("many", func(b *testing.B) {
				b.SetParallelism(128)
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						login(b)
					}
				})
			})
		})
	}
}
