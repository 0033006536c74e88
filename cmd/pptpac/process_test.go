package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// process returns a command that runs pptpac as a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // the race detector otherwise sleeps at the end of each
	return cmd
}

// finish runs a process to its end.
func finish(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return outcome{out: out.String(), err: errs.String(), status: cmd.ProcessState.ExitCode()}
}

func TestProcessExitStatus(t *testing.T) {
	socket := "--socket=" + filepath.Join(t.TempDir(), "s")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		err    string
	}{
		{"done", []string{"version", socket}, 0, ""},
		{"failed", []string{"users", "list", socket}, 1, "pptpac: no daemon answers"},
		{"wrong use", []string{"users", "lisst"}, 2, "pptpac: no such command"},
		{"help is not wrong", []string{"--help"}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			finish(t, process(t, tt.args...)).check(t, tt.status, tt.err)
		})
	}
}

func TestSocketFromTheEnvironment(t *testing.T) {
	f := newFakeDaemon(t)
	cmd := process(t, "pools", "list")
	cmd.Env = append(cmd.Env, "PPTPAC_SOCKET="+f.socket)
	finish(t, cmd).check(t, 0, "")
	cmd = process(t, "--socket", f.socket, "pools", "list")
	cmd.Env = append(cmd.Env, "PPTPAC_SOCKET=/nonexistent/s")
	finish(t, cmd).check(t, 0, "")
}

// TestPasswordPromptNeedsATerminal: a daemon must not be asked with an empty
// password because there is nobody to type one.
func TestPasswordPromptNeedsATerminal(t *testing.T) {
	f := newFakeDaemon(t)
	finish(t, process(t, "--socket", f.socket, "users", "add", "name=x")).check(t, 2, "use --password-stdin")
	if f.added != nil {
		t.Error("the daemon was asked all the same")
	}
}

func TestCompletion(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "serve check reload version sessions users pools"},
		{"users", "add set list passwd disable enable remove"},
		{"sessions", "list show terminate"},
		{"--socket /s pools", "list leases"},
		{"users add --pass", "--password-stdin"},
		{"users add name=x --pass", "--password-stdin"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			args := append(strings.Fields(tt.args), completionFlag)
			var have []string
			for line := range strings.Lines(finish(t, process(t, args...)).out) {
				word, _, _ := strings.Cut(strings.TrimSpace(line), ":")
				have = append(have, word)
			}
			got := " " + strings.Join(have, " ") + " "
			for _, want := range strings.Fields(tt.want) {
				if !strings.Contains(got, " "+want+" ") {
					t.Errorf("completions of %q lack %q: %s", tt.args, want, got)
				}
			}
			if strings.Contains(got, " plugin ") {
				t.Error("a hidden command is offered")
			}
		})
	}
}
