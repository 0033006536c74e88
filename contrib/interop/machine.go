package interop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// needed are the programs the harness runs, here and in the guest.
var needed = []string{
	"linux.uml", "pppd", "pptp", "pptpd", "gcc", "ip", "tc", "ping", "unshare",
	"setsid", "modprobe", "insmod", "bash", "pgrep", "pkill", "ss", "go",
}

// CheckMachine says what this machine lacks for the interop tests. It never
// leaves a test to be skipped.
func CheckMachine() error {
	if os.Geteuid() != 0 {
		return errors.New("the interop tests need root: they make namespaces and tap devices")
	}
	var lack []string
	for _, name := range needed {
		if _, err := exec.LookPath(name); err != nil {
			lack = append(lack, name)
		}
	}
	for _, path := range []string{"/dev/net/tun", "/usr/include/pppd/pppd.h"} {
		if _, err := os.Stat(path); err != nil {
			lack = append(lack, path)
		}
	}
	if len(lack) > 0 {
		return fmt.Errorf("missing: %s; contrib/install-test-deps.sh installs what the tests need", strings.Join(lack, ", "))
	}
	return nil
}

// buildAll builds, outside of the namespaces, what runs inside: the guest's
// agent, scripts and pppd plugin.
func buildAll(dir string) error {
	root, err := repository()
	if err != nil {
		return err
	}
	harness := filepath.Join(root, "contrib", "interop")
	scripts, err := filepath.Glob(filepath.Join(harness, "guest", "*.sh"))
	if err != nil {
		return err
	}
	steps := [][]string{
		{"go", "build", "-o", filepath.Join(dir, "interop-guest"), "./contrib/interop/cmd/interop-guest"},
		{"gcc", "-O2", "-Wall", "-fPIC", "-shared", "-o", filepath.Join(dir, "stateful.so"), filepath.Join(harness, "guest", "stateful.c")},
		append(append([]string{"install", "-m", "755"}, scripts...), dir),
	}
	for _, args := range steps {
		if err := build(root, args); err != nil {
			return err
		}
	}
	return nil
}

// build runs one command in the repository. The agent must not need a shared
// library or the race detector's address space, hence no cgo.
func build(root string, args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
