package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The longest time that ParseTime reads, about a hundred years.
const maxTime = 100 * 365 * 24 * time.Hour

var errTime = errors.New("want a time such as 300 (seconds), 30s, 5m, 4h35s or 1d2h")

// timeUnits are the manual's units, largest first.
var timeUnits = [...]struct {
	letter byte
	length time.Duration
}{
	{'w', 7 * 24 * time.Hour}, {'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second},
}

// ParseTime reads a time as the manual writes it: a number of seconds ("300"),
// or numbers with the units w, d, h, m and s, each at most once and the larger
// before the smaller ("4h35s", "1d2h"). There are no signs and no fractions.
func ParseTime(s string) (time.Duration, error) {
	if n, rest, ok := leadingNumber(s); ok && rest == "" {
		return secondsTime(n)
	}
	var total time.Duration
	units := timeUnits[:]
	for rest := s; rest != "" || s == ""; {
		n, after, ok := leadingNumber(rest)
		if !ok || after == "" {
			return 0, errTime
		}
		for len(units) > 0 && units[0].letter != after[0] {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, errTime
		}
		if n > int64(maxTime/units[0].length) || total+time.Duration(n)*units[0].length > maxTime {
			return 0, errTooLong
		}
		total += time.Duration(n) * units[0].length
		units, rest = units[1:], after[1:]
	}
	return total, nil
}

var errTooLong = fmt.Errorf("want a time of at most %s", FormatTime(maxTime))

func secondsTime(n int64) (time.Duration, error) {
	switch {
	case n < 0:
		return 0, errTime
	case n > int64(maxTime/time.Second):
		return 0, errTooLong
	}
	return time.Duration(n) * time.Second, nil
}

// leadingNumber splits the digits off the front of s. What is too large for 64
// bits becomes the largest number.
func leadingNumber(s string) (n int64, rest string, ok bool) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0, s, false
	}
	n, err := strconv.ParseInt(s[:end], 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return n, s[end:], true
}

// FormatTime writes d as the manual does, which ParseTime reads: "0s", "4h35s",
// "1d2h3m". Fractions of a second are dropped; what is below zero is "0s".
func FormatTime(d time.Duration) string {
	d = d.Truncate(time.Second)
	if d <= 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range timeUnits[1:] { // the manual counts days, not weeks
		if n := d / u.length; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10))
			b.WriteByte(u.letter)
			d -= n * u.length
		}
	}
	return b.String()
}
