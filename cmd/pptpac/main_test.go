package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"
)

// TestMain makes the test binary pptpac itself when it is started with words
// instead of flags of the testing package: the daemon under test and its
// plugin are real processes, and the race detector watches them, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-test.") {
		main()
		return
	}
	time.Local = time.UTC
	os.Unsetenv("PPTPAC_SOCKET")
	os.Exit(m.Run())
}

// outcome is what a command left behind.
type outcome struct {
	out, err string
	status   int
}

// pptpac runs a command in this process.
func pptpac(stdin string, args ...string) outcome {
	var out, errs bytes.Buffer
	app := newApp()
	app.Reader, app.Writer, app.ErrWriter = strings.NewReader(stdin), &out, &errs
	o := outcome{}
	if err := app.Run(flagsFirst(app, append([]string{"pptpac"}, args...))); err != nil {
		o.status = status(err)
		fmt.Fprintln(&errs, cleanLines(message(err)))
	}
	o.out, o.err = out.String(), errs.String()
	return o
}

// on is pptpac against the daemon of a socket.
func on(socket, stdin string, args ...string) outcome {
	return pptpac(stdin, append([]string{"--socket", socket}, args...)...)
}

func (o outcome) check(t *testing.T, status int, err string) {
	t.Helper()
	if o.status != status {
		t.Errorf("exit status %d, want %d (stdout %q, stderr %q)", o.status, status, o.out, o.err)
	}
	if !strings.Contains(o.err, err) || err == "" && o.err != "" {
		t.Errorf("stderr %q, want %q in it", o.err, err)
	}
}

func TestExitStatusWithoutDaemon(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "none.sock")
	for _, tt := range []struct {
		name   string
		args   string // one per blank
		stdin  string
		status int
		err    string
	}{
		{"no command", "", "", 2, "a command is needed"},
		{"unknown command", "dance", "", 2, `no such command "dance"`},
		{"unknown global flag", "--dance users list", "", 2, "-dance"},
		{"group without command", "users", "", 2, "a command is needed after 'pptpac users'"},
		{"unknown command of a group", "sessions bogus", "", 2, `no such command "bogus"; see 'pptpac sessions --help'`},
		{"unknown flag of a group", "sessions --bogus list", "", 2, "-bogus"},
		{"unknown flag", "users list --bogus", "", 2, "-bogus"},
		{"flag without its value", "users list -o", "", 2, "-o"},
		{"flag without its value after a word", "pools leases big -o", "", 2, "-o"},
		{"unknown format", "users list -o xml", "", 2, "allowed are table, wide, json"},
		{"unknown format of show", "sessions show 1 -o xml", "", 2, "allowed are table, wide, json"},
		{"unknown help topic", "help bogus", "", 2, "bogus"},
		{"help", "help", "", 0, ""},
		{"help of a command", "users add --help", "", 0, ""},
		{"unknown key", "users add name=x colour=red --password-stdin", "pw", 2, "colour: unknown key; allowed are name, group,"},
		{"repeated key", "users add name=x name=y --password-stdin", "pw", 2, "name: given twice"},
		{"password on the command line", "users add name=x password=y", "", 2, "passwords do not go on the command line"},
		{"neither yes nor no", "users add name=x enabled=true --password-stdin", "pw", 2, "enabled=true: allowed are yes, no"},
		{"bad time", "users add name=x max-session-time=5y --password-stdin", "pw", 2, "max-session-time=5y: want a time such as"},
		{"bad rate", "users set x tx-bit-rate=1M", "", 2, "tx-bit-rate=1M: expected bits per second"},
		{"add without a name", "users add group=ppp --password-stdin", "pw", 2, "name=NAME is needed"},
		{"add with a bare word", "users add john --password-stdin", "pw", 2, `"john": expected key=value`},
		{"add without terminal", "users add name=x", "", 2, "--password-stdin"},
		{"add with an empty password", "users add name=x --password-stdin", "\n", 2, "empty"},
		{"set without a name", "users set group=ppp", "", 2, "a user name is needed"},
		{"set of two", "users set a b group=ppp", "", 2, "exactly one user name"},
		{"set of two by key", "users set a name=b group=ppp", "", 2, "exactly one user name"},
		{"passwd without a name", "users passwd", "", 2, "a user name is needed"},
		{"disable nobody", "users disable", "", 2, "a user name is needed"},
		{"remove nobody", "users remove", "", 2, "a user name is needed"},
		{"list with a word", "users list john", "", 2, `"john" is too much`},
		{"pools with a word", "pools list big", "", 2, `"big" is too much`},
		{"leases of two pools", "pools leases a b", "", 2, `"b" is too much`},
		{"version with a word", "version please", "", 2, `"please" is too much`},
		{"reload with a word", "reload file", "", 2, `"file" is too much`},
		{"show nothing", "sessions show", "", 2, "exactly one session id"},
		{"filter by an unknown key", "sessions list colour=red", "", 2, "allowed are user, caller, address, server"},
		{"terminate by an empty value", "sessions terminate user= server=x", "", 2, "user=: the value is empty"},
		{"serve with a word", "serve now", "", 2, `"now" is too much`},
		{"serve a missing file", "serve --config /nonexistent/x.toml", "", 1, "/nonexistent/x.toml"},
		{"check a missing file", "check /nonexistent/x.toml", "", 1, "/nonexistent/x.toml"},
		{"check two files", "check a b", "", 2, `"b" is too much`},
		{"check two files by flag", "check a --config b", "", 2, "two files"},
		{"plugin of no name", "plugin bogus", "", 2, `no shipped plugin "bogus"`},
		{"no daemon for users", "users list", "", 1, "no daemon answers"},
		{"no daemon for sessions", "sessions list", "", 1, "no daemon answers"},
		{"no daemon for a change of several", "users disable a b", "", 1, "no daemon answers"},
		{"no daemon for reload", "reload", "", 1, "PPTPAC_SOCKET names its socket"},
		{"version needs no daemon", "version", "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on(socket, tt.stdin, strings.Fields(tt.args)...).check(t, tt.status, tt.err)
		})
	}
}

func TestNoDaemonIsToldOnce(t *testing.T) {
	o := on(filepath.Join(t.TempDir(), "none.sock"), "", "users", "disable", "a", "b", "c")
	if n := strings.Count(o.err, "no daemon answers"); n != 1 {
		t.Errorf("told %d times, want once:\n%s", n, o.err)
	}
}

// wire is an error as a client gets it from a daemon.
func wire(t *testing.T, code connect.Code, text string) error {
	t.Helper()
	f := newFakeDaemon(t)
	f.err = connect.NewError(code, errors.New(text))
	o := on(f.socket, "", "reload")
	return errors.New(strings.TrimSpace(o.err))
}

func TestMessage(t *testing.T) {
	dial := func(err error) error {
		return connect.NewError(connect.CodeUnavailable, &url.Error{Op: "Post", URL: "x", Err: &fs.PathError{Op: "dial", Path: "/s", Err: err}})
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"our own", errors.New("no live session matches"), "no live session matches"},
		{"the daemon is away", dial(fs.ErrNotExist), "no daemon answers: "},
		{"the socket is closed to us", dial(fs.ErrPermission), "you may not use the socket of the daemon: "},
		{"the daemon hangs", connect.NewError(connect.CodeDeadlineExceeded, errors.New("late")), "the daemon does not answer: late"},
		{"several", fmt.Errorf("x: %w", failures{errors.New("one"), errors.New("two")}), "one\ntwo"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := message(tt.err); !strings.HasPrefix(got, tt.want) {
				t.Errorf("message = %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("the daemon runs, its plugin does not", func(t *testing.T) {
		got := wire(t, connect.CodeUnavailable, `backend "local" is down: exit status 1`).Error()
		if want := `backend "local" is down: exit status 1`; got != want {
			t.Errorf("message = %q, want %q", got, want)
		}
	})
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{errors.New("x"), 1},
		{usagef("x"), 2},
		{fmt.Errorf("x: %w", usagef("x")), 2},
		{cli.Exit("no help", 3), 2},
		{connect.NewError(connect.CodeInvalidArgument, errors.New("x")), 2},
		{connect.NewError(connect.CodeNotFound, errors.New("x")), 1},
		{connect.NewError(connect.CodeAlreadyExists, errors.New("x")), 1},
		{connect.NewError(connect.CodePermissionDenied, errors.New("x")), 1},
		{connect.NewError(connect.CodeFailedPrecondition, errors.New("x")), 1},
		{connect.NewError(connect.CodeUnavailable, errors.New("x")), 1},
		{failures{connect.NewError(connect.CodeNotFound, errors.New("x"))}, 1},
	} {
		if got := status(tt.err); got != tt.want {
			t.Errorf("status(%v) = %d, want %d", tt.err, got, tt.want)
		}
	}
}

// TestNoCommandTakesAWordForHelp: a user may be called help, or h.
func TestNoCommandTakesAWordForHelp(t *testing.T) {
	for _, word := range []string{"help", "h"} {
		f := newFakeDaemon(t)
		on(f.socket, "", "users", "remove", word).check(t, 0, "")
		if len(f.removed) != 1 || f.removed[0] != word {
			t.Errorf("removed %q, want %q", f.removed, word)
		}
	}
}

func TestHelpNamesEveryWordAndFlag(t *testing.T) {
	var walk func(path []string, commands []*cli.Command)
	walk = func(path []string, commands []*cli.Command) {
		for _, c := range commands {
			at := append(path[:len(path):len(path)], c.Name)
			o := pptpac("", append(at, "--help")...)
			o.check(t, 0, "")
			want := []string{c.Usage, c.ArgsUsage}
			for _, f := range c.Flags {
				want = append(want, "--"+f.Names()[0])
			}
			for _, sub := range c.Subcommands {
				want = append(want, sub.Name, sub.Usage)
			}
			for _, w := range want {
				if !strings.Contains(o.out, w) {
					t.Errorf("help of %q lacks %q:\n%s", strings.Join(at, " "), w, o.out)
				}
			}
			walk(at, c.Subcommands)
		}
	}
	walk(nil, newApp().Commands)
	help := pptpac("", "users", "add", "--help").out
	for _, key := range userKeys {
		if !strings.Contains(help, key+"=") {
			t.Errorf("help of users add lacks %s=", key)
		}
	}
	for _, command := range []string{"list", "terminate"} {
		help := pptpac("", "sessions", command, "--help").out
		for _, key := range filterKeys {
			if !strings.Contains(help, key+"=") {
				t.Errorf("help of sessions %s lacks %s=", command, key)
			}
		}
	}
}
