package interop

import (
	"strings"
	"testing"
	"time"
)

// An impaired wire must be impaired in both directions, or the tests over loss
// prove nothing.
func TestInteropHarnessImpairsBothWays(t *testing.T) {
	reset(t)
	ping := func(args string) string {
		t.Helper()
		res, err := guest.Run(t.Context(), 20*time.Second, "ping -q "+args+" "+ServerAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		return res.Stdout
	}
	if out := ping("-c 1 -W 2"); !strings.Contains(out, " 0% packet loss") {
		t.Fatalf("the wire is broken before it is impaired:\n%s", out)
	}
	if err := guest.Netem(t.Context(), "delay 100ms"); err != nil {
		t.Fatal(err)
	}
	out := ping("-c 2 -i 0.2 -W 2")
	_, rtt, _ := strings.Cut(out, "mdev = ")
	if !strings.HasPrefix(rtt, "20") && !strings.HasPrefix(rtt, "21") && !strings.HasPrefix(rtt, "22") {
		t.Errorf("round trip over twice 100 ms, want 200 to 229 ms:\n%s", out)
	}
	if err := guest.Netem(t.Context(), "loss 100%"); err != nil {
		t.Fatal(err)
	}
	if out := ping("-c 2 -i 0.2 -W 1"); !strings.Contains(out, "100% packet loss") {
		t.Errorf("loss of 100 %% lets packets through:\n%s", out)
	}
	reset(t)
	if out := ping("-c 1 -W 2"); !strings.Contains(out, " 0% packet loss") {
		t.Errorf("the wire is broken after Reset:\n%s", out)
	}
}
