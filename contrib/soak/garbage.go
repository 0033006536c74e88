package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/contrib/bench/lab"
	"github.com/pptpac/pptpac/dataplane/engine"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

// garbageRole is a process that sends bad GRE packets: noise, packets for calls
// that do not exist, and spoilt copies of what a real client has sent, within
// its call. Its spec is how many. It says a pelted.
const garbageRole = "garbage"

// The pace: slow enough for the kernel to hand the server most of it.
const (
	garbageBatch = 20
	garbagePause = time.Millisecond
	garbageLimit = 1400 // octets of a packet
)

type pelted struct{ Sent, Calls int }

// pelt has bad packets sent and watches the server's memory meanwhile.
func (s *soak) pelt(n int) error {
	if n == 0 {
		return nil
	}
	before, err := lab.UsageOf(s.daemon.PID)
	if err != nil {
		return err
	}
	sender, err := lab.Spawn(s.network.Client, garbageRole, n)
	if err != nil {
		return err
	}
	answer := make(chan error, 1)
	var p pelted
	go func() { answer <- sender.Read(&p) }() // ends with the sender
	peak := before.Anon
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for answered := false; !answered; {
		select {
		case err := <-answer:
			if err != nil {
				return err
			}
			answered = true
		case <-tick.C:
			u, err := lab.UsageOf(s.daemon.PID)
			if err != nil {
				return fmt.Errorf("the server does not live: %w", err)
			}
			peak = max(peak, u.Anon)
		}
	}
	drops, err := kernelDrops(s.daemon.PID)
	if err != nil {
		return err
	}
	fmt.Printf("%d bad packets within and beside %d calls, %d of them lost before the server: its anonymous memory %.1f MiB before, %.1f MiB at most\n",
		p.Sent, p.Calls, drops, mib(before.Anon), mib(peak))
	if float64(peak) > growthMemory*float64(before.Anon)+slackMemory {
		s.complain("bad packets: %.1f MiB of memory, before %.1f", mib(peak), mib(before.Anon))
	}
	return sender.Close()
}

// kernelDrops is how many packets found the buffer of a raw socket full, in the
// namespace of a process.
func kernelDrops(pid int) (total int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/raw", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		var drops int
		if _, err := fmt.Sscan(fields[len(fields)-1], &drops); err == nil { // the first line has titles
			total += drops
		}
	}
	return total, nil
}

func garbage(spec []byte, _ *bufio.Scanner, out *json.Encoder) error {
	var n int
	if err := json.Unmarshal(spec, &n); err != nil {
		return err
	}
	socket, err := rawsock.OpenGRE()
	if err != nil {
		return err
	}
	tapped := &tap{Conn: socket}
	plane, err := engine.New(engine.Options{OpenSocket: func() (rawsock.Conn, error) { return tapped, nil }})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Close() }()
	cfg := concentrator.ClientConfig{
		LinkConfig: concentrator.DefaultConfig().Dynamic.LinkConfig,
		ConnectTo:  netip.MustParseAddrPort(lab.ServerOuter + ":1723"), User: lab.User,
	}
	src, dst := netip.MustParseAddr(lab.ClientOuter), netip.MustParseAddr(lab.ServerOuter)
	var p pelted
	for p.Sent < n {
		call, d := lab.Dial(cfg, plane, false)
		if call == nil {
			return fmt.Errorf("among bad packets no call comes up: %s", d.Error)
		}
		p.Calls++
		for alive := true; alive && p.Sent < n; p.Sent++ {
			// What the kernel does not take is lost, as on a line.
			_ = socket.Send(tapped.bad(), src, dst)
			if p.Sent%garbageBatch != 0 {
				continue
			}
			select {
			case <-call.Done(): // the garbage has ended it
				alive = false
			case <-time.After(garbagePause):
			}
		}
		call.Close()
	}
	return out.Encode(p)
}

// tap keeps the last packets that a client has sent.
type tap struct {
	rawsock.Conn

	mu   sync.Mutex // guards the rest
	last [16][]byte
	next int
}

// Send implements rawsock.Conn.
func (t *tap) Send(payload []byte, src, dst netip.Addr) error {
	t.mu.Lock()
	t.last[t.next%len(t.last)] = append([]byte(nil), payload...)
	t.next++
	t.mu.Unlock()
	return t.Conn.Send(payload, src, dst)
}

// bad makes a bad packet.
func (t *tap) bad() []byte {
	switch rand.IntN(3) {
	case 0:
		return noisy(rand.IntN(garbageLimit))
	case 1: // enhanced GRE (RFC 2637 §4.1) for any call
		b := noisy(8 + rand.IntN(garbageLimit-8))
		b[0], b[1] = byte(rand.IntN(2))<<4|0x20, byte(rand.IntN(2))<<7|1
		binary.BigEndian.PutUint16(b[2:], 0x880b)
		return b
	}
	t.mu.Lock()
	b := append([]byte(nil), t.last[rand.IntN(min(max(t.next, 1), len(t.last)))]...)
	t.mu.Unlock()
	if len(b) == 0 {
		return noisy(16)
	}
	for range 1 + rand.IntN(4) {
		b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
	}
	if rand.IntN(2) == 0 && len(b) >= 12 && b[0]&0x10 != 0 { // so that it is not just old
		binary.BigEndian.PutUint32(b[8:], rand.Uint32N(1<<20))
	}
	return b[:1+rand.IntN(len(b))]
}

func noisy(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}
