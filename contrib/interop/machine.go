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

// buildAll builds, outside of the namespaces, what runs inside: pptpac, plain
// and with the race detector, and the guest's agent, scripts and pppd plugin.
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
	// What runs in the guest needs to be without cgo: no shared library, and
	// no race detector, whose address space the guest cannot give.
	steps := [][]string{
		{"go", "build", "-race", "-o", filepath.Join(dir, "pptpac-race"), "./cmd/pptpac"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", filepath.Join(dir, "pptpac"), "./cmd/pptpac"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", filepath.Join(dir, "interop-guest"), "./contrib/interop/cmd/interop-guest"},
		{"gcc", "-O2", "-Wall", "-fPIC", "-shared", "-o", filepath.Join(dir, "stateful.so"), filepath.Join(harness, "guest", "stateful.c")},
		append(append([]string{"install", "-m", "755"}, scripts...), dir),
	}
	for _, args := range steps {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}
