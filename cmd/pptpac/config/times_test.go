package config

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct {
		in, form string
		want     time.Duration
	}{
		{"0", "0s", 0},
		{"0s", "0s", 0},
		{"300", "5m", 5 * time.Minute},
		{"5m", "5m", 5 * time.Minute},
		{"4h35s", "4h35s", 4*time.Hour + 35*time.Second},
		{"1d2h", "1d2h", 26 * time.Hour},
		{"1d2h3m4s", "1d2h3m4s", 26*time.Hour + 3*time.Minute + 4*time.Second},
		{"2w", "14d", 14 * 24 * time.Hour},
		{"90m", "1h30m", 90 * time.Minute},
		{"007", "7s", 7 * time.Second},
		{"36500d", "36500d", maxTime},
	} {
		got, err := ParseTime(c.in)
		if err != nil || got != c.want || FormatTime(got) != c.form {
			t.Errorf("ParseTime(%q) = %v, %v (%s), want %v (%s)", c.in, got, err, FormatTime(got), c.want, c.form)
		}
	}
	for in, want := range map[string]error{
		"": errTime, "s": errTime, "5x": errTime, "5m5": errTime, "-5": errTime, "-5m": errTime, "1.5h": errTime,
		"5s4m": errTime, "5m5m": errTime, " 5m": errTime, "5m ": errTime, "5 m": errTime, "1h30": errTime, "5M": errTime,
		"36501d": errTooLong, "36500d1s": errTooLong, "99999999999999999999": errTooLong, "99999999999999999999w": errTooLong,
		"3153600001": errTooLong,
	} {
		if got, err := ParseTime(in); err != want || got != 0 {
			t.Errorf("ParseTime(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
}

func TestFormatTime(t *testing.T) {
	for in, want := range map[time.Duration]string{
		-time.Hour:                      "0s",
		999 * time.Millisecond:          "0s",
		1999 * time.Millisecond:         "1s",
		24*time.Hour + 3*time.Minute:    "1d3m",
		time.Hour + 35*time.Second:      "1h35s",
		10*24*time.Hour + time.Second:   "10d1s",
		59*time.Minute + 59*time.Second: "59m59s",
	} {
		if got := FormatTime(in); got != want {
			t.Errorf("FormatTime(%v) = %s, want %s", in, got, want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"300", "5m", "4h35s", "1d2h", "1w", "", "9999999999999999999h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseTime(s)
		if err != nil {
			return
		}
		again, err := ParseTime(FormatTime(d))
		if d < 0 || d > maxTime || err != nil || again != d {
			t.Fatalf("ParseTime(%q) = %v, and %q is %v, %v", s, d, FormatTime(d), again, err)
		}
	})
}
