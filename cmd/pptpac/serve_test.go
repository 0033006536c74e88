package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pptpac/pptpac/aaa/host"
	"github.com/pptpac/pptpac/cmd/pptpac/config"
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	good := writeFile(t, "[server]\nmax-sessions = 7\n")
	bad := writeFile(t, "[server]\nmax-sessions = 7\nmax-sesions = 8\n\n[interface.pptp-dynamic-server]\nmtu = 3\n")
	t.Run("good", func(t *testing.T) {
		for _, args := range [][]string{{"check", good}, {"check", "--config", good}, {"check", "-c", good}} {
			expect(t, pptpac("", args...), good+": ok\n")
		}
	})
	t.Run("the documented example", func(t *testing.T) {
		pptpac("", "check", "../../contrib/pptpac.toml").check(t, 0, "")
	})
	t.Run("every problem with file, line and key", func(t *testing.T) {
		o := pptpac("", "check", bad)
		o.check(t, 1, bad+":3")
		for _, want := range []string{"max-sesions", bad + ":6", "mtu"} {
			if !strings.Contains(o.err, want) {
				t.Errorf("no %q in %q", want, o.err)
			}
		}
	})
	t.Run("a pool with an address of this host", func(t *testing.T) {
		file := writeFile(t, "[interface.pptp-dynamic-server]\nremote-address = \"127.0.0.0/24\"\n")
		o := pptpac("", "check", file)
		if o.status != 1 {
			t.Errorf("exit status %d, want 1 (%q)", o.status, o.err)
		}
	})
}

func TestSource(t *testing.T) {
	file := writeFile(t, "[admin]\nsocket = \"/run/other.sock\"\n")
	for _, tt := range []struct {
		name   string
		source source
		socket string
	}{
		{"of the file", source{path: file}, "/run/other.sock"},
		{"of the command line", source{path: file, socket: "/run/mine.sock"}, "/run/mine.sock"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, path, err := tt.source.load()
			if err != nil || path != file || cfg.Admin.Socket != tt.socket {
				t.Errorf("load = %v, %q, %v, want socket %s", cfg, path, err, tt.socket)
			}
		})
	}
	t.Run("no file named", func(t *testing.T) {
		want := ""
		if _, err := os.Stat(defaultConfig); err == nil {
			want = defaultConfig // of a machine that runs pptpac
		}
		cfg, path, err := source{socket: "/run/mine.sock"}.load()
		if path != want || err == nil && cfg.Admin.Socket != "/run/mine.sock" {
			t.Errorf("load = %v, %q, %v, want %q", cfg, path, err, want)
		}
	})
	t.Run("a file that is not there", func(t *testing.T) {
		if _, _, err := (source{path: "/nonexistent"}).load(); err == nil {
			t.Error("no error: whoever names a file does not want the defaults")
		}
	})
}

func TestDefaultSocketIsThatOfTheDefaultConfiguration(t *testing.T) {
	if got := config.Default().Admin.Socket; got != defaultSocket {
		t.Errorf("the daemon listens on %s, commands look at %s", got, defaultSocket)
	}
}

func TestAdminGroups(t *testing.T) {
	if g, err := adminGroups(config.Admin{Group: "root"}); err != nil || g.Full != 0 || g.ReadOnly != -1 {
		t.Errorf("groups %+v, %v, want 0 and none", g, err)
	}
	if g, err := adminGroups(config.Admin{Group: config.Default().Admin.Group}); err != nil || g.Full == 0 {
		t.Errorf("groups %+v, %v: the default group need not exist", g, err)
	}
	if _, err := adminGroups(config.Admin{ReadOnlyGroup: "no such group"}); err == nil || !strings.Contains(err.Error(), `admin.read-only-group = "no such group"`) {
		t.Errorf("error %v, want one that names the key", err)
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("open raw socket: %w", syscall.EPERM), "pptpac needs root"},
		{fmt.Errorf("open raw socket: %w", fs.ErrPermission), "CAP_NET_ADMIN and CAP_NET_RAW"},
		{fmt.Errorf("listen on 0.0.0.0:1723: %w", syscall.EADDRINUSE), "another PPTP server runs on this machine"},
		{io.ErrUnexpectedEOF, "unexpected EOF"},
	} {
		got := explain(tt.err)
		if got == nil || !strings.Contains(got.Error(), tt.want) || !strings.Contains(got.Error(), tt.err.Error()) {
			t.Errorf("explain(%v) = %v, want %q with it", tt.err, got, tt.want)
		}
	}
	if err := explain(nil); err != nil {
		t.Errorf("explain(nil) = %v", err)
	}
}

func TestLoggerRefusesAnUnknownLevel(t *testing.T) {
	if _, err := newLogger(config.Log{Level: "loud"}, io.Discard); err == nil || !strings.Contains(err.Error(), `log.level = "loud"`) {
		t.Errorf("error %v, want one that names key and value", err)
	}
}

// TestRestartOnly: what a reload cannot change it names.
func TestRestartOnly(t *testing.T) {
	for _, tt := range []struct {
		key    string
		change func(*config.Config)
	}{
		{"", func(*config.Config) {}},
		{"", func(c *config.Config) { c.Log.Level = "debug" }},
		{"", func(c *config.Config) { c.Concentrator.Server.MaxSessions = 3 }},
		{"", func(c *config.Config) { c.AAA.Accounting = nil }},
		{"state-dir", func(c *config.Config) { c.StateDir = "/elsewhere" }},
		{"admin.socket", func(c *config.Config) { c.Admin.Socket = "/elsewhere" }},
		{"admin.group", func(c *config.Config) { c.Admin.Group = "wheel" }},
		{"admin.read-only-group", func(c *config.Config) { c.Admin.ReadOnlyGroup = "wheel" }},
		{"log.format", func(c *config.Config) { c.Log.Format = "json" }},
		{"server.listen", func(c *config.Config) {
			c.Concentrator.Server.Listen = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1723")}
		}},
		{"aaa.backend.radius", func(c *config.Config) { c.AAA.Authentication = []string{"local", "radius"} }},
		{"aaa.backend.local", func(c *config.Config) {
			c.AAA.Backends = []config.Backend{{Name: "local", Command: []string{"/bin/other"}}}
		}},
	} {
		d := &daemon{cfg: config.Default(), backends: &backends{list: map[string]*host.Backend{"local": {}}}}
		cfg := config.Default()
		tt.change(cfg)
		err := d.unchanged(cfg)
		switch {
		case tt.key == "" && err != nil:
			t.Errorf("unchanged: %v", err)
		case tt.key != "" && (err == nil || err.Error() != tt.key+": a change needs a restart"):
			t.Errorf("unchanged: %v, want %s", err, tt.key)
		}
	}
}
