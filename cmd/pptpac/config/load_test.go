package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who names a disk instead of a file must not have it read into memory.
func TestLoadIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "big.toml")
	for _, test := range []struct {
		name  string
		bytes int
		want  string // in the error; "" for none
	}{
		{"as large as may be", maxFile, ""},
		{"larger", maxFile + 1, "larger than a configuration may be"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(strings.Repeat("\n", test.bytes)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(file)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("Load: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("Load: %v, want ...%s...", err, test.want)
			}
		})
	}
	if _, err := Load("/dev/zero"); err == nil {
		t.Error("Load(/dev/zero) succeeded")
	}
}
