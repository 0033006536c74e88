package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"
	"golang.org/x/sys/unix"

	"github.com/pptpac/pptpac/aaa/pluginrpc"
)

// pipeGrace is how long output of a process that has ended may still come in,
// in case something outside its process group holds the pipe open.
const pipeGrace = 500 * time.Millisecond

// process is one plugin process, in a session and process group of its own. It
// ends with us: its standard input, which only we hold open, ends, and the
// kernel kills it (PR_SET_PDEATHSIG) even if it does not care.
type process struct {
	cmd            *exec.Cmd
	stdin          *os.File // our end; never written to
	stdout, stderr *os.File // our ends
	pid            int
	gone           chan struct{} // closed when the process has ended
	started        chan struct{} // closed when Start is done, well or not
	err            error         // of its end; valid once gone is closed
}

var _ runner.Runner = (*process)(nil)

// newProcess describes a process; nothing runs yet. spec carries the variables
// of the handshake.
func newProcess(command, env []string, spec *exec.Cmd) *process {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // the administrator's own choice
	cmd.Dir = "/"
	cmd.Env = append(cmd.Env,
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		pluginrpc.WatchStdinVariable+"=1")
	cmd.Env = append(cmd.Env, env...)
	cmd.Env = append(cmd.Env, spec.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	return &process{cmd: cmd, gone: make(chan struct{}), started: make(chan struct{})}
}

// Start launches the process.
func (p *process) Start(context.Context) error {
	defer close(p.started)
	var ends [6]*os.File // read and write ends of stdin, stdout, stderr
	for i := 0; i < len(ends); i += 2 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ends[:])
			return fmt.Errorf("make pipes: %w", err)
		}
		ends[i], ends[i+1] = r, w
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = ends[0], ends[3], ends[5]

	started := make(chan error, 1)
	// Ends with the process, whose end the kernel ties to the thread that made
	// it: a thread of the Go runtime's may go away at any time, this one stays.
	go p.run(started)
	err := <-started
	closeAll([]*os.File{ends[0], ends[3], ends[5]})
	if err != nil {
		closeAll([]*os.File{ends[1], ends[2], ends[4]})
		close(p.gone)
		return fmt.Errorf("start plugin: %w", err)
	}
	p.pid = p.cmd.Process.Pid
	p.stdin, p.stdout, p.stderr = ends[1], ends[2], ends[4]
	// Ends with the process.
	go func() {
		<-p.gone
		_ = p.stdin.Close()
		late := time.Now().Add(pipeGrace)
		_ = p.stdout.SetReadDeadline(late)
		_ = p.stderr.SetReadDeadline(late)
	}()
	return nil
}

// run starts the process and awaits its end on one thread.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	pid := p.cmd.Process.Pid
	for {
		// Not reaped yet, so that the number of its group cannot be another's.
		err = unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = unix.Kill(-pid, unix.SIGKILL) // what the plugin itself has started
	p.err = p.cmd.Wait()
	close(p.gone)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// Wait returns when the process has ended.
func (p *process) Wait(context.Context) error {
	<-p.gone
	closeAll([]*os.File{p.stdout, p.stderr})
	return p.err
}

// Kill ends the process at once. run awaits it and ends the rest of its group.
func (p *process) Kill(context.Context) error {
	if p.pid == 0 {
		return nil
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill plugin process %d: %w", p.pid, err)
	}
	return nil
}

// killWhenStarted is Kill for one who does not know whether Start has returned.
func (p *process) killWhenStarted() {
	<-p.started
	_ = p.Kill(context.Background())
}

// Stdout implements runner.Runner.
func (p *process) Stdout() io.ReadCloser { return tolerant{p.stdout} }

// Stderr implements runner.Runner.
func (p *process) Stderr() io.ReadCloser { return tolerant{p.stderr} }

// tolerant turns the deadline after the process's end into the end of the
// stream.
type tolerant struct{ *os.File }

func (t tolerant) Read(b []byte) (int, error) {
	n, err := t.File.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, os.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

// Name implements runner.Runner.
func (p *process) Name() string { return p.cmd.Path }

// ID implements runner.Runner.
func (p *process) ID() string { return strconv.Itoa(p.pid) }

// Diagnose implements runner.Runner: what to look at when there is no handshake.
func (p *process) Diagnose(context.Context) string {
	return "is " + p.cmd.Path + " a plugin for this version of pptpac, and does it keep standard output free?"
}

// PluginToHost implements runner.AddrTranslator: both ends see the same addresses.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin implements runner.AddrTranslator.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
