package interop

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pptpac/pptpac/contrib/interop/bulk"
)

const (
	user     = "john"
	password = "wolf in the snow"
)

// inner is pptpac's own address in every tunnel.
var inner = netip.MustParseAddr("10.5.17.254")

// reset ends what earlier tests left in the guest.
func reset(t *testing.T) {
	t.Helper()
	if err := guest.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// serve starts pptpac with one user and these lines for its dynamic server. At
// the end of the test it must stop cleanly.
func serve(t *testing.T, lines ...string) *Server {
	t.Helper()
	reset(t)
	name := strings.NewReplacer("/", "-", " ", "-", ",", "").Replace(t.Name())
	addresses := []string{`local-address = "10.5.17.254"`}
	if !strings.Contains(strings.Join(lines, "\n"), "remote-address") {
		addresses = append(addresses, `remote-address = "10.5.17.1-10.5.17.50"`)
	}
	s, err := StartServer(t.Context(), name, strings.Join(append(addresses, lines...), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			logState(t, s)
		}
		if err := s.Stop(); err != nil {
			t.Errorf("stop pptpac: %v", err)
		}
		if t.Failed() {
			t.Logf("pptpac's log:\n%s", s.Log())
		}
	})
	// Reversible, so that CHAP works too.
	if err := s.AddUser(t.Context(), user, password, "storage=reversible"); err != nil {
		t.Fatal(err)
	}
	return s
}

// logState helps with a test that has failed: what both ends know.
func logState(t *testing.T, s *Server) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for _, args := range [][]string{{"sessions", "list", "-o", "json"}, {"sessions", "list", "-o", "json", "--ended"}} {
		out, err := s.CLI(ctx, "", args...)
		t.Logf("pptpac %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	res, err := guest.Run(ctx, 10*time.Second, "tail -n 40 /run/call/*/log; ip -s link; dmesg | tail -n 20")
	t.Logf("the guest: %v\n%s", err, res.Stdout)
}

// dial makes a call that must come up, as user unless d says otherwise.
func dial(t *testing.T, d Dial) Call {
	t.Helper()
	call := try(t, d)
	if !call.Up {
		t.Fatalf("call %s: %s, want up; pppd's log:\n%s", d.Name, call.Outcome, call.Log)
	}
	return call
}

// try makes a call, whatever comes of it.
func try(t *testing.T, d Dial) Call {
	t.Helper()
	d.Server = ServerAddr
	if d.User == "" {
		d.User, d.Password = user, password
	}
	call, err := guest.Dial(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return call
}

// hangUp ends a call as its user would.
func hangUp(t *testing.T, call Call) string {
	t.Helper()
	log, err := guest.Ended(t.Context(), call.Name, "TERM", 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// session returns the live session that has the call's address.
func session(t *testing.T, s *Server, call Call) Session {
	t.Helper()
	list, err := s.Sessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if one.Address == call.Local.String() {
			return one
		}
	}
	t.Fatalf("sessions list = %+v, want one with address %v", list, call.Local)
	return Session{}
}

// eventually waits until get says true, and fails with what it said last.
func eventually(t *testing.T, wait time.Duration, get func() (ok bool, state string)) {
	t.Helper()
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, state := get()
		if ok {
			return
		}
		select {
		case <-timeout.C:
			t.Fatalf("not in %v: %s", wait, state)
		case <-tick.C:
		}
	}
}

// endedWith waits for n ended sessions, of which the latest must have this
// cause, and a reason that the log has too.
func endedWith(t *testing.T, s *Server, n int, cause string) {
	t.Helper()
	var list []Session
	eventually(t, 30*time.Second, func() (bool, string) {
		var err error
		if list, err = s.Ended(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(list) >= n, fmt.Sprintf("ended sessions: got %d, want %d", len(list), n)
	})
	if got := list[0].Cause; got != cause {
		t.Errorf("cause of %+v = %s, want %s", list[0], got, cause)
	}
	// The log quotes what has spaces.
	if list[0].Reason == "" || !strings.Contains(s.Log(), strconv.Quote(list[0].Reason)) {
		t.Errorf("reason %q of the ended session is empty or not in the log", list[0].Reason)
	}
}

// ping sends three packets of size bytes through the call; all must return.
func ping(t *testing.T, call Call, size int) {
	t.Helper()
	cmd := fmt.Sprintf("ping -q -c 3 -i 0.2 -w 5 -s %d -I %s %v", size, call.Device, inner)
	res, err := guest.Run(t.Context(), 30*time.Second, cmd)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != 0 || !strings.Contains(res.Stdout, " 0% packet loss") {
		t.Errorf("%s: status %d, want 0 and no loss:\n%s%s", cmd, res.Status, res.Stdout, res.Stderr)
	}
}

// bulkServer answers transfers in the run's namespace until the test ends.
func bulkServer(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	// Ends when l is closed.
	go func() { done <- bulk.Serve(l) }()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

// transfer moves size bytes through the call and compares checksums.
func transfer(t *testing.T, call Call, direction string, port uint16, size int, wait time.Duration) {
	t.Helper()
	cmd := fmt.Sprintf("%s/interop-guest %s %s %v %d", guest.Dir(), direction, call.Device, netip.AddrPortFrom(inner, port), size)
	res, err := guest.Run(t.Context(), wait, cmd)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != 0 {
		t.Errorf("%s: status %d, want 0:\n%s%s", cmd, res.Status, res.Stdout, res.Stderr)
		return
	}
	t.Logf("%s: %s", direction, strings.TrimSpace(res.Stdout))
}

// transferTimeout bounds small transfers, also over a bad wire.
const transferTimeout = 2 * time.Minute
