package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pptpac/pptpac/aaa"
)

// options are the keys of [aaa.backend.local.config].
type options struct {
	keyFile string // path of the key that seals passwords
	journal journalOptions
}

// journalOptions say how accounting.jsonl is kept.
type journalOptions struct {
	fsync     bool  // a record is on the disk before it is confirmed
	maxSize   int64 // octets after which the file is rotated
	keepFiles int   // rotated files that are kept
}

// Limits of the options.
const (
	minJournalSize = 4 << 10
	maxJournalKeep = 1000
)

// parseOptions reads a JSON object strictly. stateDir is where relative paths
// begin.
func parseOptions(raw []byte, stateDir string) (options, error) {
	o := options{
		keyFile: "users.key",
		journal: journalOptions{fsync: true, maxSize: 64 << 20, keepFiles: 8},
	}
	fields := []struct {
		key     string
		value   any
		allowed string
	}{
		{"accounting-fsync", &o.journal.fsync, "true or false"},
		{"accounting-keep-files", &o.journal.keepFiles, fmt.Sprintf("a number of files, 0-%d", maxJournalKeep)},
		{"accounting-max-size", &o.journal.maxSize, fmt.Sprintf("a number of octets, at least %d", minJournalSize)},
		{"key-file", &o.keyFile, "the path of a file"},
	}
	var given map[string]json.RawMessage
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := json.Unmarshal(raw, &given); err != nil {
			return options{}, fmt.Errorf("%w: options: not a JSON object: %w", aaa.ErrInvalid, err)
		}
	}
	for _, f := range fields {
		value, ok := given[f.key]
		if !ok {
			continue
		}
		delete(given, f.key)
		if err := json.Unmarshal(value, f.value); err != nil || bytes.Equal(value, []byte("null")) {
			return options{}, fmt.Errorf("%w: %s = %s: allowed is %s", aaa.ErrInvalid, f.key, value, f.allowed)
		}
	}
	if len(given) > 0 {
		var unknown, known []string
		for key := range given {
			unknown = append(unknown, key)
		}
		for _, f := range fields {
			known = append(known, f.key)
		}
		slices.Sort(unknown)
		return options{}, fmt.Errorf("%w: unknown key %s: allowed are %s",
			aaa.ErrInvalid, strings.Join(unknown, ", "), strings.Join(known, ", "))
	}
	switch {
	case o.journal.keepFiles < 0 || o.journal.keepFiles > maxJournalKeep:
		return options{}, fmt.Errorf("%w: accounting-keep-files = %d: allowed is %s",
			aaa.ErrInvalid, o.journal.keepFiles, fields[1].allowed)
	case o.journal.maxSize < minJournalSize:
		return options{}, fmt.Errorf("%w: accounting-max-size = %d: allowed is %s",
			aaa.ErrInvalid, o.journal.maxSize, fields[2].allowed)
	case o.keyFile == "":
		return options{}, fmt.Errorf("%w: key-file is empty: allowed is %s", aaa.ErrInvalid, fields[3].allowed)
	}
	if !filepath.IsAbs(o.keyFile) {
		o.keyFile = filepath.Join(stateDir, o.keyFile)
	}
	return o, nil
}
