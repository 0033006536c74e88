package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Calls of a round, and rounds.
const (
	rateCalls  = 2000
	rateRounds = 3
)

// rate is how many calls a second come up, MS-CHAPv2 with MPPE-128 and the null
// plane, through the real plugin process with its database and journal on disk,
// and with the sums done in process. The clients share the machine.
func rate(b *bench) error {
	kinds := []*struct {
		name           string
		plugin         []string
		perSecond      []float64
		server, helper time.Duration
	}{
		{name: "rate/plugin process", plugin: []string{b.binary, "plugin", "local"}},
		{name: "rate/AAA in process"},
	}
	for round := range rateRounds {
		for i, k := range kinds {
			r, err := startRemote(filepath.Join(b.dir, fmt.Sprintf("rate%d-%d", round, i)), k.plugin)
			if err != nil {
				return err
			}
			var before, after serverUsage
			if err := r.process.Ask("usage", &before); err != nil {
				return err
			}
			start := time.Now()
			if err := r.dial(rateCalls); err != nil {
				return err
			}
			k.perSecond = append(k.perSecond, rateCalls/time.Since(start).Seconds())
			if err := r.process.Ask("usage", &after); err != nil {
				return err
			}
			k.server += after.Server.CPU - before.Server.CPU
			k.helper += after.Plugin.CPU - before.Plugin.CPU
			if err := r.close(); err != nil {
				return err
			}
		}
	}
	for _, k := range kinds {
		slices.Sort(k.perSecond)
		b.say(k.name, median(k.perSecond), "calls/s", fmt.Sprintf("%d in flight, median of %d runs of %d calls", inFlight, rateRounds, rateCalls))
		b.say(k.name+", processor of the server", milliseconds(k.server)/rateCalls/rateRounds, "ms/call", "")
		if k.plugin != nil {
			b.say(k.name+", processor of the plugin", milliseconds(k.helper)/rateCalls/rateRounds, "ms/call", "")
		}
	}
	b.ratio("rate, plugin process : AAA in process", median(kinds[0].perSecond), median(kinds[1].perSecond))
	return nil
}
