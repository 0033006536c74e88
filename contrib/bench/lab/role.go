package lab

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

const (
	roleEnv = "PPTPAC_LAB_ROLE"
	specEnv = "PPTPAC_LAB_SPEC"
)

// Role is what a second process of the program does. spec is JSON; commands come
// line by line from in, whose end means that the process is to end; answers go
// to out.
type Role func(spec []byte, in *bufio.Scanner, out *json.Encoder) error

// Main runs main, or in a second process its role, and returns the exit status.
// The role "dial" is there for every program.
func Main(roles map[string]Role, main func() error) int {
	name := os.Getenv(roleEnv)
	if name == "" {
		return status("", main())
	}
	role := roles[name]
	if name == DialRole {
		role = dial
	}
	if role == nil {
		return status(name, errors.New("no such role"))
	}
	return status(name, role([]byte(os.Getenv(specEnv)), bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)))
}

func status(role string, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, os.Args[0], role, err)
	return 1
}

// Process is a second process of the program.
type Process struct {
	PID int
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// Spawn starts a process with a role, in a namespace unless ns is nil. Files are
// its descriptors from 3 on.
func Spawn(ns *Namespace, role string, spec any, files ...*os.File) (*Process, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), roleEnv+"="+role, specEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = files
	p := &Process{cmd: cmd}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(stdout)
	if err := startIn(ns, cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	p.PID = cmd.Process.Pid
	return p, nil
}

// startIn starts cmd. In a namespace it dies with the namespace's thread.
func startIn(ns *Namespace, cmd *exec.Cmd) error {
	if ns == nil {
		return cmd.Start()
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return ns.Do(cmd.Start)
}

// Ask sends a line and reads the answer into v.
func (p *Process) Ask(line string, v any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return err
	}
	return p.Read(v)
}

// Read reads what the process says next into v.
func (p *Process) Read(v any) error {
	if err := p.out.Decode(v); err != nil {
		return fmt.Errorf("process %d says nothing: %w", p.PID, err)
	}
	return nil
}

// Close lets the process end and waits for it.
func (p *Process) Close() error {
	_ = p.in.Close()
	return p.cmd.Wait()
}

// Kill ends the process without a word (its kernel says FIN).
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.Close()
}
