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
// loss also costs a reset. The calls are made before the wire is impaired: pppd
// never repeats a CHAP Response whose answer was lost.
func TestInteropImpairedWire(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines string
		dial  Dial
		wire  string
	}{
		{"stateless", `encryption = "stateless"`, Dial{MPPE: "128", Unsorted: true},
			"delay 5ms 2ms loss 5% duplicate 2% reorder 25%"},
		{"stateful", `encryption = "required"`, Dial{MPPE: "128", Stateful: true}, "delay 5ms loss 1%"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.lines, "mtu = 1400\nmru = 1400")
			port := bulkServer(t)
			tt.dial.Name = "impaired"
			call := dial(t, tt.dial)
			if err := guest.Netem(t.Context(), tt.wire); err != nil {
				t.Fatal(err)
			}
			// Stateful encryption stands still after each loss while TCP backs off.
			transfer(t, call, "send", port, 500_000, 4*transferTimeout)
			transfer(t, call, "receive", port, 500_000, 4*transferTimeout)
			if got := session(t, s, call); got.Lost == 0 {
				t.Errorf("session over a wire with loss = %+v, want that it has noticed", got)
			}
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
