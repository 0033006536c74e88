package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/pluginrpc"
)

// errEnded is why calls to a process that is no more fail.
var errEnded = fmt.Errorf("%w: the plugin process ended", aaa.ErrUnavailable)

// instance is one launched process with its connection. It is used once: its
// successor is another instance.
type instance struct {
	config  Config
	process *process
	client  *plugin.Client
	rpc     *pluginrpc.Client
	info    aaa.Info

	life context.Context         // done when the process has ended or is given up
	end  context.CancelCauseFunc // gives it up

	misses atomic.Int32  // calls without answer since the last answer
	hung   chan struct{} // capacity 1: misses has reached its limit
}

// launch starts a process and shakes hands with it. It returns when that is
// done, has failed, took longer than StartTimeout, or ctx is done; in the last
// three cases nothing is left of the process.
func launch(ctx context.Context, c Config) (_ *instance, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.StartTimeout)
	defer cancel()
	bridge := pluginrpc.NewHCLog(c.Logger, "")
	output := bridge.StandardWriter(&hclog.StandardLoggerOptions{})
	i := &instance{config: c, hung: make(chan struct{}, 1)}
	var unlink func() bool
	i.client = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  pluginrpc.Handshake(),
		VersionedPlugins: pluginrpc.Plugins(nil),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     c.StartTimeout,
		Logger:           bridge,
		SyncStdout:       output,
		SyncStderr:       output,
		GRPCDialOptions:  pluginrpc.DialOptions(),
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: c.RuntimeDir},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, _ string) (runner.Runner, error) {
			p := newProcess(c.Command, c.Env, spec)
			i.process = p
			// Not every wait inside go-plugin is bounded; the end of the
			// process ends them all.
			unlink = context.AfterFunc(ctx, p.killWhenStarted)
			return p, nil
		},
	})
	defer func() {
		if unlink != nil && !unlink() && err == nil {
			err = context.Cause(ctx) // the kill is on its way
		}
		if err != nil {
			i.discard()
			err = fmt.Errorf("launch plugin %s: %w", c.Command[0], err)
		}
	}()

	protocol, err := i.client.Client()
	if err != nil {
		return nil, err
	}
	dispensed, err := protocol.Dispense(pluginrpc.Name)
	if err != nil {
		return nil, err
	}
	rpc, ok := dispensed.(*pluginrpc.Client)
	if !ok {
		return nil, fmt.Errorf("BUG: go-plugin dispensed a %T", dispensed)
	}
	i.rpc = rpc
	if i.info, err = rpc.Info(ctx); err != nil {
		return nil, fmt.Errorf("ask what it is: %w", err)
	}
	i.life, i.end = context.WithCancelCause(context.Background())
	// Ends with the process.
	go func() {
		<-i.process.gone
		i.end(errEnded)
	}()
	return i, nil
}

// discard ends a process that did not become an instance.
func (i *instance) discard() {
	if i.process != nil {
		_ = i.process.Kill(context.Background())
	}
	i.client.Kill() // also removes what go-plugin left on disk
	if i.process != nil && i.process.pid != 0 {
		<-i.process.gone
	}
}

// stop ends the process: orderly at first, by force after StopTimeout, and
// returns when it has ended. Calls under way fail at once.
func (i *instance) stop() {
	i.end(errEnded)
	force := time.AfterFunc(i.config.StopTimeout, func() { _ = i.process.Kill(context.Background()) })
	defer force.Stop()
	i.client.Kill()
	_ = i.process.Kill(context.Background())
	<-i.process.gone
}

// kill ends a process that is known not to listen.
func (i *instance) kill() {
	i.end(errEnded)
	_ = i.process.Kill(context.Background())
	<-i.process.gone
	i.client.Kill()
}

// exit says how the process ended.
func (i *instance) exit() error {
	if err := i.process.err; err != nil {
		return fmt.Errorf("plugin process %d ended: %w", i.process.pid, err)
	}
	return fmt.Errorf("plugin process %d ended by itself", i.process.pid)
}

// call performs one call, bounded by ctx and by the life of the process. Every
// failure that is not the plugin's own answer is an aaa.ErrUnavailable, or the
// error of a ctx that was cancelled.
func call[T any](ctx context.Context, i *instance, f func(context.Context, *pluginrpc.Client) (T, error)) (T, error) {
	bounded, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(i.life, func() { cancel(errEnded) })()
	began := time.Now()
	v, err := f(bounded, i.rpc)
	if err == nil {
		i.misses.Store(0)
		return v, nil
	}
	var none T
	switch {
	case i.life.Err() != nil:
		return none, context.Cause(i.life)
	case expired(ctx, err):
		if time.Since(began) >= i.config.CallTimeout/2 {
			i.miss()
		}
		return none, fmt.Errorf("%w: the plugin gave no answer in %v: %w",
			aaa.ErrUnavailable, time.Since(began).Round(time.Millisecond), context.DeadlineExceeded)
	case ctx.Err() != nil:
		return none, context.Cause(ctx)
	}
	i.misses.Store(0)
	return none, err
}

// expired reports whether err means that the time of ctx was over without an
// answer. The plugin's end of the connection keeps the same deadline, and may
// reset the call a moment before our own timer fires: that reads as a
// cancellation that nobody here asked for.
func expired(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return errors.Is(ctx.Err(), context.DeadlineExceeded)
	}
	deadline, ok := ctx.Deadline()
	return ok && (!time.Now().Before(deadline) || errors.Is(err, context.Canceled))
}

// miss counts a call that had time enough and got no answer.
func (i *instance) miss() {
	if int(i.misses.Add(1)) < i.config.HangLimit {
		return
	}
	select {
	case i.hung <- struct{}{}:
	default: // said already
	}
}
