// Command soak makes the real pptpac work for a long time between two network
// namespaces and looks whether it stays as it was: memory, descriptors, threads,
// goroutines, sessions and leases. Clients come and end in every way they can,
// kill -9 included, and a million bad packets follow. It needs root.
//
//	go run ./contrib/soak [-time 30m] [-bad 1000000]
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pptpac/pptpac/contrib/bench/lab"
)

// config keeps what is remembered on purpose small, so that growth is a leak: a
// pool remembers the last user of each of its addresses.
const config = `
[log]
level = "warn"
[server]
max-starting-per-source = 0
ended-sessions = 50
call-id-hold-down = "5s"
[interface.pptp-dynamic-server]
encryption = "optional"
remote-address = "remote"
[[pool]]
name = "remote"
ranges = ["10.64.0.0/21"]
quarantine = "5s"
`

func main() {
	os.Exit(lab.Main(map[string]lab.Role{churnRole: churn, garbageRole: garbage}, run))
}

func run() error {
	length := flag.Duration("time", 30*time.Minute, "of the churn of sessions")
	bad := flag.Int("bad", 1_000_000, "bad packets")
	flag.Parse()
	dir, err := os.MkdirTemp("", "pptpac-soak")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := lab.Build(dir)
	if err != nil {
		return err
	}
	network, err := lab.NewNetwork()
	if err != nil {
		return err
	}
	defer network.Close()
	daemon, err := network.StartDaemon(binary, filepath.Join(dir, "long"), config)
	if err != nil {
		return err
	}
	s := &soak{network: network, daemon: daemon}
	if err := s.all(*length, *bad); err != nil {
		return fmt.Errorf("%w\nlog of pptpac, its end:\n%s", err, tail(daemon.Log()))
	}
	long, err := s.goroutines()
	if err != nil {
		return err
	}
	if s.daemon, err = network.StartDaemon(binary, filepath.Join(dir, "short"), config); err != nil {
		return err
	}
	if err := s.churn(time.Second); err != nil {
		return err
	}
	if err := s.rest(); err != nil {
		return err
	}
	short, err := s.goroutines()
	if err != nil {
		return err
	}
	fmt.Printf("goroutines at rest: %d after the soak, %d after a second\n", long, short)
	if long > short+slackGoroutines {
		s.complain("goroutines: %d after the soak, %d after a second", long, short)
	}
	return errors.Join(s.complaints...)
}

// all is the soak itself. What grew is a complaint; an error ends it.
func (s *soak) all(length time.Duration, bad int) error {
	warmUp := max(length/4, 10*time.Second)
	if err := s.churn(warmUp); err != nil {
		return err
	}
	if err := s.rest(); err != nil {
		return err
	}
	warm, err := s.look("warm")
	if err != nil {
		return err
	}
	if err := s.churn(max(length-warmUp, warmUp)); err != nil {
		return err
	}
	if err := s.rest(); err != nil {
		return err
	}
	churned, err := s.look("after the churn")
	if err != nil {
		return err
	}
	s.compare("churn", warm, churned)
	if err := s.pelt(bad); err != nil {
		return err
	}
	if err := s.rest(); err != nil {
		return err
	}
	pelted, err := s.look("after the bad packets")
	if err != nil {
		return err
	}
	s.compare("bad packets", churned, pelted)
	return nil
}

// goroutines ends the daemon with SIGQUIT, upon which Go writes all of them to
// the log.
func (s *soak) goroutines() (int, error) {
	if err := s.daemon.Stop(syscall.SIGQUIT); err != nil {
		return 0, err
	}
	n := countGoroutines(s.daemon.Log())
	if n == 0 {
		return 0, fmt.Errorf("SIGQUIT wrote no goroutines:\n%s", tail(s.daemon.Log()))
	}
	return n, nil
}
