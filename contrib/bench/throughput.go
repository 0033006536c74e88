package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/pptpac/pptpac/contrib/bench/lab"
)

// sinkRole listens for TCP on port sinkPort and, for each connection, says how
// many octets came in how many seconds. sourceRole sends to the address that is
// its spec, for sourceTime.
const (
	sinkRole   = "sink"
	sourceRole = "source"

	sinkPort         = "5001"
	sourceTime       = 3 * time.Second
	throughputRounds = 3
)

type received struct{ Octets, Seconds float64 }

// throughput is how fast one TCP connection goes between two namespaces of this
// machine: through the tunnel, without and with encryption, and past it.
func throughput(b *bench) error {
	network, err := lab.NewNetwork()
	if err != nil {
		return err
	}
	defer network.Close()
	daemon, err := network.StartDaemon(b.binary, filepath.Join(b.dir, "throughput"), "[interface.pptp-dynamic-server]\nencryption = \"optional\"")
	if err != nil {
		return err
	}
	target, err := lab.Spawn(network.Server, sinkRole, nil)
	if err != nil {
		return err
	}
	var listening string
	if err := target.Read(&listening); err != nil {
		return err
	}
	kinds := []*struct {
		name, encryption string
		megabits         []float64
	}{
		{name: "throughput/veth without tunnel"},
		{name: "throughput/tunnel, no encryption", encryption: "none"},
		{name: "throughput/tunnel, MPPE-128 stateless", encryption: "stateless"},
	}
	for range throughputRounds {
		for _, k := range kinds {
			r, err := transfer(network, target, k.encryption)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			k.megabits = append(k.megabits, r.Octets*8/1e6/r.Seconds)
		}
	}
	for _, k := range kinds {
		slices.Sort(k.megabits)
		b.say(k.name, median(k.megabits), "Mbit/s", fmt.Sprintf("median of %d runs of %s", throughputRounds, sourceTime))
	}
	veth, none, mppe := median(kinds[0].megabits), median(kinds[1].megabits), median(kinds[2].megabits)
	b.ratio("throughput, tunnel : veth", none, veth)
	b.ratio("throughput, MPPE-128 : no encryption", mppe, none)
	if err := target.Close(); err != nil {
		return err
	}
	return daemon.Stop(syscall.SIGTERM)
}

// transfer is one run; without encryption's name it goes past the tunnel.
func transfer(network *lab.Network, target *lab.Process, encryption string) (r received, err error) {
	to := lab.ServerOuter
	if encryption != "" {
		to = lab.ServerInner
		spec := lab.DialSpec{Server: lab.ServerOuter + ":1723", Encryption: encryption, Device: "vpn0", Hold: true}
		client, err := lab.Spawn(network.Client, lab.DialRole, spec)
		if err != nil {
			return r, err
		}
		defer func() { _ = client.Close() }()
		var d lab.Dialed
		if err := client.Read(&d); err != nil {
			return r, err
		}
		if d.Error != "" {
			return r, fmt.Errorf("call: %s", d.Error)
		}
	}
	sender, err := lab.Spawn(network.Client, sourceRole, net.JoinHostPort(to, sinkPort))
	if err != nil {
		return r, err
	}
	if err := target.Read(&r); err != nil {
		return r, err
	}
	return r, sender.Close()
}

func sink(_ []byte, in *bufio.Scanner, out *json.Encoder) error {
	l, err := net.Listen("tcp4", ":"+sinkPort)
	if err != nil {
		return err
	}
	if err := out.Encode("listening"); err != nil {
		return err
	}
	go func() { // ends with standard input
		for in.Scan() {
		}
		l.Close()
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		start := time.Now()
		n, err := io.Copy(io.Discard, c)
		if err != nil {
			return err
		}
		c.Close()
		if err := out.Encode(received{Octets: float64(n), Seconds: time.Since(start).Seconds()}); err != nil {
			return err
		}
	}
}

func source(spec []byte, _ *bufio.Scanner, _ *json.Encoder) error {
	var to string
	if err := json.Unmarshal(spec, &to); err != nil {
		return err
	}
	c, err := net.DialTimeout("tcp4", to, 10*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	b := make([]byte, 64<<10)
	for end := time.Now().Add(sourceTime); time.Now().Before(end); {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	return nil
}
