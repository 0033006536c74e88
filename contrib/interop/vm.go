package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pptpac/pptpac/contrib/interop/job"
)

// Addresses of the two wires between the run's namespace and the guest.
const (
	controlTap = "ctl0"
	outerTap   = "wan0"
	agentPort  = 7000
)

var (
	hostControl  = netip.MustParsePrefix("10.255.0.1/30")
	guestControl = netip.MustParsePrefix("10.255.0.2/30")
	hostOuter    = netip.MustParsePrefix("192.0.2.1/24")
	guestOuter   = netip.MustParsePrefix("192.0.2.7/24")

	// ServerAddr is where a server in the run's namespace is dialled.
	ServerAddr = hostOuter.Addr()
	// ClientAddr is where every call of the guest comes from.
	ClientAddr = guestOuter.Addr()
)

// bootTimeout is for a machine that has better things to do.
const bootTimeout = 60 * time.Second

// VM is the guest. Its methods may be called from several goroutines.
type VM struct {
	dir    string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the guest's process is gone
	client *http.Client
}

// Boot starts the guest and waits for its agent. It works only below Main, and
// once.
func Boot(ctx context.Context) (*VM, error) {
	dir := os.Getenv(runDirEnv)
	if dir == "" || os.Getpid() != 1 {
		return nil, errors.New("interop.Boot needs the namespaces of interop.Main")
	}
	console, err := os.Create(filepath.Join(dir, "console.log"))
	if err != nil {
		return nil, err
	}
	defer console.Close()
	cmd := exec.Command("linux.uml",
		"mem=1024M", "umid=vm", "uml_dir="+filepath.Join(dir, "memory"),
		"root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", "panic=-1",
		"random.trust_cpu=on", "con=null", "con0=null,fd:1", "ssl=null",
		"vec0:transport=tap,ifname="+controlTap+",depth=128,gro=0",
		"vec1:transport=tap,ifname="+outerTap+",depth=128,gro=0",
		"init="+filepath.Join(dir, "init.sh"),
		"INTEROP_DIR="+dir,
		"INTEROP_CONTROL="+guestControl.String(),
		"INTEROP_OUTER="+guestOuter.String(),
		"INTEROP_AGENT="+netip.AddrPortFrom(guestControl.Addr(), agentPort).String())
	cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Join(dir, "memory"))
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the guest: %w", err)
	}
	vm := &VM{
		dir: dir, cmd: cmd, exited: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		}},
	}
	// Ends with the guest.
	go func() {
		_ = cmd.Wait()
		close(vm.exited)
	}()
	if err := vm.await(ctx); err != nil {
		return nil, fmt.Errorf("%w; the guest's console said:\n%s", errors.Join(err, vm.Close()), vm.console())
	}
	return vm, nil
}

// await returns when the agent answers.
func (vm *VM) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	addr := netip.AddrPortFrom(guestControl.Addr(), agentPort).String()
	for {
		dialer := net.Dialer{Timeout: time.Second}
		if conn, err := dialer.DialContext(ctx, "tcp", addr); err == nil {
			return conn.Close()
		}
		select {
		case <-vm.exited:
			return errors.New("the guest powered off while it booted")
		case <-ctx.Done():
			return fmt.Errorf("the guest's agent does not answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func (vm *VM) console() []byte {
	text, err := os.ReadFile(filepath.Join(vm.dir, "console.log"))
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// Dir is the run's directory. The guest sees it under the same path, read-only.
func (vm *VM) Dir() string { return vm.dir }

// Run runs a bash script in the guest and waits until it has ended or the
// timeout has passed. A script that fails is a Result, not an error.
func (vm *VM) Run(ctx context.Context, timeout time.Duration, script string, args ...string) (job.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout+10*time.Second)
	defer cancel()
	body, err := json.Marshal(job.Request{Script: script, Args: args, Timeout: timeout})
	if err != nil {
		return job.Result{}, err
	}
	url := "http://" + netip.AddrPortFrom(guestControl.Addr(), agentPort).String() + job.Path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return job.Result{}, err
	}
	resp, err := vm.client.Do(req)
	if err != nil {
		return job.Result{}, fmt.Errorf("run a script in the guest: %w", err)
	}
	defer resp.Body.Close()
	var res job.Result
	if err := json.NewDecoder(resp.Body).Decode(&res); err != nil {
		return job.Result{}, fmt.Errorf("read the guest's answer (%s): %w", resp.Status, err)
	}
	return res, nil
}

// script runs one of the guest scripts.
func (vm *VM) script(ctx context.Context, timeout time.Duration, name string, args ...string) (job.Result, error) {
	return vm.Run(ctx, timeout, `exec "$@"`, append([]string{filepath.Join(vm.dir, name)}, args...)...)
}

// Close ends the guest at once. It is idempotent.
func (vm *VM) Close() error {
	vm.client.CloseIdleConnections()
	// The group: a User Mode Linux runs the guest's processes as children.
	if err := unix.Kill(-vm.cmd.Process.Pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill the guest: %w", err)
	}
	<-vm.exited
	return nil
}
