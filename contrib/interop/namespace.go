package interop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// runDirEnv tells the process inside the namespaces where its files are.
const runDirEnv = "PPTPAC_INTEROP_RUN"

// Main runs inside in namespaces of its own and returns the exit status for
// the program. The program is started a second time for that, as process 1 of
// a new process namespace: when it ends, for whatever reason, the kernel ends
// everything that it has started.
func Main(inside func() int) int {
	status, err := enter(inside)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		return 1
	}
	return status
}

func enter(inside func() int) (int, error) {
	if dir := os.Getenv(runDirEnv); dir != "" && os.Getpid() == 1 {
		if err := prepare(dir); err != nil {
			return 1, err
		}
		return inside(), nil
	}
	if err := CheckMachine(); err != nil {
		return 1, err
	}
	dir, err := newRunDir()
	if err != nil {
		return 1, err
	}
	if err := buildAll(dir); err != nil {
		return 1, errors.Join(err, os.RemoveAll(dir))
	}
	status, err := again(dir)
	if err == nil && status == 0 {
		return 0, os.RemoveAll(dir)
	}
	fmt.Fprintln(os.Stderr, "interop: the logs of this run are in", dir)
	return status, err
}

// newRunDir makes build/interop/run-PID in the repository, where logs outlive
// a failed run.
func newRunDir() (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "build", "interop", "run-"+strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.MkdirAll(filepath.Join(dir, "memory"), 0o755)
}

// repository is the directory with go.mod, above the working directory.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// again starts this program once more, in new namespaces, and waits.
func again(dir string) (int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// Ends with again. Who killed our parent, `go test` or make, wants us gone.
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for parent := os.Getppid(); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if os.Getppid() != parent {
					cancel()
				}
			}
		}
	}()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), runDirEnv+"="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &unix.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		Pdeathsig:  unix.SIGKILL,
	}
	// The kernel sends Pdeathsig when the starting thread ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() > 0 {
			return exit.ExitCode(), nil
		}
		return 1, fmt.Errorf("the process in the namespaces died: %w", err)
	}
	if err != nil {
		return 1, fmt.Errorf("enter new namespaces: %w", err)
	}
	return 0, nil
}

// prepare makes the new namespaces a place to run servers in.
func prepare(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	mounts := []struct{ kind, at, data string }{
		{"proc", "/proc", ""},
		{"tmpfs", "/run", "mode=755"},
		// The guest's memory is a file here; the host's /dev/shm may be small.
		{"tmpfs", filepath.Join(dir, "memory"), "size=3g"},
	}
	for _, m := range mounts {
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.data); err != nil {
			return fmt.Errorf("mount %s at %s: %w", m.kind, m.at, err)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("switch forwarding on: %w", err)
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"tuntap", "add", controlTap, "mode", "tap"},
		{"address", "add", hostControl.String(), "dev", controlTap},
		{"link", "set", controlTap, "up"},
		{"tuntap", "add", outerTap, "mode", "tap"},
		{"address", "add", hostOuter.String(), "dev", outerTap},
		{"link", "set", outerTap, "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}
