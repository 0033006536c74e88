package admin

import (
	"context"
	"errors"
	"strings"

	"connectrpc.com/connect"

	"github.com/pptpac/pptpac/aaa"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

type userService struct{ o Options }

// ListUsers implements adminv1connect.UserServiceHandler.
func (s *userService) ListUsers(ctx context.Context, r *connect.Request[adminv1.ListUsersRequest]) (*connect.Response[adminv1.ListUsersResponse], error) {
	users, err := s.o.Users(r.Msg.GetBackend())
	if err != nil {
		return nil, userError(err)
	}
	list, err := users.ListUsers(ctx)
	if err != nil {
		return nil, userError(err)
	}
	response := &adminv1.ListUsersResponse{}
	for _, u := range list {
		response.Users = append(response.Users, userMessage(&u))
	}
	return connect.NewResponse(response), nil
}

// AddUser implements adminv1connect.UserServiceHandler.
func (s *userService) AddUser(ctx context.Context, r *connect.Request[adminv1.AddUserRequest]) (*connect.Response[adminv1.AddUserResponse], error) {
	users, err := s.o.Users(r.Msg.GetBackend())
	if err != nil {
		return nil, userError(err)
	}
	u, err := userValue(r.Msg.GetUser())
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	if err := users.AddUser(ctx, u, aaa.Secret(r.Msg.GetPassword())); err != nil {
		return nil, userError(err)
	}
	s.o.Log.Info().Str("user", u.Name).Int("by-uid", peerOf(ctx).uid).Msg("user added")
	return connect.NewResponse(&adminv1.AddUserResponse{}), nil
}

// SetUser implements adminv1connect.UserServiceHandler.
func (s *userService) SetUser(ctx context.Context, r *connect.Request[adminv1.SetUserRequest]) (*connect.Response[adminv1.SetUserResponse], error) {
	users, err := s.o.Users(r.Msg.GetBackend())
	if err != nil {
		return nil, userError(err)
	}
	change, err := changeValue(r.Msg.GetChange())
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	if err := users.SetUser(ctx, r.Msg.GetName(), change); err != nil {
		return nil, userError(err)
	}
	s.o.Log.Info().Str("user", r.Msg.GetName()).Int("by-uid", peerOf(ctx).uid).Msg("user changed")
	return connect.NewResponse(&adminv1.SetUserResponse{}), nil
}

// RemoveUser implements adminv1connect.UserServiceHandler.
func (s *userService) RemoveUser(ctx context.Context, r *connect.Request[adminv1.RemoveUserRequest]) (*connect.Response[adminv1.RemoveUserResponse], error) {
	users, err := s.o.Users(r.Msg.GetBackend())
	if err != nil {
		return nil, userError(err)
	}
	if err := users.RemoveUser(ctx, r.Msg.GetName()); err != nil {
		return nil, userError(err)
	}
	s.o.Log.Info().Str("user", r.Msg.GetName()).Int("by-uid", peerOf(ctx).uid).Msg("user removed")
	return connect.NewResponse(&adminv1.RemoveUserResponse{}), nil
}

// userError maps the errors of aaa to codes. The text is for the administrator,
// without the name of our package.
func userError(err error) error {
	code := connect.CodeInternal
	for _, m := range []struct {
		err  error
		code connect.Code
	}{
		{aaa.ErrNotFound, connect.CodeNotFound},
		{aaa.ErrExists, connect.CodeAlreadyExists},
		{aaa.ErrInvalid, connect.CodeInvalidArgument},
		{aaa.ErrNotSupported, connect.CodeUnimplemented},
		{aaa.ErrUnavailable, connect.CodeUnavailable},
		{context.DeadlineExceeded, connect.CodeDeadlineExceeded},
		{context.Canceled, connect.CodeCanceled},
	} {
		if errors.Is(err, m.err) {
			code = m.code
			break
		}
	}
	text := strings.TrimPrefix(err.Error(), aaa.ErrInvalid.Error()+": ")
	return connect.NewError(code, errors.New(strings.TrimPrefix(text, "aaa: ")))
}

func userMessage(u *aaa.User) *adminv1.User {
	return &adminv1.User{
		Name: u.Name, Group: u.Group, Enabled: u.Enabled, Comment: u.Comment, CallerId: u.CallerID, OnlyOne: u.OnlyOne,
		LocalAddress: text(u.LocalAddress), RemoteAddress: text(u.RemoteAddress),
		MaxSessionTime: duration(u.MaxSessionTime), Storage: string(u.Storage),
		TxBitRate: u.Rate.Download, RxBitRate: u.Rate.Upload,
		LastLoggedIn: timestamp(u.LastSeen.LoggedIn), LastLoggedOut: timestamp(u.LastSeen.LoggedOut),
		LastCallerId: u.LastSeen.CallerID, LastDisconnectReason: u.LastSeen.DisconnectReason,
		LastFailed: timestamp(u.LastSeen.FailedAt), LastFailedReason: u.LastSeen.FailedReason,
	}
}

func userValue(p *adminv1.User) (aaa.User, error) {
	local, err := parseAddr("local-address", p.GetLocalAddress())
	if err != nil {
		return aaa.User{}, err
	}
	remote, err := parseAddr("remote-address", p.GetRemoteAddress())
	if err != nil {
		return aaa.User{}, err
	}
	return aaa.User{
		Name: p.GetName(), Group: p.GetGroup(), Enabled: p.GetEnabled(), Comment: p.GetComment(), CallerID: p.GetCallerId(),
		OnlyOne: p.GetOnlyOne(), LocalAddress: local, RemoteAddress: remote,
		MaxSessionTime: p.GetMaxSessionTime().AsDuration(), Storage: aaa.Storage(p.GetStorage()),
		Rate: aaa.Rate{Upload: p.GetRxBitRate(), Download: p.GetTxBitRate()},
	}, nil
}

// changeValue refuses a change that changes nothing: it is a mistake of whoever
// asks for it.
func changeValue(p *adminv1.UserChange) (aaa.UserChange, error) {
	if p == nil {
		p = &adminv1.UserChange{}
	}
	c := aaa.UserChange{
		Group: p.Group, Enabled: p.Enabled, Comment: p.Comment, CallerID: p.CallerId, OnlyOne: p.OnlyOne,
		Storage: (*aaa.Storage)(p.Storage), Password: (*aaa.Secret)(p.Password),
	}
	if p.LocalAddress != nil {
		a, err := parseAddr("local-address", p.GetLocalAddress())
		if err != nil {
			return c, err
		}
		c.LocalAddress = &a
	}
	if p.RemoteAddress != nil {
		a, err := parseAddr("remote-address", p.GetRemoteAddress())
		if err != nil {
			return c, err
		}
		c.RemoteAddress = &a
	}
	if p.MaxSessionTime != nil {
		d := p.GetMaxSessionTime().AsDuration()
		c.MaxSessionTime = &d
	}
	if p.TxBitRate != nil || p.RxBitRate != nil {
		if p.TxBitRate == nil || p.RxBitRate == nil {
			return c, errors.New("tx-bit-rate and rx-bit-rate can only be set together; 0 is no limit")
		}
		c.Rate = &aaa.Rate{Upload: p.GetRxBitRate(), Download: p.GetTxBitRate()}
	}
	if c == (aaa.UserChange{}) {
		return c, errors.New("nothing to change: say what, as group=ppp")
	}
	return c, nil
}
