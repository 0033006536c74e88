package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pptpac/pptpac/contrib/bench/lab"
)

// What may be more afterwards than before: idle threads, and what the garbage
// collector has not given back.
const (
	slackFiles      = 3
	slackGoroutines = 5
	slackThreads    = 8
	slackMemory     = 16 << 20
	growthMemory    = 1.25

	restTimeout = time.Minute
	restLength  = 10 * time.Second // longer than call-id-hold-down
)

// soak is a run.
type soak struct {
	network    *lab.Network
	daemon     *lab.Daemon
	complaints []error
}

// state is the daemon and its plugin at one time.
type state struct{ server, plugin lab.Usage }

func (s *soak) complain(format string, a ...any) {
	s.complaints = append(s.complaints, fmt.Errorf(format, a...))
}

// look prints and returns the state.
func (s *soak) look(when string) (state, error) {
	var st state
	var err error
	if st.server, err = lab.UsageOf(s.daemon.PID); err != nil {
		return st, err
	}
	plugin, err := childOf(s.daemon.PID)
	if err != nil {
		return st, err
	}
	if st.plugin, err = lab.UsageOf(plugin); err != nil {
		return st, err
	}
	for _, p := range []struct {
		name string
		u    lab.Usage
	}{{"server", st.server}, {"plugin", st.plugin}} {
		fmt.Printf("%-24s %s: %5.1f MiB resident, %5.1f MiB of it anonymous, %3d files, %2d threads, %8.1f s of processor\n",
			when, p.name, mib(p.u.RSS), mib(p.u.Anon), p.u.Files, p.u.Threads, p.u.CPU.Seconds())
	}
	return st, nil
}

// compare complains about what grew.
func (s *soak) compare(what string, before, after state) {
	for _, p := range []struct {
		name          string
		before, after lab.Usage
	}{{"server", before.server, after.server}, {"plugin", before.plugin, after.plugin}} {
		if p.after.Files > p.before.Files+slackFiles {
			s.complain("%s: %s has %d files open, before %d", what, p.name, p.after.Files, p.before.Files)
		}
		if p.after.Threads > p.before.Threads+slackThreads {
			s.complain("%s: %s has %d threads, before %d", what, p.name, p.after.Threads, p.before.Threads)
		}
		if float64(p.after.Anon) > growthMemory*float64(p.before.Anon)+slackMemory {
			s.complain("%s: %s has %.1f MiB of memory, before %.1f", what, p.name, mib(p.after.Anon), mib(p.before.Anon))
		}
	}
}

// rest waits until no session is left, and then for what is kept for a while.
func (s *soak) rest() error {
	for deadline := time.Now().Add(restTimeout); ; time.Sleep(200 * time.Millisecond) {
		rows, err := s.sessions()
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d sessions are left %s after all clients ended, the first: %+v", len(rows), restTimeout, rows[0])
		}
	}
	pools, err := s.daemon.CLI("", "pools", "list", "-o", "json")
	if err != nil {
		return err
	}
	var list []struct {
		Name   string
		Leased int
	}
	if err := json.Unmarshal([]byte(pools), &list); err != nil {
		return fmt.Errorf("pools list: %w", err)
	}
	for _, p := range list {
		if p.Leased != 0 {
			return fmt.Errorf("pool %s has %d leases without a session", p.Name, p.Leased)
		}
	}
	time.Sleep(restLength)
	return nil
}

type row struct{ ID, User, Stage string }

func (s *soak) sessions() (rows []row, err error) {
	out, err := s.daemon.CLI("", "sessions", "list", "-o", "json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		return nil, fmt.Errorf("sessions list: %w", err)
	}
	return rows, nil
}

// childOf returns the one child of a process.
func childOf(pid int) (int, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	var all []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return 0, err
		}
		all = append(all, strings.Fields(string(text))...)
	}
	if len(all) != 1 {
		return 0, fmt.Errorf("process %d has the children %v, want one plugin", pid, all)
	}
	var child int
	_, err = fmt.Sscan(all[0], &child)
	return child, err
}

func countGoroutines(log string) (n int) {
	for line := range strings.Lines(log) {
		var id int
		if _, err := fmt.Sscanf(line, "goroutine %d ", &id); err == nil && id > 0 {
			n++
		}
	}
	return n
}

// tail is the last of a text that may be long.
func tail(text string) string { return text[max(0, len(text)-4000):] }

func mib(n int64) float64 { return float64(n) / (1 << 20) }
