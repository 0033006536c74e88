package interop

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// PoptopAddr is where StartPoptop's server listens, inside the guest.
var PoptopAddr = netip.MustParseAddr("198.51.100.1")

// StartPoptop starts Poptop's pptpd in a network namespace of the guest, with
// the user john, password secret. Reset ends it.
func (vm *VM) StartPoptop(ctx context.Context) error {
	res, err := vm.script(ctx, 20*time.Second, "poptop.sh")
	if err != nil {
		return err
	}
	if res.Status != 0 {
		return fmt.Errorf("start pptpd: status %d: %s%s", res.Status, res.Stdout, res.Stderr)
	}
	return nil
}
