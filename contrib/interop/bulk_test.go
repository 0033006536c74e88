package interop

import (
	"testing"
	"time"
)

// 50 MB each way under MPPE-128, and less where every loss costs a reset.
func TestInteropBulk(t *testing.T) {
	const mb = 1_000_000
	for _, tt := range []struct {
		name  string
		lines string
		dial  Dial
		size  int
	}{
		{"stateless", `encryption = "stateless"`, Dial{MPPE: "128"}, 50 * mb},
		{"stateful", `encryption = "required"`, Dial{MPPE: "128", Stateful: true}, 10 * mb},
		{"clear", `encryption = "none"`, Dial{MPPE: "none"}, 10 * mb},
	} {
		t.Run(tt.name, func(t *testing.T) {
			serve(t, tt.lines, "mtu = 1400\nmru = 1400")
			port := bulkServer(t)
			tt.dial.Name, tt.dial.MTU, tt.dial.MRU = "bulk", 1400, 1400
			call := dial(t, tt.dial)
			transfer(t, call, "send", port, tt.size, 5*time.Minute)
			transfer(t, call, "receive", port, tt.size, 5*time.Minute)
			hangUp(t, call)
		})
	}
}

// Loss, duplicates and disorder cost time, never data. Under stateful MPPE each
// loss also costs a reset.
func TestInteropImpairedWire(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines string
		dial  Dial
	}{
		{"stateless", `encryption = "stateless"`, Dial{MPPE: "128"}},
		{"stateful", `encryption = "required"`, Dial{MPPE: "128", Stateful: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.lines, "mtu = 1400\nmru = 1400")
			port := bulkServer(t)
			if err := guest.Netem(t.Context(), "delay 5ms 2ms loss 5% duplicate 2% reorder 25%"); err != nil {
				t.Fatal(err)
			}
			tt.dial.Name, tt.dial.Unsorted = "impaired", true
			call := dial(t, tt.dial)
			t.Logf("up in %v", call.Setup)
			transfer(t, call, "send", port, 500_000, transferTimeout)
			transfer(t, call, "receive", port, 500_000, transferTimeout)
			hangUp(t, call)
			eventually(t, time.Minute, func() (bool, string) {
				list, err := s.Sessions(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return len(list) == 0, "the session is still listed after the client has gone"
			})
		})
	}
}
