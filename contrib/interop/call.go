package interop

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Dial is a call of pppd in the guest. The zero value of a field leaves the
// matter to pppd.
type Dial struct {
	Name     string // of the call, unique while it lasts
	Server   netip.Addr
	User     string
	Password string
	Auth     string // pap, chap, ms-chapv1, ms-chapv2: the only method pppd agrees to
	MPPE     string // none, 40, 128: what pppd demands
	Stateful bool   // pppd proposes stateful MPPE
	MTU, MRU int
	// OwnControl gives the call a control connection of its own; pptp-linux
	// otherwise makes all calls to one server over one.
	OwnControl bool
	// Unsorted keeps pptp-linux from sorting GRE packets: it crashes on a wire
	// that reorders much.
	Unsorted bool
	Options  []string // further lines of pppd's options file
	Wait     time.Duration
}

// Call is what came of a Dial.
type Call struct {
	Name          string
	Up            bool
	Outcome       string // "up ...", "exit STATUS" or "timeout"
	Device        string
	Local, Remote netip.Addr
	Setup         time.Duration // from pppd's start to IPCP up
	Log           string        // pppd's debug log so far
}

// Dial dials and waits until IPCP is up or pppd has ended. A call that fails
// is a Call with Up false, not an error.
func (vm *VM) Dial(ctx context.Context, d Dial) (Call, error) {
	if d.Wait == 0 {
		d.Wait = 60 * time.Second
	}
	args := []string{d.Name, "server=" + d.Server.String(), "user=" + d.User, "password=" + d.Password,
		"wait=" + strconv.Itoa(int(d.Wait.Seconds()))}
	add := func(key, value string) {
		if value != "" {
			args = append(args, key+"="+value)
		}
	}
	add("auth", d.Auth)
	add("mppe", d.MPPE)
	if d.MTU != 0 {
		add("mtu", strconv.Itoa(d.MTU))
	}
	if d.MRU != 0 {
		add("mru", strconv.Itoa(d.MRU))
	}
	if d.Stateful {
		add("stateful", "yes")
	}
	if d.OwnControl {
		add("control", "own")
	}
	if d.Unsorted {
		add("reorder", "no")
	}
	for _, o := range d.Options {
		add("option", o)
	}
	res, err := vm.script(ctx, d.Wait+10*time.Second, "call.sh", args...)
	if err != nil {
		return Call{}, err
	}
	outcome, log, _ := strings.Cut(res.Stdout, "\n")
	c := Call{Name: d.Name, Outcome: outcome, Log: log + res.Stderr}
	f := strings.Fields(outcome)
	if res.Status != 0 || len(f) != 5 || f[0] != "up" {
		return c, nil
	}
	ms, err := strconv.Atoi(f[4])
	if err != nil {
		return c, fmt.Errorf("call.sh said %q: %w", outcome, err)
	}
	c.Up, c.Device, c.Setup = true, f[1], time.Duration(ms)*time.Millisecond
	if c.Local, err = netip.ParseAddr(f[2]); err != nil {
		return c, fmt.Errorf("call.sh said %q: %w", outcome, err)
	}
	if c.Remote, err = netip.ParseAddr(f[3]); err != nil {
		return c, fmt.Errorf("call.sh said %q: %w", outcome, err)
	}
	return c, nil
}

// Ended waits until the call's pppd has ended, after sending it a signal
// (TERM, HUP, KILL) if one is given, and returns pppd's whole log with its
// exit status in the first line. KILL also kills every pptp process of the
// guest, so that nobody is left to tell the server.
func (vm *VM) Ended(ctx context.Context, name, signal string, wait time.Duration) (string, error) {
	res, err := vm.script(ctx, wait+10*time.Second, "ended.sh", name, strconv.Itoa(int(wait.Seconds())), signal)
	if err != nil {
		return "", err
	}
	if res.Status != 0 {
		return "", fmt.Errorf("pppd of call %s has not ended in %v:\n%s%s", name, wait, res.Stdout, res.Stderr)
	}
	return res.Stdout, nil
}

// Reset ends all calls and servers in the guest, and mends its outer wire.
func (vm *VM) Reset(ctx context.Context) error {
	res, err := vm.script(ctx, 30*time.Second, "reset.sh")
	if err != nil {
		return err
	}
	if res.Status != 0 {
		return fmt.Errorf("reset the guest: status %d: %s", res.Status, res.Stderr)
	}
	return nil
}

// Netem impairs the guest's outer wire in both directions, in the words of tc:
// "loss 5% delay 10ms reorder 25%". Reset mends it.
func (vm *VM) Netem(ctx context.Context, discipline string) error {
	res, err := vm.script(ctx, 20*time.Second, "netem.sh", strings.Fields(discipline)...)
	if err != nil {
		return err
	}
	if res.Status != 0 {
		return fmt.Errorf("netem %s: %s", discipline, res.Stderr)
	}
	return nil
}
