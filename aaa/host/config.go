package host

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
)

// Config says how one backend's process is run.
type Config struct {
	Name    string   // of the backend, for logs and errors
	Command []string // absolute path of the executable, then its arguments
	// Env is added to the environment of the process, which is otherwise PATH
	// and what the handshake needs. Nothing is inherited.
	Env    []string
	Logger zerolog.Logger
	// RuntimeDir is where the process's socket is made, in a directory of its
	// own: a place that is emptied at boot. "" is the system's temporary
	// directory. A path of more than about 60 octets leaves no room for the
	// socket's name.
	RuntimeDir string

	// Each of these has a default where it is 0.
	StartTimeout time.Duration // from launch to handshake; 10 s
	CallTimeout  time.Duration // bounds every call; 10 s
	StopTimeout  time.Duration // for an orderly end before the kill; 2 s
	PingInterval time.Duration // between health checks; 5 s
	PingTimeout  time.Duration // a health check that takes longer kills; 5 s
	BackoffMin   time.Duration // delay before the second launch in a row; 250 ms
	BackoffMax   time.Duration // the delay doubles up to here; 30 s
	StableAfter  time.Duration // a process that lived so long has no debts; 30 s
	HangLimit    int           // calls in a row without answer that kill; 3
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.StartTimeout, 10 * time.Second},
		{&c.CallTimeout, aaa.DefaultCallTimeout},
		{&c.StopTimeout, 2 * time.Second},
		{&c.PingInterval, 5 * time.Second},
		{&c.PingTimeout, 5 * time.Second},
		{&c.BackoffMin, 250 * time.Millisecond},
		{&c.BackoffMax, 30 * time.Second},
		{&c.StableAfter, 30 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.HangLimit == 0 {
		c.HangLimit = 3
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Name == "":
		return fmt.Errorf("%w: a backend needs a name", aaa.ErrInvalid)
	case len(c.Command) == 0 || c.Command[0] == "":
		return fmt.Errorf("%w: backend %q: command is empty", aaa.ErrInvalid, c.Name)
	case !filepath.IsAbs(c.Command[0]):
		return fmt.Errorf("%w: backend %q: command %q: must be an absolute path", aaa.ErrInvalid, c.Name, c.Command[0])
	case c.BackoffMax < c.BackoffMin:
		return fmt.Errorf("%w: backend %q: BackoffMax %v is less than BackoffMin %v",
			aaa.ErrInvalid, c.Name, c.BackoffMax, c.BackoffMin)
	}
	return nil
}

// State says what a backend's process is doing.
type State string

// States.
const (
	Starting     State = "starting"     // launched, handshake not finished
	Unconfigured State = "unconfigured" // answers, has not accepted a configuration
	Running      State = "running"
	Backoff      State = "back-off" // waits for its next launch
	Closed       State = "closed"
)

// Status describes a backend's process for an administrator.
type Status struct {
	Name      string
	Command   []string
	State     State
	Since     time.Time // when State began
	PID       int       // 0: no process
	Restarts  int       // launches after the first
	LastError string    // why the last process ended or would not start
	NextStart time.Time // in Backoff
	Info      aaa.Info  // of the process, as soon as known
}
