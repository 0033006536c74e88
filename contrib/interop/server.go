package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// startTimeout is for pptpac, its plugin and the race detector.
const startTimeout = 30 * time.Second

// Server is a pptpac, with the race detector, that runs in the run's namespace.
type Server struct {
	dir    string
	binary string
	log    *os.File
	cmd    *exec.Cmd
	exited chan struct{} // closed when it is gone; err is set then
	err    error
}

// Session is what `pptpac sessions list -o json` says of a session.
type Session struct {
	ID         string
	Stage      string
	User       string
	Server     string
	Caller     string
	CallerPort int `json:"caller-port"`
	Address    string
	Encoding   string
	Uptime     float64
	Lost       int // GRE packets
	Cause      string
	Reason     string
	Refused    bool
}

// StartServer starts pptpac with the given lines in
// [interface.pptp-dynamic-server], beside those that name its places, and
// waits until it answers. Name is for its log.
func StartServer(ctx context.Context, name, lines string) (*Server, error) {
	run := os.Getenv(runDirEnv)
	dir := filepath.Join("/run", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`state-dir = %q

[admin]
socket = %q

[log]
level = "debug"
format = "console"

[server]
listen = ["%s:1723"]

[interface.pptp-dynamic-server]
enabled = true
%s
`, filepath.Join(dir, "state"), filepath.Join(dir, "admin.sock"), ServerAddr, lines)
	file := filepath.Join(dir, "pptpac.toml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(run, "pptpac-"+name+".log"))
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, binary: filepath.Join(run, "pptpac-race"), log: log, exited: make(chan struct{})}
	s.cmd = exec.Command(s.binary, "serve", "--config", file)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start pptpac: %w", err), log.Close())
	}
	// Ends with pptpac.
	go func() {
		s.err = s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.await(ctx); err != nil {
		return nil, fmt.Errorf("%w; pptpac's log:\n%s", errors.Join(err, s.Kill()), s.Log())
	}
	return s, nil
}

// await returns when the admin API answers.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(filepath.Join(s.dir, "admin.sock")); err == nil {
			if _, err := s.Sessions(ctx); err == nil {
				return nil
			}
		}
		select {
		case <-s.exited:
			return fmt.Errorf("pptpac ended at its start: %w", s.err)
		case <-ctx.Done():
			return fmt.Errorf("pptpac's admin API does not answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// CLI runs a pptpac command against this server.
func (s *Server) CLI(ctx context.Context, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, append([]string{"--socket", filepath.Join(s.dir, "admin.sock")}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("pptpac %s: %w: %s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

// AddUser adds a user who may dial in; settings are further key=value pairs.
func (s *Server) AddUser(ctx context.Context, name, password string, settings ...string) error {
	args := append([]string{"users", "add", "--password-stdin", "name=" + name, "group=ppp"}, settings...)
	_, err := s.CLI(ctx, password+"\n", args...)
	return err
}

// Sessions are the live sessions.
func (s *Server) Sessions(ctx context.Context) ([]Session, error) { return s.list(ctx) }

// Ended are the last ended sessions, latest first.
func (s *Server) Ended(ctx context.Context) ([]Session, error) { return s.list(ctx, "--ended") }

func (s *Server) list(ctx context.Context, flags ...string) ([]Session, error) {
	out, err := s.CLI(ctx, "", append([]string{"sessions", "list", "-o", "json"}, flags...)...)
	if err != nil {
		return nil, err
	}
	var list []Session
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return nil, fmt.Errorf("sessions list said %q: %w", out, err)
	}
	return list, nil
}

// Log is what pptpac has logged so far.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Plugins are the process ids of its plugins.
func (s *Server) Plugins() ([]int, error) {
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(s.cmd.Process.Pid)).Output()
	if err != nil {
		return nil, fmt.Errorf("pptpac has no children: %w", err)
	}
	var pids []int
	for _, f := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// Stop ends pptpac as an administrator would, and fails if it did not go
// cleanly: exit status 0, no panic, no data race. It is idempotent.
func (s *Server) Stop() error {
	select {
	case <-s.exited:
	default:
		if err := s.cmd.Process.Signal(unix.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	var errs []error
	select {
	case <-s.exited:
		if s.err != nil {
			errs = append(errs, fmt.Errorf("pptpac ended: %w", s.err))
		}
	case <-timeout.C:
		errs = append(errs, errors.New("pptpac has not ended 30 s after SIGTERM"), s.Kill())
	}
	log := s.Log()
	for _, bad := range []string{"WARNING: DATA RACE", "panic:", "BUG:"} {
		if strings.Contains(log, bad) {
			errs = append(errs, fmt.Errorf("pptpac's log contains %q", bad))
		}
	}
	if err := s.log.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Kill ends pptpac at once.
func (s *Server) Kill() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.exited
	return nil
}
