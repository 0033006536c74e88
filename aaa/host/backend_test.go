package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/host"
)

func TestStartRefusesAnIncompleteConfig(t *testing.T) {
	for name, c := range map[string]host.Config{
		"no name":    {Command: []string{"x"}},
		"no command": {Name: "b"},
		"relative":   {Name: "b", Command: []string{"./x"}},
		"back-off":   {Name: "b", Command: []string{"/x"}, BackoffMin: time.Minute, BackoffMax: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if b, err := host.Start(c); !errors.Is(err, aaa.ErrInvalid) {
				t.Errorf("Start() = %v, %v, want ErrInvalid", b, err)
			}
		})
	}
}

func TestLifeOfAGoodPlugin(t *testing.T) {
	b := start(t, "good", nil)
	if _, err := b.Info(bounded(t)); err != nil {
		t.Errorf("Info() before Configure = %v, want nil", err)
	}
	if _, err := ask(t, b, "john"); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Authenticate() before Configure = %v, want ErrUnavailable", err)
	}
	if got, want := b.Status().State, host.Unconfigured; got != want {
		t.Errorf("state %v, want %v", got, want)
	}
	configure(t, b)
	s := b.Status()
	if s.State != host.Running || s.PID == 0 || s.Restarts != 0 || s.Info.Name != "fake" || s.LastError != "" {
		t.Errorf("status %+v, want a running process without restarts", s)
	}
	got, err := ask(t, b, "john")
	if want := fmt.Sprintf("node %d", s.PID); err != nil || got != want {
		t.Errorf("Authenticate() = %q, %v, want %q", got, err, want)
	}
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if !gone(s.PID) {
		t.Error("the process outlives Close")
	}
	if got := b.Status(); got.State != host.Closed || got.PID != 0 {
		t.Errorf("status %+v, want closed and no process", got)
	}
	if _, err := ask(t, b, "john"); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Authenticate() after Close = %v, want ErrUnavailable", err)
	}
	if err := b.Configure(bounded(t), aaa.Configuration{}); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Configure() after Close = %v, want ErrUnavailable", err)
	}
}

func TestRefusedConfigurationLeavesTheOldOne(t *testing.T) {
	b := start(t, "good", nil)
	configure(t, b)
	if err := b.Configure(bounded(t), aaa.Configuration{NodeName: "refused"}); !errors.Is(err, aaa.ErrInvalid) {
		t.Errorf("Configure() = %v, want ErrInvalid", err)
	}
	if got, err := ask(t, b, "john"); err != nil || !strings.HasPrefix(got, "node ") {
		t.Errorf("Authenticate() = %q, %v, want the old configuration", got, err)
	}
}

// kill -9 in the middle of a call: that call fails at once, the next one is
// answered by a new process with the same configuration.
func TestKilledPluginFailsItsCallAndComesBackConfigured(t *testing.T) {
	b := start(t, "good", nil)
	configure(t, b)
	hanging := make(chan error, 1)
	go func() {
		_, err := b.Authenticate(bounded(t), &aaa.AuthRequest{User: "hang"})
		hanging <- err
	}()
	for i := 1; i <= 3; i++ {
		first := b.Status().PID
		began := time.Now()
		if _, err := ask(t, b, "die"); !errors.Is(err, aaa.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("call during which the plugin died = %v, want ErrUnavailable", err)
		}
		if took := time.Since(began); took > patience/2 {
			t.Errorf("it failed after %v, want at once", took)
		}
		var got string
		eventually(t, "a new process answers", func() bool {
			var err error
			got, err = ask(t, b, "john")
			return err == nil && got != fmt.Sprintf("node %d", first)
		})
		s := b.Status()
		if want := fmt.Sprintf("node %d", s.PID); got != want || s.PID == first {
			t.Errorf("answer %q, want %q from another process than %d", got, want, first)
		}
		if s.Restarts != i || !strings.Contains(s.LastError, "killed") {
			t.Errorf("status %+v, want %d restarts and that it was killed", s, i)
		}
	}
	if err := <-hanging; !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("the other call under way = %v, want ErrUnavailable", err)
	}
}

func TestHungPluginIsKilled(t *testing.T) {
	t.Run("calls without answer", func(t *testing.T) {
		b := start(t, "good", func(c *host.Config) { c.CallTimeout, c.HangLimit = time.Second, 2 })
		eventually(t, "configured", func() bool {
			return b.Configure(bounded(t), aaa.Configuration{NodeName: "node"}) == nil
		})
		first := b.Status().PID
		for range 2 {
			_, err := ask(t, b, "hang")
			if !errors.Is(err, aaa.ErrUnavailable) {
				t.Errorf("Authenticate() = %v, want ErrUnavailable", err)
			}
		}
		eventually(t, "another process is running", func() bool {
			s := b.Status()
			return s.State == host.Running && s.PID != first
		})
		if s := b.Status(); !strings.Contains(s.LastError, "hangs") {
			t.Errorf("last error %q, want that it hangs", s.LastError)
		}
		if !gone(first) {
			t.Error("the hung process is still there")
		}
	})
	t.Run("stopped process", func(t *testing.T) {
		b := start(t, "good", func(c *host.Config) { c.PingInterval, c.PingTimeout = 10*time.Millisecond, time.Second })
		configure(t, b)
		first := b.Status().PID
		if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		eventually(t, "another process is running", func() bool {
			s := b.Status()
			return s.State == host.Running && s.PID != first
		})
		if s := b.Status(); !strings.Contains(s.LastError, "health check") {
			t.Errorf("last error %q, want that a health check failed", s.LastError)
		}
	})
}

// A backend that waits for somebody else, and says so in time, is not hung.
func TestSlowPluginIsLeftAlone(t *testing.T) {
	b := start(t, "good", func(c *host.Config) { c.CallTimeout, c.HangLimit = 2*time.Second, 1 })
	configure(t, b)
	first := b.Status().PID
	if _, err := ask(t, b, "slow"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Authenticate() = %v, want DeadlineExceeded", err)
	}
	if got, err := ask(t, b, "john"); err != nil || got != fmt.Sprintf("node %d", first) {
		t.Errorf("Authenticate() = %q, %v, want an answer of process %d", got, err, first)
	}
}

func TestPluginsThatDoNotStart(t *testing.T) {
	for _, c := range []struct {
		behave  string
		mention string // in the status
	}{
		{"exit", "plugin"},
		{"garbage", "hello, I am a plugin"},
		{"silent", "plugin"},
		{"wrong-version", "version"},
		{"wrong-cookie", "plugin"},
	} {
		t.Run(c.behave, func(t *testing.T) {
			b := start(t, c.behave, func(c *host.Config) {
				c.BackoffMin, c.BackoffMax = time.Hour, time.Hour
				if strings.Contains(c.Env[0], "silent") {
					c.StartTimeout = 100 * time.Millisecond
				}
			})
			// The second failure in a row is the first that backs off.
			eventually(t, "it backs off", func() bool { return b.Status().State == host.Backoff })
			s := b.Status()
			if s.Restarts != 2 || s.PID != 0 || !strings.Contains(s.LastError, c.mention) {
				t.Errorf("status %+v, want no process after two launches, and why", s)
			}
			if left := time.Until(s.NextStart); left < 40*time.Minute || left > 80*time.Minute {
				t.Errorf("next start in %v, want an hour, a fifth more or less", left)
			}
			err := b.Configure(bounded(t), aaa.Configuration{})
			if !errors.Is(err, aaa.ErrUnavailable) || !strings.Contains(err.Error(), c.mention) {
				t.Errorf("Configure() = %v, want an ErrUnavailable that says why", err)
			}
		})
	}
}

func TestCommandThatDoesNotExist(t *testing.T) {
	b := start(t, "good", func(c *host.Config) { c.Command = []string{"/nonexistent/plugin"} })
	eventually(t, "it was tried several times", func() bool { return b.Status().Restarts >= 3 })
	if s := b.Status(); !strings.Contains(s.LastError, "/nonexistent/plugin") {
		t.Errorf("last error %q, want the name of the file", s.LastError)
	}
}

// A configuration that the new process does not accept leaves it unconfigured
// and is tried again.
func TestConfigurationThatIsRefusedAfterARestart(t *testing.T) {
	dir := t.TempDir() + "/state"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b := start(t, "flaky-configure", nil)
	c := aaa.Configuration{StateDir: dir}
	if err := b.Configure(bounded(t), c); err != nil {
		t.Fatalf("Configure() = %v, want nil", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, b, "die"); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Authenticate() = %v, want ErrUnavailable", err)
	}
	eventually(t, "the new process is unconfigured", func() bool { return b.Status().State == host.Unconfigured })
	if _, err := ask(t, b, "john"); !errors.Is(err, aaa.ErrUnavailable) || !strings.Contains(err.Error(), "configure") {
		t.Errorf("Authenticate() = %v, want an ErrUnavailable that says why", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is configured", func() bool { return b.Status().State == host.Running })
	if got := b.Status().Restarts; got != 1 {
		t.Errorf("%d restarts, want 1", got)
	}
}

func TestNoiseOnStdoutDoesNoHarm(t *testing.T) {
	b := start(t, "good", nil)
	configure(t, b)
	for range 3 {
		if _, err := ask(t, b, "print"); err != nil {
			t.Errorf("Authenticate() = %v, want nil", err)
		}
	}
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("PPTPAC_TEST_SECRET", "hidden")
	b := start(t, "good", nil)
	configure(t, b)
	env, err := ask(t, b, "env")
	if err != nil || !strings.Contains(env, "PATH=/") || strings.Contains(env, "hidden") {
		t.Errorf("environment %q, %v, want PATH and nothing of the host's", env, err)
	}
}

func TestSignalsForTheServiceDoNotEndThePlugin(t *testing.T) {
	b := start(t, "good", nil)
	configure(t, b)
	pid := b.Status().PID
	if got, err := syscall.Getpgid(pid); err != nil || got != pid {
		t.Errorf("process group %d, %v, want one of its own, %d", got, err, pid)
	}
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := ask(t, b, "john"); err != nil || got != fmt.Sprintf("node %d", pid) {
		t.Errorf("Authenticate() = %q, %v, want an answer of process %d", got, err, pid)
	}
}

// What a plugin has started ends with it.
func TestWholeProcessGroupEnds(t *testing.T) {
	b := start(t, "good", nil)
	configure(t, b)
	answer, err := ask(t, b, "child")
	child, convErr := strconv.Atoi(answer)
	if err != nil || convErr != nil {
		t.Fatalf("Authenticate() = %q, %v, want a process id", answer, err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	eventually(t, "the plugin's child is gone", func() bool { return gone(child) })
}

func TestCapabilitiesThatAreLacking(t *testing.T) {
	b := start(t, "good", nil)
	configure(t, b)
	ctx := bounded(t)
	_, list := b.ListUsers(ctx)
	_, respond := b.Respond(ctx, &aaa.RespondRequest{})
	commands := b.WatchCommands(ctx, func(context.Context, *aaa.Command) aaa.CommandResult { return aaa.CommandResult{} })
	for name, err := range map[string]error{
		"ListUsers": list, "Respond": respond, "WatchCommands": commands,
		"AddUser": b.AddUser(ctx, aaa.User{}, "x"), "RemoveUser": b.RemoveUser(ctx, "john"),
		"SetUser": b.SetUser(ctx, "john", aaa.UserChange{}),
	} {
		if !errors.Is(err, aaa.ErrNotSupported) {
			t.Errorf("%s = %v, want ErrNotSupported", name, err)
		}
	}
}

// The stream of commands is opened again on the next process.
func TestWatchCommandsOutlivesTheProcess(t *testing.T) {
	b := start(t, "good", func(c *host.Config) { c.Env = append(c.Env, "PPTPAC_TEST_COMMANDS=1") })
	ctx, cancel := context.WithCancel(bounded(t))
	arrived, watched := make(chan string, 1), make(chan error, 1)
	go func() {
		watched <- b.WatchCommands(ctx, func(_ context.Context, c *aaa.Command) aaa.CommandResult {
			arrived <- c.SessionID
			return aaa.CommandResult{Matched: 1}
		})
	}()
	configure(t, b)
	first := <-arrived
	if _, err := ask(t, b, "die"); !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Authenticate() = %v, want ErrUnavailable", err)
	}
	if second := <-arrived; second == first {
		t.Errorf("two commands of process %s, want one of another", first)
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Errorf("WatchCommands() = %v, want Canceled", err)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	b := start(t, "good", func(c *host.Config) { c.StopTimeout = 100 * time.Millisecond })
	configure(t, b)
	hanging := make(chan error, 1)
	go func() {
		_, err := b.Authenticate(bounded(t), &aaa.AuthRequest{User: "hang"})
		hanging <- err
	}()
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if err := <-hanging; !errors.Is(err, aaa.ErrUnavailable) {
		t.Errorf("Authenticate() = %v, want ErrUnavailable", err)
	}
}

// kill -9 of the host ends its plugins.
func TestPluginEndsWithItsHost(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(bounded(t), self)
	parent.Env = append(os.Environ(), mode+"=host", "TMPDIR="+t.TempDir()) // what a killed host leaves behind
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	child, convErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convErr != nil {
		t.Fatalf("host printed %q, %v, want a process id", line, err)
	}
	if gone(child) {
		t.Fatal("the plugin is gone before its host")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // "killed", as it was
	eventually(t, "the plugin is gone", func() bool { return gone(child) })
}
