package interop

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// GuestServerAddr is where servers inside the guest listen.
var GuestServerAddr = netip.MustParseAddr("198.51.100.1")

// StartPoptop starts Poptop's pptpd in a network namespace of the guest, with
// the user john, password secret, and MPPE-128. Reset ends it.
func (vm *VM) StartPoptop(ctx context.Context) error {
	return vm.startGuestServer(ctx, "poptop.sh")
}

// StartPptpac starts pptpac in the place of StartPoptop's server, with the
// same user and the same encryption. Reset ends it.
func (vm *VM) StartPptpac(ctx context.Context) error {
	return vm.startGuestServer(ctx, "pptpac.sh")
}

func (vm *VM) startGuestServer(ctx context.Context, script string) error {
	res, err := vm.script(ctx, 40*time.Second, script)
	if err != nil {
		return err
	}
	if res.Status != 0 {
		return fmt.Errorf("%s: status %d: %s%s", script, res.Status, res.Stdout, res.Stderr)
	}
	return nil
}
