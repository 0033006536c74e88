package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/contrib/bench/lab"
)

// inFlight is how many clients dial at the same time.
const inFlight = 64

// remote is a server in a process of its own, and its clients in ours.
type remote struct {
	process *lab.Process
	started serverStarted
	wire    *wire
	cfg     concentrator.ClientConfig

	mu      sync.Mutex // guards the rest
	clients []*concentrator.Client
	failed  []error
}

func startRemote(dir string, plugin []string) (*remote, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ours, theirs, err := newWirePair()
	if err != nil {
		return nil, err
	}
	r := &remote{}
	if r.process, err = lab.Spawn(nil, serverRole, serverSpec{Plugin: plugin, Dir: dir}, theirs); err != nil {
		return nil, err
	}
	theirs.Close()
	if err := r.process.Read(&r.started); err != nil {
		return nil, err
	}
	if r.wire, err = newWire(ours); err != nil {
		return nil, err
	}
	at, err := netip.ParseAddrPort(r.started.Listen)
	if err != nil {
		return nil, err
	}
	r.cfg = concentrator.ClientConfig{LinkConfig: concentrator.DefaultConfig().Dynamic.LinkConfig, ConnectTo: at, User: lab.User}
	return r, nil
}

// dial places n calls, inFlight at a time, and keeps them.
func (r *remote) dial(n int) error {
	var wg sync.WaitGroup
	work := make(chan struct{})
	for range inFlight {
		wg.Go(func() { // ends when work is closed
			for range work {
				call, err := r.one()
				r.mu.Lock()
				if err != nil {
					r.failed = append(r.failed, err)
				} else {
					r.clients = append(r.clients, call)
				}
				r.mu.Unlock()
			}
		})
	}
	for range n {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
	if len(r.failed) > 0 {
		return fmt.Errorf("%d of %d calls failed: %w", len(r.failed), n, r.failed[0])
	}
	return nil
}

// one places a call. Each client draws its call id for itself; here they have one
// address between them, and the plane tells them when two drew the same.
func (r *remote) one() (*concentrator.Client, error) {
	var d lab.Dialed
	for range 10 {
		call, result := lab.Dial(r.cfg, &r.wire.plane, false)
		if call != nil {
			return call, nil
		}
		d = result
	}
	return nil, errors.New(d.Error)
}

// close hangs all calls up and ends the server.
func (r *remote) close() error {
	var wg sync.WaitGroup
	for _, c := range r.clients {
		wg.Go(c.Close) // ends with the call
	}
	wg.Wait()
	r.clients = nil
	err := r.process.Close()
	r.wire.close()
	return err
}
