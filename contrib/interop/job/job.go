// Package job is what the interop harness and the agent in its guest say to
// one another: a script goes in, its output and exit status come back, as JSON
// over HTTP.
package job

import "time"

// Path is where the agent takes a Request by POST.
const Path = "/run"

// Exit statuses that no script returns.
const (
	StatusTimeout = -1 // killed when its time was up
	StatusFailed  = -2 // could not be started
)

// Request is a script for bash.
type Request struct {
	Script  string
	Args    []string // $1...
	Timeout time.Duration
}

// Result is what came of it.
type Result struct {
	Stdout, Stderr string
	Status         int
	Elapsed        time.Duration
}
