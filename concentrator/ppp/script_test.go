package ppp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// dialogues returns the script files by name.
func dialogues(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/dialogues/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	return out
}

// records plays every dialogue and returns what happened, up to the line that
// did not come true if there is one (TestDialogues reports it).
func records(t testing.TB) map[string]*ppptest.Record {
	t.Helper()
	out := map[string]*ppptest.Record{}
	for name, text := range dialogues(t) {
		r, err := ppptest.Run(text)
		if r == nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = r
	}
	return out
}

func TestDialogues(t *testing.T) {
	for name, text := range dialogues(t) {
		t.Run(name, func(t *testing.T) {
			if _, err := ppptest.Run(text); err != nil {
				t.Error(err)
			}
		})
	}
}
