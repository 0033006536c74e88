package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEpochGrows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for want := uint32(1); want <= 3; want++ {
		s, err := openState(dir)
		if err != nil {
			t.Fatal(err)
		}
		if s.epoch != want {
			t.Errorf("epoch = %d, want %d", s.epoch, want)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "state.db"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %o, want %o", path, got, want)
		}
	}
}

func TestStateOfAnother(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, err := openState(dir); err == nil || !strings.Contains(err.Error(), "another pptpac uses it") || !strings.Contains(err.Error(), dir) {
		t.Errorf("second open: error %v, want one that names the directory and another pptpac", err)
	}
}

func TestStateThatCannotBe(t *testing.T) {
	good := func(t *testing.T, dir string) []byte {
		s, err := openState(dir)
		if err != nil {
			t.Fatal(err)
		}
		s.close()
		b, err := os.ReadFile(filepath.Join(dir, "state.db"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, dir string) []byte
		want   string
	}{
		{"text", func(*testing.T, string) []byte { return bytes.Repeat([]byte("not a database\n"), 4096) }, "damaged"},
		{"a short text", func(*testing.T, string) []byte { return []byte("x") }, "damaged"},
		{"zeros", func(*testing.T, string) []byte { return make([]byte, 1<<16) }, "damaged"},
		{"cut to its first pages", func(t *testing.T, dir string) []byte { return good(t, dir)[:2*os.Getpagesize()] }, "damaged"},
		{"cut in the middle of a page", func(t *testing.T, dir string) []byte { return good(t, dir)[:3*os.Getpagesize()-7] }, "damaged"},
		{"pages overwritten", func(t *testing.T, dir string) []byte {
			b := good(t, dir)
			for i := 2 * os.Getpagesize(); i < len(b); i++ {
				b[i] = 0xa5
			}
			return b
		}, "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			text := tt.damage(t, dir)
			path := filepath.Join(dir, "state.db")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := openState(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Fatalf("error %v, want %q and the path", err, tt.want)
			}
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(after, text) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
	t.Run("the directory is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openState(file); err == nil || !strings.HasPrefix(err.Error(), "state-dir: ") {
			t.Errorf("error %v, want one of state-dir", err)
		}
	})
}

func TestBackendDir(t *testing.T) {
	s, err := openState(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	dir, err := s.backendDir("local")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("stat %s = %v, %v, want mode 0700", dir, info, err)
	}
}
