package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/pptpac/pptpac/concentrator"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/dataplane"
)

type sessionService struct{ o Options }

// ListSessions implements adminv1connect.SessionServiceHandler.
func (s *sessionService) ListSessions(_ context.Context, r *connect.Request[adminv1.ListSessionsRequest]) (*connect.Response[adminv1.ListSessionsResponse], error) {
	if err := checkFilter(r.Msg.GetFilter()); err != nil {
		return nil, err
	}
	now := time.Now()
	response := &adminv1.ListSessionsResponse{}
	add := func(p *adminv1.Session) {
		if matches(r.Msg.GetFilter(), p) {
			response.Sessions = append(response.Sessions, p)
		}
	}
	if r.Msg.GetEnded() {
		for _, e := range s.o.Server.Ended() {
			add(endedSession(&e))
		}
		return connect.NewResponse(response), nil
	}
	for _, i := range s.o.Server.Sessions() {
		add(liveSession(&i, now))
	}
	return connect.NewResponse(response), nil
}

// ShowSession implements adminv1connect.SessionServiceHandler.
func (s *sessionService) ShowSession(_ context.Context, r *connect.Request[adminv1.ShowSessionRequest]) (*connect.Response[adminv1.ShowSessionResponse], error) {
	id := r.Msg.GetId()
	if i, err := s.o.Server.Session(id); err == nil {
		return connect.NewResponse(&adminv1.ShowSessionResponse{Session: liveSession(&i, time.Now())}), nil
	}
	for _, e := range s.o.Server.Ended() {
		if e.ID == id {
			return connect.NewResponse(&adminv1.ShowSessionResponse{Session: endedSession(&e)}), nil
		}
	}
	return nil, connect.NewError(connect.CodeNotFound, fmt.Errorf("no live or remembered session has the id %q", id))
}

// TerminateSessions implements adminv1connect.SessionServiceHandler.
func (s *sessionService) TerminateSessions(_ context.Context, r *connect.Request[adminv1.TerminateSessionsRequest]) (*connect.Response[adminv1.TerminateSessionsResponse], error) {
	f := r.Msg.GetFilter()
	if !r.Msg.GetAll() && isEmpty(f) {
		return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("say which sessions: an id, user, caller, address or server, or all"))
	}
	if err := checkFilter(f); err != nil {
		return nil, err
	}
	response := &adminv1.TerminateSessionsResponse{}
	now := time.Now()
	for _, i := range s.o.Server.Sessions() {
		if matches(f, liveSession(&i, now)) && s.o.Server.Terminate(i.ID, r.Msg.GetReason()) == nil {
			response.Ids = append(response.Ids, i.ID)
		}
	}
	return connect.NewResponse(response), nil
}

func isEmpty(f *adminv1.SessionFilter) bool {
	return len(f.GetId()) == 0 && f.GetUser() == "" && f.GetCaller() == "" && f.GetAddress() == "" && f.GetServer() == ""
}

// checkFilter refuses what can never match.
func checkFilter(f *adminv1.SessionFilter) error {
	for _, a := range [...]struct{ key, value string }{{"caller", f.GetCaller()}, {"address", f.GetAddress()}} {
		if _, err := parseAddr(a.key, a.value); err != nil {
			return connect.NewError(connect.CodeInvalidArgument, err)
		}
	}
	return nil
}

// matches applies all filters that are set.
func matches(f *adminv1.SessionFilter, s *adminv1.Session) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return (len(f.GetId()) == 0 || slices.Contains(f.GetId(), s.GetId())) &&
		is(f.GetUser(), s.GetUser()) && is(f.GetCaller(), s.GetCaller()) &&
		is(f.GetAddress(), s.GetAddress()) && is(f.GetServer(), s.GetServer())
}

func liveSession(i *concentrator.SessionInfo, now time.Time) *adminv1.Session {
	p := session(i)
	p.Uptime = durationpb.New(i.Uptime(now))
	p.Idle = durationpb.New(i.Idle(now))
	return p
}

func endedSession(e *concentrator.EndedSession) *adminv1.Session {
	p := session(&e.SessionInfo)
	p.Uptime = durationpb.New(e.Duration)
	p.Idle = durationpb.New(e.Idle(e.Ended))
	p.Ended = timestamppb.New(e.Ended)
	p.Cause, p.Reason, p.Refused = string(e.Cause), wireText(e.Reason), e.Refused
	return p
}

func session(i *concentrator.SessionInfo) *adminv1.Session {
	return &adminv1.Session{
		Id: i.ID, Stage: string(i.Stage), User: wireText(i.User), Server: i.Server, Interface: i.Interface,
		Caller: text(i.CallerID), CallerPort: uint32(i.CallerPort), Called: text(i.CalledID),
		ClientHost: wireText(i.ClientHost), ClientVendor: wireText(i.ClientVendor), ClientIdent: wireText(i.ClientIdent),
		LocalCallId: uint32(i.LocalCallID), PeerCallId: uint32(i.PeerCallID),
		Address: text(i.Remote), LocalAddress: text(i.Local), Dns: texts(i.DNS), Wins: texts(i.NBNS),
		Method: string(i.Method), Backend: i.Backend, Encoding: i.Encoding, Mtu: uint32(i.MTU),
		Started: timestamp(i.Started), Connected: timestamp(i.Connected),
		IdleTimeout: duration(i.IdleTimeout), SessionTimeout: duration(i.Timeout),
		RxOctets: i.Counters.RxOctets, RxPackets: i.Counters.RxPackets,
		TxOctets: i.Counters.TxOctets, TxPackets: i.Counters.TxPackets,
		Lost: i.Counters.Lost, Reordered: i.Counters.Reordered, Duplicates: i.Counters.Duplicates,
		MppeResets: i.Counters.MPPEResets, Drops: drops(i.Counters.Drops),
	}
}

func drops(d map[dataplane.DropReason]uint64) map[string]uint64 {
	m := make(map[string]uint64, len(d))
	for reason, n := range d {
		if n > 0 {
			m[string(reason)] = n
		}
	}
	return m
}
