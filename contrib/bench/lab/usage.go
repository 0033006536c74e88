package lab

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Usage is what a process has of the machine.
type Usage struct {
	RSS     int64 // octets
	Anon    int64 // of RSS, what is no mapped file: a database on disk is one
	Files   int   // open descriptors
	Threads int
	CPU     time.Duration // user and system, since its start
}

// UsageOf reads it from /proc.
func UsageOf(pid int) (Usage, error) {
	var u Usage
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &u.RSS) // other lines do not match
		_, _ = fmt.Sscanf(line, "RssAnon: %d kB", &u.Anon)
		_, _ = fmt.Sscanf(line, "Threads: %d", &u.Threads)
	}
	u.RSS, u.Anon = u.RSS*1024, u.Anon*1024
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return u, err
	}
	u.Files = len(files)
	u.CPU, err = cpuOf(pid)
	return u, err
}

// cpuOf reads the run time of all threads, counted in ticks of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name of the program, in parentheses, may contain blanks.
	_, rest, ok := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is not understood")
	}
	var user, system int64 // ticks of 1/100 s
	if _, err := fmt.Sscan(fields[11], &user); err != nil {
		return 0, err
	}
	if _, err := fmt.Sscan(fields[12], &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}
