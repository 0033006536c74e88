package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/pptpac/pptpac/contrib/interop/job"
)

// agent runs scripts for the test, as many at once as it asks for, until the
// guest is powered off. It is the guest's first process.
func agent(address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+job.Path, runJob)
	srv := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	fmt.Println("guest: agent listens at", address)
	return srv.ListenAndServe()
}

func runJob(w http.ResponseWriter, r *http.Request) {
	var req job.Request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(execute(r.Context(), req))
}

// execute runs one script in a process group of its own, which is killed when
// the time is up or the test has gone. What the script left in the background
// lives on.
func execute(ctx context.Context, req job.Request) job.Result {
	ctx, cancel := context.WithTimeout(ctx, req.Timeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "/bin/bash", append([]string{"-c", req.Script, "job"}, req.Args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	start := time.Now()
	err := cmd.Run()
	res := job.Result{Stdout: stdout.String(), Stderr: stderr.String(), Elapsed: time.Since(start)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		res.Status = job.StatusTimeout
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
	case errors.As(err, &exit):
		res.Status = exit.ExitCode()
	default:
		res.Status = job.StatusFailed
		fmt.Fprintln(os.Stderr, "guest: job:", err)
		res.Stderr += err.Error()
	}
	return res
}
