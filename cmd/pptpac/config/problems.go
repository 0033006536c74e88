package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	File string
	Line int    // from 1; 0 if it is about something that the file leaves out
	Key  string // "interface.pptp-dynamic-server.mtu"; "" if no key is concerned
	// Text names the value and what is allowed.
	Text string
}

// Error writes file:line: key: text.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is everything that is wrong with a file, by line.
type Problems []Problem

// Error writes one problem per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each problem.
func (ps Problems) Unwrap() []error {
	out := make([]error, len(ps))
	for i, p := range ps {
		out[i] = p
	}
	return out
}

// findings collects the problems of one file.
type findings struct {
	file string
	at   positions
	list Problems
	bad  map[string]bool // keys whose value could not be taken over
}

func (f *findings) add(p path, format string, args ...any) {
	f.list = append(f.list, Problem{File: f.file, Line: f.at.line(p), Key: p.String(), Text: fmt.Sprintf(format, args...)})
}

// addBad is add for a value that is not taken over: what is checked later must
// not complain about the default that stays in its place.
func (f *findings) addBad(p path, format string, args ...any) {
	f.bad[p.key()] = true
	f.add(p, format, args...)
}

// set is the first of the keys that stands in the file, else the first.
func (f *findings) set(keys ...path) path {
	for _, p := range keys {
		if f.at[p.key()] > 0 {
			return p
		}
	}
	return keys[0]
}

// good reports whether none of the keys has a value that was refused.
func (f *findings) good(keys ...path) bool {
	return !slices.ContainsFunc(keys, func(p path) bool { return f.bad[p.key()] })
}

// err is nil, or all problems by line.
func (f *findings) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key)) })
	return f.list
}
