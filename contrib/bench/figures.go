package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// figures prints results.
type figures struct{ out io.Writer }

// say prints one figure; remark may be empty.
func (f figures) say(name string, value float64, unit, remark string) {
	if remark != "" {
		remark = "  (" + remark + ")"
	}
	fmt.Fprintf(f.out, "%-66s %10.*f %s%s\n", name, digits(value), value, unit, remark)
}

// times prints median and 95th percentile of at least one duration.
func (f figures) times(name string, list []time.Duration) {
	slices.Sort(list)
	f.say(name+" median", milliseconds(median(list)), "ms", fmt.Sprintf("n = %d", len(list)))
	f.say(name+" p95", milliseconds(list[(len(list)-1)*95/100]), "ms",
		fmt.Sprintf("min %.2f, max %.2f", milliseconds(list[0]), milliseconds(list[len(list)-1])))
}

// ratio prints a as a share of b.
func (f figures) ratio(name string, a, b float64) { f.say(name, a/b, "ratio", "") }

func digits(v float64) int {
	switch {
	case v == math.Trunc(v):
		return 0
	case v < 10:
		return 3
	case v < 1000:
		return 1
	}
	return 0
}

// median of a sorted list that is not empty.
func median[T ~int64 | ~float64](sorted []T) T {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
