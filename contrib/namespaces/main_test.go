package namespaces

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// dialerEnv makes a client of the test binary; see dialer_test.go.
const dialerEnv = "PPTPAC_TEST_DIAL"

// built is the pptpac under test, built once with the race detector.
var built string

func TestMain(m *testing.M) {
	if spec := os.Getenv(dialerEnv); spec != "" {
		os.Exit(dialer(spec))
	}
	if os.Getenv("GORACE") == "" { // else each command of the binary rests for a second at its end
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pptpac-namespaces")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = filepath.Join(dir, "pptpac")
	build := exec.Command("go", "build", "-race", "-o", built, "github.com/pptpac/pptpac/cmd/pptpac")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build pptpac:", err)
		return 1
	}
	return m.Run()
}
