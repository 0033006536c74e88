package pluginrpc

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pptpac/pptpac/aaa"
)

// Serve is the main function of a plugin process: it serves backend until the
// host ends it, or is gone, then closes backend and returns what Close did. A
// process that no host started prints what it is and exits with status 1.
//
// The process belongs to the host. Signals meant for the whole service (SIGHUP,
// SIGINT, SIGTERM) are swallowed: the host still needs its plugins while it
// shuts down. Standard output carries the handshake; whatever else prints there
// goes to standard error, which the host logs.
func Serve(backend aaa.Backend) error {
	swallowed := make(chan os.Signal, 1) // never read: delivery is best effort
	signal.Notify(swallowed, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	if err := protectStdout(); err != nil {
		return fmt.Errorf("protect standard output: %w", err)
	}

	served := make(chan struct{})
	if os.Getenv(WatchStdinVariable) == "1" {
		// Ends with the process. Nothing useful is written to this pipe.
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			select {
			case <-served: // the other branch of this race closes the backend
			default:
				_ = backend.Close()
				os.Exit(0)
			}
		}()
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  Handshake(),
		VersionedPlugins: Plugins(backend),
		GRPCServer:       newGRPCServer,
		Logger: hclog.New(&hclog.LoggerOptions{
			Level:      hclog.Warn,
			Output:     os.Stderr, // the descriptor: go-plugin replaces only the variable
			JSONFormat: true,
		}),
	})
	close(served)
	return backend.Close()
}

// protectStdout keeps the handshake apart from everything else that writes to
// file descriptor 1: os.Stdout becomes a private copy, which go-plugin uses for
// its one line and then replaces; the descriptor itself becomes standard error.
func protectStdout() error {
	private, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return fmt.Errorf("duplicate descriptor 1: %w", err)
	}
	if err := unix.Dup3(2, 1, 0); err != nil {
		return fmt.Errorf("replace descriptor 1: %w", err)
	}
	os.Stdout = os.NewFile(uintptr(private), "handshake")
	return nil
}

func newGRPCServer(options []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options, ServerOptions()...)...)
}

// ServerOptions are the limits and interceptors of a plugin's server.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage),
		grpc.MaxSendMsgSize(MaxMessage),
		grpc.ChainUnaryInterceptor(recoverUnary, answerInTime),
		grpc.ChainStreamInterceptor(recoverStream),
	}
}

// answerInTime gives the backend a little less time than the host gives the
// plugin, so that a backend which gives up at its deadline still answers, and
// only a plugin that hangs does not.
func answerInTime(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if deadline, ok := ctx.Deadline(); ok {
		margin := min(time.Until(deadline)/10, 500*time.Millisecond)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	return next(ctx, request)
}

func recoverUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	defer recovered(info.FullMethod, &err)
	return next(ctx, request)
}

func recoverStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer recovered(info.FullMethod, &err)
	return next(server, stream)
}

// DialOptions are the limits of the host's end.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithDefaultCallOptions(
		grpc.MaxCallRecvMsgSize(MaxMessage),
		grpc.MaxCallSendMsgSize(MaxMessage),
	)}
}

// recovered turns a panic of one call into the failure of that call: one odd
// request must not end the calls of everybody else.
func recovered(method string, err *error) {
	if v := recover(); v != nil {
		// Straight to the descriptor: the variable os.Stderr is go-plugin's by now.
		_, _ = unix.Write(2, fmt.Appendf(nil, "[ERROR] panic in %s: %v\n%s", method, v, debug.Stack()))
		*err = status.Errorf(codes.Internal, "the plugin panicked in %s", method)
	}
}
