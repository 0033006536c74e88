package namespaces

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
)

// dialOptions is what a client process is told.
type dialOptions struct {
	User, Password           string
	PAP, CHAP, V1, V2        bool
	Encryption               string
	Bits                     []int
	MTU                      int
	Loss, Duplicate, Reorder float64
	Seed                     uint64
	NoDevice                 bool // no IP: for a second call from the same namespace
}

// caller is a client process.
type caller struct {
	h     *house
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Scanner
	Up    dialed
}

// dialed is what a client process reports.
type dialed struct {
	Local, Remote, Encoding, Error, Cause string
	MTU                                   int
	SetupMillis                           float64
}

// dial starts a client process and waits until it is up or has failed.
func (h *house) dial(o dialOptions) *caller {
	h.t.Helper()
	spec, err := json.Marshal(o)
	if err != nil {
		h.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	c := &caller{h: h, cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), dialerEnv+"="+string(spec))
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		h.t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	c.out = bufio.NewScanner(stdout)
	h.client.Do(h.t, c.cmd.Start)
	h.t.Cleanup(c.hangUp)
	c.Up = c.report()
	return c
}

func (c *caller) report() (d dialed) {
	c.h.t.Helper()
	if !c.out.Scan() {
		c.h.t.Fatalf("the client process says nothing: %v", c.out.Err())
	}
	if err := json.Unmarshal(c.out.Bytes(), &d); err != nil {
		c.h.t.Fatalf("the client process says %q: %v", c.out.Text(), err)
	}
	return d
}

// hangUp ends the client politely. Idempotent.
func (c *caller) hangUp() {
	if c.cmd == nil {
		return
	}
	_ = c.stdin.Close()
	_ = c.cmd.Wait()
	c.cmd = nil
}

// kill ends the client at once; its kernel says FIN, and nothing else is said.
func (c *caller) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.cmd = nil
}
