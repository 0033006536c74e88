package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// User and Password of the one user of a daemon.
const (
	User     = "john"
	Password = "secret"
)

// startTimeout bounds how long the daemon may take to answer calls.
const startTimeout = 30 * time.Second

// Build builds pptpac, without the race detector, into dir and returns its path.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "pptpac")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/pptpac/pptpac/cmd/pptpac")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build pptpac: %w", err)
	}
	return path, nil
}

// Daemon is the real pptpac in the server's namespace.
type Daemon struct {
	PID    int
	binary string
	socket string
	log    string
	cmd    *exec.Cmd
	ended  chan error // capacity 1
}

// StartDaemon starts the binary with its state in dir, adds the user, and waits
// until it answers. config is what the file says besides state-dir and socket.
func (n *Network) StartDaemon(binary, dir, config string) (*Daemon, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d := &Daemon{binary: binary, socket: filepath.Join(dir, "admin.sock"), log: filepath.Join(dir, "log"), ended: make(chan error, 1)}
	file := filepath.Join(dir, "pptpac.toml")
	text := fmt.Sprintf("state-dir = %q\n[admin]\nsocket = %q\n%s\n", filepath.Join(dir, "state"), d.socket, config)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d.cmd = exec.Command(binary, "serve", "--config", file)
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := startIn(n.Server, d.cmd); err != nil {
		return nil, err
	}
	d.PID = d.cmd.Process.Pid
	go func() { d.ended <- d.cmd.Wait() }() // ends with the process
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		if _, err = d.CLI("", "sessions", "list"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			_ = d.cmd.Process.Kill()
			return nil, fmt.Errorf("pptpac does not come up: %w\n%s", err, d.Log())
		}
	}
	if _, err := d.CLI(Password, "users", "add", "name="+User, "group=ppp", "--password-stdin"); err != nil {
		_ = d.cmd.Process.Kill()
		return nil, err
	}
	return d, nil
}

// CLI runs a command of the binary against the daemon and returns what it prints.
func (d *Daemon) CLI(stdin string, args ...string) (string, error) {
	return CLI(d.binary, d.socket, stdin, args...)
}

// CLI runs a command of a binary against the admin socket of any daemon.
func CLI(binary, socket, stdin string, args ...string) (string, error) {
	cmd := exec.Command(binary, append([]string{"--socket", socket}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("pptpac %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out), nil
}

// Log is what the daemon has logged so far.
func (d *Daemon) Log() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Stop ends the daemon with a signal and waits. The error of a process that
// SIGQUIT ended is none.
func (d *Daemon) Stop(signal syscall.Signal) error {
	if err := d.cmd.Process.Signal(signal); err != nil {
		return err
	}
	err := <-d.ended
	if signal == syscall.SIGQUIT {
		return nil
	}
	return err
}
