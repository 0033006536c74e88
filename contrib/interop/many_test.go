package interop

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// several makes n calls at once, all of which must come up.
func several(t *testing.T, n int, d Dial) []Call {
	t.Helper()
	calls := make([]Call, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		d := d
		d.Name, d.Server, d.User, d.Password = fmt.Sprintf("call%d", i), ServerAddr, user, password
		d.Wait = 2 * time.Minute
		wg.Go(func() { calls[i], errs[i] = guest.Dial(t.Context(), d) })
	}
	wg.Wait()
	for i, call := range calls {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if !call.Up {
			t.Fatalf("call %d: %s, want up; pppd's log:\n%s", i, call.Outcome, call.Log)
		}
		t.Logf("call %d up in %v as %v", i, call.Setup, call.Local)
	}
	return calls
}

// connections counts the guest's control connections.
func connections(t *testing.T) int {
	t.Helper()
	res, err := guest.Run(t.Context(), 10*time.Second, "ss -Htn state established dport = :1723 | wc -l")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(res.Stdout))
	if err != nil {
		t.Fatalf("ss: %v: %s", err, res.Stderr)
	}
	return n
}

// check looks at calls that are up at the same time: each has an address, a
// session and traffic of its own. Then all hang up.
func check(t *testing.T, s *Server, calls []Call, control int) {
	t.Helper()
	if got := connections(t); got != control {
		t.Errorf("control connections = %d, want %d", got, control)
	}
	addresses := make(map[string]bool)
	ports := make(map[int]bool)
	for _, call := range calls {
		addresses[call.Local.String()] = true
		ports[session(t, s, call).CallerPort] = true
	}
	if len(addresses) != len(calls) {
		t.Errorf("%d calls have %d addresses", len(calls), len(addresses))
	}
	if len(ports) != control {
		t.Errorf("the sessions' control connections come from %d ports, want %d", len(ports), control)
	}
	port := bulkServer(t)
	var wg sync.WaitGroup
	for _, call := range calls {
		wg.Go(func() {
			cmd := fmt.Sprintf("ping -q -c 3 -i 0.2 -w 5 -I %s %v >&2 && %s/interop-guest send %s %v:%d 300000",
				call.Device, inner, guest.Dir(), call.Device, inner, port)
			res, err := guest.Run(t.Context(), transferTimeout, cmd)
			if err != nil || res.Status != 0 {
				t.Errorf("%s: %v, status %d\n%s%s", cmd, err, res.Status, res.Stdout, res.Stderr)
			}
		})
	}
	wg.Wait()
	for _, call := range calls {
		wg.Go(func() {
			if _, err := guest.Ended(context.WithoutCancel(t.Context()), call.Name, "TERM", time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	endedWith(t, s, len(calls), "user-request")
}

func TestInteropTenClientsOfOneAddress(t *testing.T) {
	s := serve(t)
	check(t, s, several(t, 10, Dial{MPPE: "128", OwnControl: true}), 10)
}

// pptp-linux makes the control connection with the first call; the later ones
// find its call manager and use it.
func TestInteropFiveCallsOverOneControlConnection(t *testing.T) {
	s := serve(t)
	calls := []Call{dial(t, Dial{Name: "first", MPPE: "128"})}
	calls = append(calls, several(t, 4, Dial{MPPE: "128"})...)
	check(t, s, calls, 1)
}
