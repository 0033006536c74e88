// Command setup-time compares how long Debian's pppd takes to be connected to
// Poptop's pptpd and to pptpac, both in one guest, one after the other: pppd's
// start to IPCP up, MS-CHAPv2 with MPPE-128. It prints medians and their ratio.
// It needs root.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pptpac/pptpac/contrib/interop"
)

func main() {
	rounds := flag.Int("rounds", 3, "how often both servers are started")
	calls := flag.Int("calls", 5, "calls per server and round")
	flag.Parse()
	os.Exit(interop.Main(func() int {
		if err := compare(context.Background(), *rounds, *calls); err != nil {
			fmt.Fprintln(os.Stderr, "setup-time:", err)
			return 1
		}
		return 0
	}))
}

type server struct {
	name  string
	start func(context.Context) error
	times []time.Duration
}

func compare(ctx context.Context, rounds, calls int) error {
	vm, err := interop.Boot(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = vm.Close() }()
	servers := []*server{
		{name: "poptop", start: vm.StartPoptop},
		{name: "pptpac", start: vm.StartPptpac},
	}
	for range rounds {
		for _, s := range servers {
			if err := round(ctx, vm, s, calls); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	for _, s := range servers {
		slices.Sort(s.times)
		fmt.Printf("BenchmarkPppdSetup/%s\t%d\t%v median\t%v min\t%v max\n",
			s.name, len(s.times), median(s.times), s.times[0], s.times[len(s.times)-1])
	}
	fmt.Printf("pptpac takes %.2f of Poptop's time\n",
		median(servers[1].times).Seconds()/median(servers[0].times).Seconds())
	return nil
}

// round starts the server afresh and dials it, one call after the other.
func round(ctx context.Context, vm *interop.VM, s *server, calls int) error {
	if err := vm.Reset(ctx); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	for i := range calls {
		name := fmt.Sprintf("%s%d", s.name, i)
		call, err := vm.Dial(ctx, interop.Dial{
			Name: name, Server: interop.GuestServerAddr, User: "john", Password: "secret",
			Auth: "ms-chapv2", MPPE: "128", MTU: 1400, MRU: 1400,
		})
		if err != nil {
			return err
		}
		if !call.Up {
			return fmt.Errorf("call %d: %s\n%s", i, call.Outcome, call.Log)
		}
		s.times = append(s.times, call.Setup)
		if _, err := vm.Ended(ctx, name, "TERM", 30*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// median of sorted, at least one.
func median(sorted []time.Duration) time.Duration {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
