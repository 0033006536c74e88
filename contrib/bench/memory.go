package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/pptpac/pptpac/contrib/bench/lab"
)

// listings of ten thousand sessions that are timed.
const listings = 5

// memory is what an idle session costs a server process with the null plane, and
// how long `sessions list` takes with that many. The clients are in another
// process; buffers of the kernel's TCP connections are not in it.
func memory(b *bench) error {
	r, err := startRemote(filepath.Join(b.dir, "memory"), nil)
	if err != nil {
		return err
	}
	var empty serverMemory
	if err := r.process.Ask("memory", &empty); err != nil {
		return err
	}
	b.say("memory/no session, RSS", float64(empty.RSS)/(1<<20), "MiB", "")
	have := 0
	for _, n := range []int{1000, 10_000} {
		if err := r.dial(n - have); err != nil {
			return err
		}
		have = n
		var m serverMemory
		if err := r.process.Ask("memory", &m); err != nil {
			return err
		}
		if m.Sessions != n {
			return fmt.Errorf("the server has %d sessions, want %d", m.Sessions, n)
		}
		per := func(a, b int64) float64 { return float64(a-b) / float64(n) / 1024 }
		name := fmt.Sprintf("memory/%d sessions, ", n)
		b.say(name+"RSS", per(m.RSS, empty.RSS), "KiB/session", fmt.Sprintf("%.0f MiB in all", float64(m.RSS)/(1<<20)))
		b.say(name+"heap", per(m.Heap, empty.Heap), "KiB/session", "")
		b.say(name+"stacks", per(m.Stack, empty.Stack), "KiB/session", "")
		b.say(name+"goroutines", float64(m.Goroutines-empty.Goroutines)/float64(n), "/session", "")
	}
	if b.heap != "" {
		var done string
		if err := r.process.Ask("profile "+filepath.Join(b.heap, "sessions.heap"), &done); err != nil {
			return err
		}
	}
	if err := list(b, r.started.Socket, have); err != nil {
		return err
	}
	return r.close()
}

// list times the command as an administrator runs it, its start included.
func list(b *bench, socket string, n int) error {
	var times []time.Duration
	for range listings {
		start := time.Now()
		out, err := lab.CLI(b.binary, socket, "", "sessions", "list", "-o", "json")
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		var rows []json.RawMessage
		if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != n {
			return fmt.Errorf("sessions list: %d rows, want %d: %w", len(rows), n, err)
		}
	}
	slices.Sort(times)
	b.times(fmt.Sprintf("sessions list -o json, %d sessions", n), times)
	return nil
}
