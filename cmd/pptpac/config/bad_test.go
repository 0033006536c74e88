package config

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every *.bad.toml begins with the problems that it has: `# want LINE: TEXT`.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.toml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(text)) {
				if problem, ok := strings.CutPrefix(strings.TrimSpace(line), "# want "); ok {
					want = append(want, name+":"+problem)
				}
			}
			c, err := Load(name)
			problems, ok := errors.AsType[Problems](err)
			if !ok || c != nil {
				t.Fatalf("Load = %v, %v, want problems only", c, err)
			}
			got := strings.Split(problems.Error(), "\n")
			less := func(s []string) []string { return sortedByLine(t, name, s) }
			if d := cmp.Diff(less(want), got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// sortedByLine brings what a file wants into the order in which it is told.
func sortedByLine(t *testing.T, name string, list []string) []string {
	t.Helper()
	line := func(s string) int {
		digits, _, _ := strings.Cut(strings.TrimPrefix(s, name+":"), ":")
		n, err := strconv.Atoi(digits)
		if err != nil {
			t.Fatalf("%q has no line", s)
		}
		return n
	}
	for i := range list {
		for j := i; j > 0 && line(list[j]) < line(list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.toml"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load = %v, want ErrNotExist", err)
	}
}

func TestProblemsAreErrors(t *testing.T) {
	_, err := Parse("x.toml", []byte("state-dir = 1\nwhat = 2\n"))
	p, ok := errors.AsType[Problem](err)
	want := Problem{File: "x.toml", Line: 1, Key: "state-dir", Text: "1: want a string"}
	if !ok || p != want {
		t.Errorf("first problem = %+v, want %+v", p, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.toml", "../../../contrib/pptpac.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("x.toml", []byte(text))
		if err == nil {
			if c.Concentrator.Dynamic.RemotePool == "" || len(c.Pools) == 0 {
				t.Fatalf("accepted without a pool: %q", text)
			}
			return
		}
		problems, ok := errors.AsType[Problems](err)
		if !ok || len(problems) == 0 || c != nil {
			t.Fatalf("Parse = %v, %v", c, err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, p := range problems {
			if p.Text == "" || p.Line > lines {
				t.Fatalf("problem %+v of a file of %d lines", p, lines)
			}
		}
	})
}
