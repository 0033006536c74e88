package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/pptpac/pptpac/concentrator/admin"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
	"github.com/pptpac/pptpac/dataplane/netif/netiftest"
)

// machine is a network namespace with a directory for a daemon in it.
type machine struct {
	t                   *testing.T
	ns                  *netiftest.Namespace
	dir, socket, config string
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, ns: netiftest.New(t), dir: t.TempDir()}
	m.socket, m.config = filepath.Join(m.dir, "admin.sock"), filepath.Join(m.dir, "c.toml")
	m.write("")
	return m
}

// write writes the configuration: lines follow the tables that name directory
// and socket.
func (m *machine) write(lines string) {
	m.t.Helper()
	text := fmt.Sprintf("state-dir = %q\n[admin]\nsocket = %q\n%s", filepath.Join(m.dir, "state"), m.socket, lines)
	if err := os.WriteFile(m.config, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// running is a daemon under way.
type running struct {
	m   *machine
	cmd *exec.Cmd
	out bytes.Buffer // of its standard output; to be read after stop
	log *os.File
}

// serve starts a daemon and waits until it answers commands.
func (m *machine) serve(args ...string) *running {
	m.t.Helper()
	log, err := os.CreateTemp(m.dir, "log")
	if err != nil {
		m.t.Fatal(err)
	}
	r := &running{m: m, cmd: process(m.t, append([]string{"serve", "--config", m.config}, args...)...), log: log}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, log
	m.ns.Do(m.t, r.cmd.Start)
	m.t.Cleanup(func() {
		r.stop()
		if m.t.Failed() {
			m.t.Logf("log:\n%s", r.logText())
		}
	})
	r.await("answering calls")
	return r
}

// stop ends the daemon politely. Idempotent.
func (r *running) stop() {
	r.m.t.Helper()
	if r.cmd.ProcessState != nil {
		return
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	if err := r.cmd.Wait(); err != nil {
		r.m.t.Errorf("the daemon ended with %v", err)
	}
}

func (r *running) logText() string {
	b, err := os.ReadFile(r.log.Name())
	if err != nil {
		r.m.t.Fatal(err)
	}
	return string(b)
}

// await polls the log, bounded.
func (r *running) await(text string) {
	r.m.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(r.logText(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.m.t.Fatalf("the log never says %q:\n%s", text, r.logText())
		}
	}
}

// refused runs a daemon that must not come up.
func (m *machine) refused(want string, args ...string) {
	m.t.Helper()
	var o outcome
	m.ns.Do(m.t, func() error {
		o = finish(m.t, process(m.t, append([]string{"serve"}, args...)...))
		return nil
	})
	o.check(m.t, 1, want)
}

func (m *machine) pptpac(stdin string, args ...string) outcome { return on(m.socket, stdin, args...) }

func TestIntegrationFirstRun(t *testing.T) {
	m := newMachine(t)
	d := m.serve()
	d.stop()
	if want := "pptpac --socket " + m.socket + " users add name=john group=ppp"; !strings.Contains(d.out.String(), want) {
		t.Errorf("the first run says %q, want %q in it", d.out.String(), want)
	}
	d = m.serve("--first-user")
	users := m.pptpac("", "users", "list", "-o", "json")
	d.stop()
	if !strings.Contains(users.out, `"name": "demo"`) {
		t.Errorf("users %s", users.out)
	}
	password := regexp.MustCompile(`(?m)^    password  ([A-Z2-7]{16})$`).FindStringSubmatch(d.out.String())
	if password == nil || strings.Count(d.out.String(), password[1]) != 3 {
		t.Fatalf("no password, for three kinds of client, in %q", d.out.String())
	}
	if strings.Contains(d.logText(), password[1]) {
		t.Error("the password is in the log")
	}
	d = m.serve("--first-user")
	if got := m.pptpac("", "users", "list", "-o", "json").out; got != users.out {
		t.Errorf("users after a restart %s, before %s", got, users.out)
	}
	d.stop()
	if d.out.Len() != 0 {
		t.Errorf("the second run says %q", d.out.String())
	}
	if _, err := os.Lstat(m.socket); !os.IsNotExist(err) {
		t.Errorf("the socket stays behind: %v", err)
	}
}

func TestIntegrationUsers(t *testing.T) {
	m := newMachine(t)
	m.serve()
	for _, step := range []struct {
		args   string
		status int
		err    string
	}{
		{"users add name=john --password-stdin", 0, ""},
		{"users add name=john --password-stdin", 1, "user exists: john"},
		{"users add name=jane group=full --password-stdin", 0, "jane cannot dial in"},
		{"users add name=help --password-stdin", 0, ""},
		{"users add name=j/k --password-stdin", 2, "allowed are letters, digits"},
		{"users add name=x local-address=10.5 --password-stdin", 2, "local-address=10.5: not an IPv4 address"},
		{"users add name=x caller-id=home --password-stdin", 2, "caller-id"},
		{"users add name=x storage=clear --password-stdin", 2, "allowed are nt-hash, reversible"},
		{"users add name=x --backend other --password-stdin", 2, `no backend "other"; there are local`},
		{"users set john only-one=yes caller-id=192.0.2.7 max-session-time=1h", 0, ""},
		{"users set john", 2, "nothing to change"},
		{"users set nobody only-one=yes", 1, "no such user: nobody"},
		{"users set john storage=reversible --password-stdin", 0, ""},
		{"users passwd nobody --password-stdin", 1, "no such user: nobody"},
		{"users passwd john --password-stdin", 0, ""},
		{"users disable nobody john", 1, "no such user: nobody"},
		{"users remove help", 0, ""},
		{"users remove help", 1, "no such user: help"},
		{"sessions show 1", 1, `no live or remembered session has the id "1"`},
		{"sessions terminate", 2, "say which sessions"},
		{"sessions terminate --all", 1, "no live session matches"},
		{"sessions terminate caller=home", 2, "caller=home: not an IPv4 address"},
		{"pools leases none", 1, `"none"`},
	} {
		m.pptpac("secret\n", strings.Fields(step.args)...).check(t, step.status, step.err)
	}
	var users []map[string]any
	if err := json.Unmarshal([]byte(m.pptpac("", "users", "list", "-o", "json").out), &users); err != nil || len(users) != 2 {
		t.Fatalf("users %v, %v, want jane and john", users, err)
	}
	for key, want := range map[string]any{"name": "john", "enabled": false, "only-one": true, "caller-id": "192.0.2.7", "max-session-time": 3600.0, "storage": "reversible"} {
		if got := users[1][key]; got != want {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
}

const (
	dynamic = "[interface.pptp-dynamic-server]\n"
	small   = dynamic + "remote-address = \"10.5.17.1-10.5.17.9\"\n"
)

// sizes are the sizes of the pools, as the daemon knows them.
func (m *machine) sizes() string {
	var rows []struct{ Size int }
	o := m.pptpac("", "pools", "list", "-o", "json")
	if err := json.Unmarshal([]byte(o.out), &rows); err != nil {
		m.t.Fatalf("%v in %q, %q", err, o.out, o.err)
	}
	return fmt.Sprint(rows)
}

func TestIntegrationReload(t *testing.T) {
	m := newMachine(t)
	d := m.serve()
	for _, step := range []struct {
		name, config string
		status       int
		err          string
		sizes        string
	}{
		{"nothing new", "", 0, "", "[{50}]"},
		{"pools change under way", small, 0, "", "[{9}]"},
		{"an unknown key", small + "mtuu = 3\n", 1, m.config + ":6", "[{9}]"},
		{"a bad value, and the old pools stay", dynamic + "remote-address = \"10.5.17.1-10.5.17.3\"\nmtu = 3\n", 1, "mtu", "[{9}]"},
		{"no TOML", "[", 1, m.config + ":4", "[{9}]"},
		{"another port", "[server]\nlisten = [\"127.0.0.1:1724\"]\n" + dynamic, 1, "server.listen: a change needs a restart", "[{9}]"},
		{"another format of the log", "[log]\nformat = \"json\"\n", 1, "log.format: a change needs a restart", "[{9}]"},
		{"a backend that does not run", "[aaa]\nauthentication = [\"local\", \"other\"]\n[aaa.backend.other]\ncommand = [\"/bin/other\"]\n", 1,
			"aaa.backend.other: a change needs a restart", "[{9}]"},
		{"a backend that refuses its words, and the old pools stay", dynamic + "[aaa.backend.local]\nplugin = \"local\"\n[aaa.backend.local.config]\nbogus = 1\n", 1, "aaa.backend.local", "[{9}]"},
		{"another address of our own", small + "local-address = \"10.5.17.253\"\n", 0, "", "[{9}]"},
		{"our own old address in the pool", dynamic + "local-address = \"10.5.17.252\"\nremote-address = \"10.5.17.253\"\n", 0, "", "[{1}]"},
		{"the server is disabled", dynamic + "enabled = false\n", 0, "", "[{50}]"},
		{"and enabled again", "", 0, "", "[{50}]"},
	} {
		m.write(step.config)
		t.Run(step.name, func(t *testing.T) {
			m.pptpac("", "reload").check(t, step.status, step.err)
			if got := m.sizes(); got != step.sizes {
				t.Errorf("sizes of pools %s, want %s", got, step.sizes)
			}
			m.ns.Do(t, func() error {
				_, err := net.InterfaceByName("pptpac0")
				if want := !strings.Contains(step.config, "enabled = false"); (err == nil) != want {
					return fmt.Errorf("pptpac0: %w, want it there %t", err, want)
				}
				return nil
			})
		})
	}
	t.Run("by SIGHUP", func(t *testing.T) {
		m.write(small)
		_ = d.cmd.Process.Signal(syscall.SIGHUP)
		for deadline := time.Now().Add(20 * time.Second); m.sizes() != "[{9}]"; {
			if time.Now().After(deadline) {
				t.Fatal("no reload")
			}
		}
		m.write("bogus = 1\n")
		_ = d.cmd.Process.Signal(syscall.SIGHUP)
		d.await("reload failed, the old configuration stays in force")
	})
	t.Run("many at once", func(t *testing.T) {
		m.write(small)
		client := adminv1connect.NewDaemonServiceClient(admin.NewClient(m.socket), admin.BaseURL)
		done := make(chan error)
		for range 8 {
			go func() { // ends with the call
				_, err := client.Reload(context.Background(), connect.NewRequest(&adminv1.ReloadRequest{}))
				done <- err
			}()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestIntegrationSocketOfTheCommandLine: it holds over a reload, too, whose
// file names another.
func TestIntegrationSocketOfTheCommandLine(t *testing.T) {
	m := newMachine(t)
	m.socket = filepath.Join(m.dir, "other.sock")
	m.serve("--socket", m.socket)
	m.pptpac("", "reload").check(t, 0, "")
	if _, err := os.Lstat(filepath.Join(m.dir, "admin.sock")); !os.IsNotExist(err) {
		t.Errorf("the socket of the file is there, too: %v", err)
	}
}

func TestIntegrationSecondDaemon(t *testing.T) {
	m := newMachine(t)
	m.serve()
	m.refused("state-dir "+filepath.Join(m.dir, "state")+": another pptpac uses it", "--config", m.config)
	elsewhere := func(extra string) string {
		return writeFile(t, fmt.Sprintf("state-dir = %q\n%s", t.TempDir(), extra))
	}
	m.refused("another pptpac is running on it", "--config", elsewhere(""), "--socket", m.socket)
	m.refused("another PPTP server runs on this machine", "--config",
		elsewhere(dynamic+"enabled = false\n"), "--socket", filepath.Join(m.dir, "x.sock"))
	m.pptpac("", "version").check(t, 0, "")
	if o := m.pptpac("", "sessions", "list"); o.status != 0 {
		t.Errorf("the first daemon has suffered: %s", o.err)
	}
}

func TestIntegrationWithoutRoot(t *testing.T) {
	dir, err := os.MkdirTemp("", "pptpac") // where others may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	const nobody = 65534
	state := filepath.Join(dir, "state")
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	program, file := filepath.Join(dir, "pptpac"), filepath.Join(dir, "c.toml")
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.Mkdir(state, 0o700), os.Chown(state, nobody, nobody), os.WriteFile(program, binary, 0o755),
		os.WriteFile(file, fmt.Appendf(nil, "state-dir = %q\n[admin]\nsocket = %q\n", state, filepath.Join(state, "s")), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ns := netiftest.New(t)
	var o outcome
	run := func(args ...string) {
		ns.Do(t, func() error {
			cmd := exec.Command(program, args...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			o = finish(t, cmd)
			return nil
		})
	}
	run("serve", "--config", file)
	o.check(t, 1, "pptpac needs root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW")
	run("serve")
	o.check(t, 1, "pptpac needs root")
}

// TestIntegrationKilledDaemonLeavesNoObstacle: a socket, a lock and a plugin
// process are left by kill -9.
func TestIntegrationKilledDaemonLeavesNoObstacle(t *testing.T) {
	m := newMachine(t)
	d := m.serve()
	m.pptpac("secret", "users", "add", "name=john", "--password-stdin").check(t, 0, "")
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
	m.serve()
	if o := m.pptpac("", "users", "list"); o.status != 0 || !strings.Contains(o.out, "john") {
		t.Errorf("users after kill -9: %q, %q", o.out, o.err)
	}
}
