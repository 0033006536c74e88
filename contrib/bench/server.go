package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/host"
	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/admin"
	"github.com/pptpac/pptpac/contrib/bench/lab"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/pool"
)

// serverRole is a process with a concentrator over the null plane and nothing
// else, whose clients are in another process: what it uses, the server uses.
// Descriptor 3 is its end of the wire. It says a serverStarted, and answers
//
//	memory        with a serverMemory
//	usage         with a serverUsage
//	profile FILE  with "", having written a heap profile
const serverRole = "server"

type serverSpec struct {
	Plugin []string // command of the local plugin; nil is lab.AAA in process
	Dir    string   // for the plugin's state and the admin socket
}

type serverStarted struct{ Listen, Socket string }

type serverMemory struct {
	RSS, Heap, Stack int64
	Goroutines       int
	Sessions         int
}

type serverUsage struct{ Server, Plugin lab.Usage }

func server(text []byte, in *bufio.Scanner, out *json.Encoder) error {
	var spec serverSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	w, err := newWire(os.NewFile(3, "wire"))
	if err != nil {
		return err
	}
	defer w.close()
	service, backend, err := openAAA(spec)
	if err != nil {
		return err
	}
	if backend != nil {
		defer func() { _ = backend.Close() }()
	}
	pools, err := openPools()
	if err != nil {
		return err
	}
	s, stop, err := startServerWith(&w.plane, service, pools)
	if err != nil {
		return err
	}
	defer stop()
	socket := spec.Dir + "/admin.sock"
	if err := startAdmin(socket, s, &w.plane, pools); err != nil {
		return err
	}
	if err := out.Encode(serverStarted{Listen: s.Addrs()[0].String(), Socket: socket}); err != nil {
		return err
	}
	for in.Scan() {
		command, file, _ := strings.Cut(in.Text(), " ")
		var answer any
		switch command {
		case "memory":
			answer, err = measureMemory(s)
		case "usage":
			answer, err = measureUsage(backend)
		case "profile":
			answer, err = "", writeHeapProfile(file)
		default:
			err = fmt.Errorf("command %q is unknown", command)
		}
		if err = errors.Join(err, out.Encode(answer)); err != nil {
			return err
		}
	}
	return nil
}

// openAAA starts the real plugin process with one user, or returns lab.AAA.
func openAAA(spec serverSpec) (aaa.Service, *host.Backend, error) {
	if spec.Plugin == nil {
		return lab.AAA{}, nil, nil
	}
	backend, err := host.Start(host.Config{Name: "local", Command: spec.Plugin, Logger: zerolog.Nop()})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = backend.Configure(ctx, aaa.Configuration{NodeName: "bench", StateDir: spec.Dir, Options: []byte("{}")})
	if err == nil {
		err = backend.AddUser(ctx, aaa.User{Name: lab.User, Group: aaa.GroupPPP, Enabled: true, Storage: aaa.StoreNTHash}, lab.Password)
	}
	if err != nil {
		_ = backend.Close()
		return nil, nil, err
	}
	return aaa.NewChain(aaa.ChainConfig{
		Authentication: []aaa.NamedAuthenticator{{Name: "local", Backend: backend}},
		Accounting:     []aaa.NamedAccountant{{Name: "local", Backend: backend}},
	}), backend, nil
}

// startAdmin serves the admin API for the rest of the process.
func startAdmin(socket string, s *concentrator.Server, plane dataplane.Plane, pools pool.Manager) error {
	groups := admin.Groups{Full: -1, ReadOnly: -1}
	l, err := admin.Listen(socket, groups)
	if err != nil {
		return err
	}
	go func() { // ends with the process
		err := admin.Serve(context.Background(), l, admin.Options{
			Server: s, Plane: plane, Pools: pools,
			Users:   func(string) (aaa.UserAdmin, error) { return nil, aaa.ErrNotSupported },
			Reload:  func(context.Context) ([]string, error) { return nil, aaa.ErrNotSupported },
			Groups:  groups,
			Version: "bench", Started: time.Now(), Log: zerolog.Nop(),
		})
		fmt.Fprintln(os.Stderr, "admin socket:", err)
	}()
	return nil
}

func measureMemory(s *concentrator.Server) (serverMemory, error) {
	m := serverMemory{Sessions: len(s.Sessions())}
	runtime.GC()
	debug.FreeOSMemory() // so that RSS holds no garbage
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.Heap, m.Stack, m.Goroutines = int64(stats.HeapAlloc), int64(stats.StackInuse), runtime.NumGoroutine()
	u, err := lab.UsageOf(os.Getpid())
	m.RSS = u.RSS
	return m, err
}

func measureUsage(backend *host.Backend) (u serverUsage, err error) {
	if u.Server, err = lab.UsageOf(os.Getpid()); err != nil || backend == nil {
		return u, err
	}
	u.Plugin, err = lab.UsageOf(backend.Status().PID)
	return u, err
}

func writeHeapProfile(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
