package interop

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// The harness proves itself against another server: Poptop in a namespace of
// the guest.
func TestInteropHarnessAgainstPoptop(t *testing.T) {
	if err := guest.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := guest.StartPoptop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		dial Dial
		want string
	}{
		{"stateless", Dial{Name: "one", MPPE: "128"}, "MPPE 128-bit stateless compression enabled"},
		{"stateful", Dial{Name: "two", MPPE: "128", Stateful: true}, "MPPE 128-bit stateful compression enabled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.dial
			d.Server, d.User, d.Password, d.Auth = GuestServerAddr, "john", "secret", "ms-chapv2"
			call, err := guest.Dial(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if !call.Up {
				t.Fatalf("Dial = %s, want up; pppd's log:\n%s", call.Outcome, call.Log)
			}
			t.Logf("up in %v as %v", call.Setup, call.Local)
			if want := netip.MustParseAddr("10.9.0.254"); call.Remote != want {
				t.Errorf("Remote = %v, want %v", call.Remote, want)
			}
			if !strings.Contains(call.Log, tt.want) {
				t.Errorf("pppd's log lacks %q:\n%s", tt.want, call.Log)
			}
			log, err := guest.Ended(t.Context(), d.Name, "TERM", 20*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log, "Connection terminated") {
				t.Errorf("pppd's log lacks its end:\n%s", log)
			}
		})
	}
}
