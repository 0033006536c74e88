package local

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa"
)

func TestParseOptions(t *testing.T) {
	standard := options{
		keyFile: "/state/users.key",
		journal: journalOptions{fsync: true, maxSize: 64 << 20, keepFiles: 8},
	}
	changed := options{
		keyFile: "/etc/key",
		journal: journalOptions{fsync: false, maxSize: 4096, keepFiles: 0},
	}
	for _, c := range []struct {
		name, in string
		want     options
		mention  []string // in the error
	}{
		{"nothing", "", standard, nil},
		{"empty", " {} ", standard, nil},
		{"null", "null", standard, nil},
		{"all", `{"key-file":"/etc/key","accounting-fsync":false,"accounting-max-size":4096,"accounting-keep-files":0}`, changed, nil},
		{"relative key", `{"key-file":"k"}`, options{keyFile: "/state/k", journal: standard.journal}, nil},
		{"unknown", `{"keyfile":"x"}`, options{}, []string{"keyfile", "key-file", "accounting-fsync", "accounting-max-size", "accounting-keep-files"}},
		{"not an object", `[1]`, options{}, []string{"JSON object"}},
		{"not JSON", `{`, options{}, []string{"JSON"}},
		{"type", `{"accounting-fsync":"yes"}`, options{}, []string{"accounting-fsync", `"yes"`, "true or false"}},
		{"null value", `{"key-file":null}`, options{}, []string{"key-file"}},
		{"small", `{"accounting-max-size":4095}`, options{}, []string{"accounting-max-size", "4096"}},
		{"fraction", `{"accounting-max-size":4096.5}`, options{}, []string{"accounting-max-size"}},
		{"negative", `{"accounting-keep-files":-1}`, options{}, []string{"accounting-keep-files", "0-1000"}},
		{"empty key", `{"key-file":""}`, options{}, []string{"key-file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseOptions([]byte(c.in), "/state")
			if (err != nil) != (c.mention != nil) {
				t.Fatalf("parseOptions() = %v, want error %v", err, c.mention != nil)
			}
			if err != nil && !errors.Is(err, aaa.ErrInvalid) {
				t.Errorf("parseOptions() = %v, want ErrInvalid", err)
			}
			for _, m := range c.mention {
				if !strings.Contains(err.Error(), m) {
					t.Errorf("parseOptions() = %v, does not mention %q", err, m)
				}
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(options{}, journalOptions{})); diff != "" {
				t.Errorf("parseOptions() (-want +got):\n%s", diff)
			}
		})
	}
}
