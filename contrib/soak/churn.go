package main

import (
	"bufio"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/contrib/bench/lab"
	"github.com/pptpac/pptpac/dataplane/engine"
)

// churnRole is a process with clients that come and go until its standard input
// ends, when it says a churned; or until it is killed, when they all vanish.
const churnRole = "churn"

const (
	churnWorkers = 16 // clients at a time
	// Of the run: how often all clients are killed, and one session is ended
	// by the administrator.
	killEvery      = 7 * time.Second
	terminateEvery = 500 * time.Millisecond
)

// churned counts what happened to the clients of a process.
type churned struct {
	Connected, Refused, Failed, NoCall int
	Failure                            string // of one that failed
}

func (c *churned) add(o churned) {
	c.Connected += o.Connected
	c.Refused += o.Refused
	c.Failed += o.Failed
	c.NoCall += o.NoCall
	if c.Failure == "" {
		c.Failure = o.Failure
	}
}

// churn makes clients come and go.
func (s *soak) churn(length time.Duration) error {
	end := time.Now().Add(length)
	total, kills, terminated, looked := churned{}, 0, 0, time.Now()
	for time.Now().Before(end) {
		clients, err := lab.Spawn(s.network.Client, churnRole, nil)
		if err != nil {
			return err
		}
		turn := time.Now().Add(min(killEvery, time.Until(end)))
		for time.Now().Before(turn) {
			n, err := s.terminateOne()
			if err != nil {
				return err
			}
			terminated += n
			time.Sleep(terminateEvery)
		}
		if kills++; kills%2 == 0 {
			clients.Kill()
			continue
		}
		var c churned
		if err := clients.Ask("end", &c); err != nil {
			return err
		}
		if err := clients.Close(); err != nil {
			return err
		}
		total.add(c)
		if time.Since(looked) > time.Minute {
			looked = time.Now()
			if _, err := s.look("under churn"); err != nil {
				return err
			}
		}
	}
	fmt.Printf("churn of %s: of the clients that lived to tell, %d connected, %d were refused, %d failed, %d placed no call; %d sessions terminated; clients killed %d times\n",
		length, total.Connected, total.Refused, total.Failed, total.NoCall, terminated, kills/2)
	if total.Failed > 0 {
		fmt.Printf("  one that failed: %s\n", total.Failure)
	}
	if total.Connected == 0 || total.Failed > total.Connected/100 {
		s.complain("churn: %d calls connected, %d failed, one of them: %s", total.Connected, total.Failed, total.Failure)
	}
	return nil
}

// terminateOne ends a random session as an administrator does.
func (s *soak) terminateOne() (int, error) {
	rows, err := s.sessions()
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	id := rows[rand.IntN(len(rows))].ID
	if _, err := s.daemon.CLI("", "sessions", "terminate", id); err != nil {
		return 0, nil // it has ended meanwhile
	}
	return 1, nil
}

func churn(_ []byte, in *bufio.Scanner, out *json.Encoder) error {
	plane, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Close() }()
	done := make(chan struct{})
	var mu sync.Mutex // guards total
	var total churned
	var wg sync.WaitGroup
	for range churnWorkers {
		wg.Go(func() { // ends when done is closed
			for {
				select {
				case <-done:
					return
				default:
				}
				c := oneClient(plane)
				mu.Lock()
				total.add(c)
				mu.Unlock()
			}
		})
	}
	in.Scan()
	close(done)
	wg.Wait()
	return out.Encode(total)
}

// oneClient lives and ends in some way.
func oneClient(plane *engine.Engine) (c churned) {
	cfg := concentrator.ClientConfig{
		LinkConfig: concentrator.DefaultConfig().Dynamic.LinkConfig,
		ConnectTo:  netip.MustParseAddrPort(lab.ServerOuter + ":1723"), User: lab.User,
	}
	if rand.IntN(2) == 0 {
		cfg.Encryption = ppp.EncryptionNone
	}
	switch rand.IntN(10) {
	case 0: // something else than PPTP, or nothing
		noise()
		c.NoCall++
		return c
	case 1:
		cfg.User = "nobody"
		if call, _ := lab.Dial(cfg, plane, false); call != nil {
			call.Close()
			c.Failed, c.Failure = 1, "an unknown user was let in"
			return c
		}
		c.Refused++
		return c
	}
	call, d := lab.Dial(cfg, plane, rand.IntN(4) == 0)
	if call == nil {
		c.Failed, c.Failure = 1, d.Error
		return c
	}
	c.Connected++
	select {
	case <-call.Done(): // terminated
	case <-time.After(time.Duration(rand.IntN(300)) * time.Millisecond):
		if rand.IntN(3) == 0 {
			call.Drop()
		} else {
			call.Close()
		}
	}
	return c
}

// noise connects and sends octets that may begin like a control message.
func noise() {
	c, err := net.DialTimeout("tcp4", lab.ServerOuter+":1723", time.Second)
	if err != nil {
		return
	}
	defer c.Close()
	b := make([]byte, rand.IntN(400))
	_, _ = crand.Read(b)
	if rand.IntN(2) == 0 && len(b) >= 10 {
		copy(b, []byte{0, 156, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, byte(rand.IntN(16))})
	}
	_, _ = c.Write(b)
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	_, _ = c.Read(b)
}
