package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/aaatest"
	"github.com/pptpac/pptpac/aaa/host"
	"github.com/pptpac/pptpac/aaa/pluginrpc"
)

// mode in the environment makes the test binary a plugin that misbehaves in one
// way, or a host.
const mode = "PPTPAC_TEST_MODE"

func TestMain(m *testing.M) {
	switch os.Getenv(mode) {
	case "":
		os.Exit(m.Run())
	case "good":
		serve(behaviour())
	case "exit":
		os.Exit(3)
	case "garbage":
		fmt.Println("hello, I am a plugin")
		serve(behaviour())
	case "silent":
		select {}
	case "wrong-version":
		plugin.Serve(&plugin.ServeConfig{
			HandshakeConfig: pluginrpc.Handshake(),
			VersionedPlugins: map[int]plugin.PluginSet{
				pluginrpc.ProtocolVersion + 1: pluginrpc.Plugins(behaviour())[pluginrpc.ProtocolVersion],
			},
			GRPCServer: plugin.DefaultGRPCServer,
			Logger:     hclog.NewNullLogger(),
		})
	case "wrong-cookie":
		plugin.Serve(&plugin.ServeConfig{
			HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: "OTHER", MagicCookieValue: "1"},
			VersionedPlugins: pluginrpc.Plugins(behaviour()),
			GRPCServer:       plugin.DefaultGRPCServer,
		})
	case "flaky-configure":
		serve(flaky())
	case "host":
		runHost()
	default:
		os.Exit(4)
	}
}

func serve(b aaa.Backend) {
	if err := pluginrpc.Serve(b); err != nil {
		os.Exit(5)
	}
}

// behaviour is a backend that does what the name of the user says.
func behaviour() *aaatest.Fake {
	var node string
	var commands chan *aaa.Command
	if os.Getenv("PPTPAC_TEST_COMMANDS") != "" {
		commands = make(chan *aaa.Command, 1)
		commands <- &aaa.Command{Type: aaa.Disconnect, SessionID: fmt.Sprint(os.Getpid())}
	}
	return &aaatest.Fake{
		Commands: commands,
		Results:  make(chan aaa.CommandResult, 1),
		OnConfigure: func(_ context.Context, c aaa.Configuration) error {
			if c.NodeName == "refused" {
				return fmt.Errorf("%w: node name", aaa.ErrInvalid)
			}
			node = c.NodeName
			return nil
		},
		OnAuthenticate: func(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
			switch r.User {
			case "die":
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			case "hang":
				select {}
			case "slow": // but gives up in time
				<-ctx.Done()
				return nil, ctx.Err()
			case "print":
				fmt.Println("noise")
				_, _ = syscall.Write(1, []byte("1|1|noise\n"))
			case "env":
				return &aaa.Verdict{Reason: strings.Join(os.Environ(), "\n")}, nil
			case "child":
				// Outlives a plugin that does not end the whole of its group.
				c := exec.Command("sleep", "60")
				c.Stdout, c.Stderr = os.Stdout, os.Stderr
				err := c.Start()
				return &aaa.Verdict{Reason: fmt.Sprint(c.Process.Pid)}, err
			}
			return &aaa.Verdict{Result: aaa.Accept, Reason: fmt.Sprintf("%s %d", node, os.Getpid())}, nil
		},
	}
}

// flaky accepts its first configuration of each process only if the file named
// in the options exists.
func flaky() *aaatest.Fake {
	f := behaviour()
	f.OnConfigure = func(_ context.Context, c aaa.Configuration) error {
		_, err := os.Stat(c.StateDir)
		return err
	}
	return f
}

// runHost starts a plugin, prints its process id, and waits to be killed.
func runHost() {
	b, err := host.Start(host.Config{Name: "b", Command: []string{os.Args[0]}, Env: []string{mode + "=good"}})
	if err != nil {
		os.Exit(6)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Configure(ctx, aaa.Configuration{NodeName: "n"}); err != nil {
		os.Exit(7)
	}
	fmt.Println(b.Status().PID)
	select {}
}

// patience bounds every wait; none is used up when all is well.
const patience = 20 * time.Second

// start starts a backend whose plugin behaves as told.
func start(t *testing.T, behave string, change func(*host.Config)) *host.Backend {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := host.Config{
		Name: "b", Command: []string{self}, Env: []string{mode + "=" + behave, "GORACE=atexit_sleep_ms=0"},
		StartTimeout: patience, CallTimeout: patience,
		BackoffMin: time.Millisecond, BackoffMax: 10 * time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	b, err := host.Start(c)
	if err != nil {
		t.Fatalf("Start() = %v, want nil", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	return b
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func configure(t *testing.T, b *host.Backend) {
	t.Helper()
	if err := b.Configure(bounded(t), aaa.Configuration{NodeName: "node", StateDir: os.TempDir()}); err != nil {
		t.Fatalf("Configure() = %v, want nil", err)
	}
}

// ask returns what the plugin says of itself: its node name and process id.
func ask(t *testing.T, b *host.Backend, user string) (string, error) {
	t.Helper()
	v, err := b.Authenticate(bounded(t), &aaa.AuthRequest{User: user})
	if err != nil {
		return "", err
	}
	return v.Reason, nil
}

// eventually calls f until it is true. The plugin is another process: there is
// nothing to wait for but its answers.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !f() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("in %v it did not come to this: %s", patience, what)
		}
	}
}

// gone reports whether a process has ended.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	// One that nobody has reaped is gone, too.
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}
