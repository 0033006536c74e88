package admin

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestListenModes(t *testing.T) {
	old := syscall.Umask(0) // the mode must not depend on it
	t.Cleanup(func() { syscall.Umask(old) })
	gid := os.Getgid()
	for _, tt := range []struct {
		name   string
		groups Groups
		want   os.FileMode
	}{
		{"no group", Groups{-1, -1}, 0o600},
		{"administrators", Groups{gid, -1}, 0o660},
		{"readers", Groups{-1, gid}, 0o660},
		{"one group for both", Groups{gid, gid}, 0o660},
		{"two groups", Groups{gid, gid + 1}, 0o666},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a", "b", "s")
			l, err := Listen(path, tt.groups)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != tt.want {
				t.Errorf("mode %o, want %o", got, tt.want)
			}
			if tt.want == 0o660 && int(info.Sys().(*syscall.Stat_t).Gid) != gid {
				t.Errorf("group %d, want %d", info.Sys().(*syscall.Stat_t).Gid, gid)
			}
		})
	}
	if got := syscall.Umask(0); got != 0 {
		t.Errorf("umask is %o afterwards, want it untouched", got)
	}
}

func TestListenReplacesAStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	l, err := Listen(path, Groups{-1, -1})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("nobody listens on the new socket: %v", err)
	}
	c.Close()
	l.Close()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket stays after its end: %v", err)
	}
}

func TestListenRefuses(t *testing.T) {
	dir := t.TempDir()
	living := filepath.Join(dir, "living")
	l, err := Listen(living, Groups{-1, -1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, path, want string }{
		{"a living daemon", living, "another pptpac is running on it"},
		{"a file", file, "which is no socket"},
		{"a link", link, "which is no socket"},
		{"a directory", dir, "which is no socket"},
		{"a long path", filepath.Join(dir, strings.Repeat("x", 108)), "longer than 107 octets"},
		{"a directory that cannot be", filepath.Join(file, "x", "s"), "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := Listen(tt.path, Groups{-1, -1})
			if err == nil {
				l.Close()
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), "admin socket") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want one of the admin socket with %q", err, tt.want)
			}
		})
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("the file is now %q, %v", b, err)
	}
	c, err := net.Dial("unix", living)
	if err != nil {
		t.Fatalf("the living daemon has lost its socket: %v", err)
	}
	c.Close()
}

func TestListenTakesTheLongestPath(t *testing.T) {
	dir := t.TempDir()
	if len(dir) > maxSocketPath-2 {
		t.Fatalf("the directory for temporary files has %d octets", len(dir))
	}
	path := filepath.Join(dir, strings.Repeat("x", maxSocketPath-len(dir)-1))
	l, err := Listen(path, Groups{-1, -1})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}
