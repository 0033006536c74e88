package local

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pptpac/pptpac/aaa"
)

// configured returns a backend over dir, with user john and password geheim.
func configured(t *testing.T, dir string) *Backend {
	t.Helper()
	b := New("test")
	if err := b.Configure(t.Context(), aaa.Configuration{StateDir: dir}); err != nil {
		t.Fatalf("Configure() = %v, want nil", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	u := aaa.User{Name: "john", Group: aaa.GroupPPP, Enabled: true, Storage: aaa.StoreReversible}
	if err := b.AddUser(t.Context(), u, "geheim"); err != nil {
		t.Fatalf("AddUser() = %v, want nil", err)
	}
	return b
}

func TestSealOpensOnlyForItsName(t *testing.T) {
	s, err := newSealer(make([]byte, keySize))
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.seal("john", []byte("geheim"))
	if got, err := s.open("john", sealed); err != nil || string(got) != "geheim" {
		t.Errorf("open() = %q, %v, want geheim", got, err)
	}
	if again := s.seal("john", []byte("geheim")); bytes.Equal(again, sealed) {
		t.Error("the same secret sealed twice is the same")
	}
	if _, err := s.open("eve", sealed); !errors.Is(err, errSealed) {
		t.Errorf("open for another name = %v, want errSealed", err)
	}
	for n := range sealed {
		if _, err := s.open("john", sealed[:n]); !errors.Is(err, errSealed) {
			t.Errorf("open of %d octets = %v, want errSealed", n, err)
		}
		broken := bytes.Clone(sealed)
		broken[n] ^= 1
		if _, err := s.open("john", broken); !errors.Is(err, errSealed) {
			t.Errorf("open with octet %d changed = %v, want errSealed", n, err)
		}
	}
}

func TestDecodeSecretRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "form only": {formReversible}, "short hash": append([]byte{formNTHash}, make([]byte, 15)...),
		"long hash": append([]byte{formNTHash}, make([]byte, 17)...), "unknown form": append([]byte{9}, make([]byte, 16)...),
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := decodeSecret(b); err == nil {
				t.Errorf("decodeSecret() = %v, want an error", s)
			}
		})
	}
}

func TestFilesArePrivateAndHoldNoPassword(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	b := configured(t, dir)
	if err := b.Account(t.Context(), &aaa.Record{Type: aaa.Start, User: "john"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{usersFile, "users.key", journalFile} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("geheim")) {
			t.Errorf("%s holds the password in the clear", name)
		}
	}
}

func TestKeyFileProblemsAreToldAtConfigure(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(path string) error
		mention string
	}{
		{"missing", os.Remove, "restore it"},
		{"readable by others", func(p string) error { return os.Chmod(p, 0o640) }, "chmod 600"},
		{"short", func(p string) error { return os.Truncate(p, 31) }, "32"},
		{"another key", func(p string) error { return os.WriteFile(p, make([]byte, keySize), 0o600) }, "wrong key file"},
		{"a directory", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, "users.key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := configured(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(filepath.Join(dir, "users.key")); err != nil {
				t.Fatal(err)
			}
			b := New("test")
			err := b.Configure(t.Context(), aaa.Configuration{StateDir: dir})
			if err == nil || !strings.Contains(err.Error(), c.mention) {
				t.Errorf("Configure() = %v, want an error that mentions %q", err, c.mention)
			}
			if _, err := b.ListUsers(t.Context()); !errors.Is(err, aaa.ErrUnavailable) {
				t.Errorf("ListUsers() = %v, want ErrUnavailable", err)
			}
			if err := b.Close(); err != nil {
				t.Errorf("Close() = %v, want nil", err)
			}
		})
	}
}

// A secret moved into another user's record must not work there.
func TestMovedSecretIsAFault(t *testing.T) {
	b := configured(t, t.TempDir())
	if err := b.AddUser(t.Context(), aaa.User{Name: "eve", Group: "ppp", Enabled: true}, "other"); err != nil {
		t.Fatal(err)
	}
	stolen, err := b.database.store.get("john")
	if err != nil {
		t.Fatal(err)
	}
	err = b.database.store.change("eve", func(r *record, _ bool) error {
		r.Sealed = stolen.Sealed
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := b.Authenticate(t.Context(), &aaa.AuthRequest{
		User: "eve", Credential: aaa.Credential{Method: aaa.PAP, Response: []byte("geheim")},
	})
	if !errors.Is(err, errSealed) {
		t.Errorf("Authenticate() = %v, %v, want errSealed", v, err)
	}
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	b := configured(t, dir)
	for _, c := range []struct {
		name, dir, options string
		mention            string
	}{
		{"same", dir, `{"accounting-fsync":false}`, ""},
		{"other directory", t.TempDir(), `{}`, "restarted"},
		{"relative directory", "state", `{}`, "absolute"},
		{"key missing", dir, `{"key-file":"none"}`, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := b.Configure(t.Context(), aaa.Configuration{StateDir: c.dir, Options: []byte(c.options)})
			if c.mention == "" && err != nil {
				t.Errorf("Configure() = %v, want nil", err)
			}
			if c.mention != "" && (err == nil || !strings.Contains(err.Error(), c.mention)) {
				t.Errorf("Configure() = %v, want an error that mentions %q", err, c.mention)
			}
			if users, err := b.ListUsers(t.Context()); err != nil || len(users) != 1 {
				t.Errorf("ListUsers() = %v, %v, want one user", users, err)
			}
		})
	}
	if b.database.options.journal.fsync {
		t.Error("accounting-fsync = false did not take effect")
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	configured(t, dir)
	other := New("test")
	err := other.Configure(t.Context(), aaa.Configuration{StateDir: dir})
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("Configure() = %v, want that another process uses the file", err)
	}
}
