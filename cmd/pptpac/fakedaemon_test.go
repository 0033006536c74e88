package main

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"connectrpc.com/connect"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
)

// fakeDaemon answers the admin API with what a test puts in, and keeps what it
// was asked.
type fakeDaemon struct {
	socket string
	err    error // the answer to everything, unless nil

	sessions, ended []*adminv1.Session
	users           []*adminv1.User
	pools           []*adminv1.Pool
	leases          []*adminv1.Lease
	terminated      []string
	warnings        []string
	missing         string // user that is not there

	filter    *adminv1.SessionFilter
	terminate *adminv1.TerminateSessionsRequest
	added     *adminv1.AddUserRequest
	set       []*adminv1.SetUserRequest
	removed   []string
	pool      string
}

func newFakeDaemon(t *testing.T) *fakeDaemon {
	t.Helper()
	f := &fakeDaemon{socket: filepath.Join(t.TempDir(), "s")}
	l, err := net.Listen("unix", f.socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(adminv1connect.NewSessionServiceHandler(f))
	mux.Handle(adminv1connect.NewUserServiceHandler(f))
	mux.Handle(adminv1connect.NewPoolServiceHandler(f))
	mux.Handle(adminv1connect.NewDaemonServiceHandler(f))
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }() // ends with server.Close
	t.Cleanup(func() { _ = server.Close(); <-done })
	return f
}

func answer[T any](f *fakeDaemon, m *T) (*connect.Response[T], error) {
	if f.err != nil {
		return nil, f.err
	}
	return connect.NewResponse(m), nil
}

func (f *fakeDaemon) ListSessions(_ context.Context, r *connect.Request[adminv1.ListSessionsRequest]) (*connect.Response[adminv1.ListSessionsResponse], error) {
	f.filter = r.Msg.GetFilter()
	list := f.sessions
	if r.Msg.GetEnded() {
		list = f.ended
	}
	return answer(f, &adminv1.ListSessionsResponse{Sessions: list})
}

func (f *fakeDaemon) ShowSession(_ context.Context, r *connect.Request[adminv1.ShowSessionRequest]) (*connect.Response[adminv1.ShowSessionResponse], error) {
	for _, s := range append(f.sessions, f.ended...) {
		if s.GetId() == r.Msg.GetId() {
			return answer(f, &adminv1.ShowSessionResponse{Session: s})
		}
	}
	return nil, connect.NewError(connect.CodeNotFound, errNoSession)
}

func (f *fakeDaemon) TerminateSessions(_ context.Context, r *connect.Request[adminv1.TerminateSessionsRequest]) (*connect.Response[adminv1.TerminateSessionsResponse], error) {
	f.terminate = r.Msg
	return answer(f, &adminv1.TerminateSessionsResponse{Ids: f.terminated})
}

func (f *fakeDaemon) ListUsers(context.Context, *connect.Request[adminv1.ListUsersRequest]) (*connect.Response[adminv1.ListUsersResponse], error) {
	return answer(f, &adminv1.ListUsersResponse{Users: f.users})
}

func (f *fakeDaemon) AddUser(_ context.Context, r *connect.Request[adminv1.AddUserRequest]) (*connect.Response[adminv1.AddUserResponse], error) {
	f.added = r.Msg
	return answer(f, &adminv1.AddUserResponse{})
}

func (f *fakeDaemon) SetUser(_ context.Context, r *connect.Request[adminv1.SetUserRequest]) (*connect.Response[adminv1.SetUserResponse], error) {
	f.set = append(f.set, r.Msg)
	if r.Msg.GetName() == f.missing {
		return nil, connect.NewError(connect.CodeNotFound, errNoUser)
	}
	return answer(f, &adminv1.SetUserResponse{})
}

func (f *fakeDaemon) RemoveUser(_ context.Context, r *connect.Request[adminv1.RemoveUserRequest]) (*connect.Response[adminv1.RemoveUserResponse], error) {
	f.removed = append(f.removed, r.Msg.GetName())
	return answer(f, &adminv1.RemoveUserResponse{})
}

func (f *fakeDaemon) ListPools(context.Context, *connect.Request[adminv1.ListPoolsRequest]) (*connect.Response[adminv1.ListPoolsResponse], error) {
	return answer(f, &adminv1.ListPoolsResponse{Pools: f.pools})
}

func (f *fakeDaemon) ListLeases(_ context.Context, r *connect.Request[adminv1.ListLeasesRequest]) (*connect.Response[adminv1.ListLeasesResponse], error) {
	f.pool = r.Msg.GetPool()
	return answer(f, &adminv1.ListLeasesResponse{Leases: f.leases})
}

func (f *fakeDaemon) Version(context.Context, *connect.Request[adminv1.VersionRequest]) (*connect.Response[adminv1.VersionResponse], error) {
	return answer(f, &adminv1.VersionResponse{
		Version: "7", GoVersion: "go1", Sessions: 3, Listen: []string{"192.0.2.1:1723", "192.0.2.2:1723"},
	})
}

func (f *fakeDaemon) Reload(context.Context, *connect.Request[adminv1.ReloadRequest]) (*connect.Response[adminv1.ReloadResponse], error) {
	return answer(f, &adminv1.ReloadResponse{Warnings: f.warnings})
}
