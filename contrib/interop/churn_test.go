package interop

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// Clients come and go: nothing is left behind. PPTPAC_SOAK=30m makes it last.
func TestInteropChurn(t *testing.T) {
	length := 15 * time.Second
	if soak := os.Getenv("PPTPAC_SOAK"); soak != "" {
		var err error
		if length, err = time.ParseDuration(soak); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t)
	port := bulkServer(t)
	total := 0
	for end := time.Now().Add(length); time.Now().Before(end); {
		calls := several(t, 3, Dial{MPPE: "128", OwnControl: true})
		for _, call := range calls {
			transfer(t, call, "send", port, 100_000, transferTimeout)
		}
		for i, call := range calls {
			signal := [...]string{"TERM", "HUP", "TERM"}[i]
			if _, err := guest.Ended(t.Context(), call.Name, signal, 30*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		total += len(calls)
		eventually(t, 30*time.Second, func() (bool, string) {
			list, err := s.Sessions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return len(list) == 0, fmt.Sprintf("%d sessions left when all clients have gone", len(list))
		})
	}
	t.Logf("%d calls", total)
}
