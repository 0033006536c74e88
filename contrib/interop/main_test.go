package interop

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// guest is booted once for all tests.
var guest *VM

func TestMain(m *testing.M) {
	os.Exit(Main(func() int {
		vm, err := Boot(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, "interop:", err)
			return 1
		}
		defer func() { _ = vm.Close() }()
		guest = vm
		return m.Run()
	}))
}
