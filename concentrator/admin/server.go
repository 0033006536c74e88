package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"time"

	"connectrpc.com/connect"
	"github.com/rs/zerolog"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/pool"
)

// Options are what the API speaks for. All fields are required.
type Options struct {
	Server *concentrator.Server
	Plane  dataplane.Plane
	Pools  pool.Manager
	// Users returns the user administration of a backend, of the first that
	// has one for "". The error names the backends that have.
	Users   func(backend string) (aaa.UserAdmin, error)
	Reload  func(ctx context.Context) (warnings []string, err error)
	Groups  Groups
	Version string
	Started time.Time
	Log     zerolog.Logger
}

// maxRequest bounds what a client may send, in octets.
const maxRequest = 1 << 20

// Times of a connection. No call of the API takes longer than answerTime; a
// reload asks every backend.
const (
	requestTime = 30 * time.Second // to read a request
	answerTime  = 5 * time.Minute  // to work it out and to write the answer
	idleTime    = time.Minute
	politeTime  = time.Second // for calls under way when ctx is done
)

// Serve answers on l until ctx is done. When it returns l is closed and no
// connection is left.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	opts := []connect.HandlerOption{connect.WithInterceptors(guard()), connect.WithReadMaxBytes(maxRequest)}
	mux := http.NewServeMux()
	mux.Handle(adminv1connect.NewSessionServiceHandler(&sessionService{o}, opts...))
	mux.Handle(adminv1connect.NewUserServiceHandler(&userService{o}, opts...))
	mux.Handle(adminv1connect.NewPoolServiceHandler(&poolService{o}, opts...))
	mux.Handle(adminv1connect.NewDaemonServiceHandler(&daemonService{o}, opts...))
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	unknown := &strangers{conns: make(map[net.Conn]struct{})}
	server := &http.Server{
		Handler: turnAway(mux), Protocols: &protocols,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: requestTime, WriteTimeout: answerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: 1 << 14,
		ErrorLog: log.New(complaints{o.Log}, "", 0), ConnState: unknown.state,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			uid, gids, err := peer(c)
			if err != nil {
				o.Log.Warn().Err(err).Msg("admin socket: peer unknown")
				unknown.add(c)
				return ctx
			}
			info := peerInfo{uid: uid, access: o.Groups.accessOf(uid, gids)}
			if info.access == NoAccess {
				unknown.add(c)
			}
			return context.WithValue(ctx, peerKey{}, info)
		},
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		polite, cancel := context.WithTimeout(context.Background(), politeTime)
		defer cancel()
		_ = server.Shutdown(polite)
		_ = server.Close()
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	_ = server.Close()
	return fmt.Errorf("admin socket: %w", err)
}

// complaints takes what net/http would print, panics of handlers among it.
type complaints struct{ log zerolog.Logger }

func (c complaints) Write(p []byte) (int, error) {
	c.log.Error().Bytes("detail", bytes.TrimSpace(p)).Msg("admin socket")
	return len(p), nil
}

type daemonService struct{ o Options }

// Version implements adminv1connect.DaemonServiceHandler.
func (s *daemonService) Version(context.Context, *connect.Request[adminv1.VersionRequest]) (*connect.Response[adminv1.VersionResponse], error) {
	totals := s.o.Server.Totals()
	r := &adminv1.VersionResponse{
		Version: s.o.Version, GoVersion: runtime.Version(), Started: timestamppb.New(s.o.Started),
		Sessions: uint32(len(s.o.Server.Sessions())), ConnectedTotal: totals.Connected,
		EndedTotal: make(map[string]uint64), Drops: drops(s.o.Plane.Counters().Drops),
	}
	for cause, n := range totals.Ended {
		r.EndedTotal[string(cause)] = n
	}
	for _, a := range s.o.Server.Addrs() {
		r.Listen = append(r.Listen, a.String())
	}
	return connect.NewResponse(r), nil
}

// Reload implements adminv1connect.DaemonServiceHandler.
func (s *daemonService) Reload(ctx context.Context, _ *connect.Request[adminv1.ReloadRequest]) (*connect.Response[adminv1.ReloadResponse], error) {
	warnings, err := s.o.Reload(ctx)
	if err != nil {
		return nil, connect.NewError(connect.CodeFailedPrecondition, err)
	}
	return connect.NewResponse(&adminv1.ReloadResponse{Warnings: warnings}), nil
}
