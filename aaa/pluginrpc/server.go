package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

// invalid makes err, about a message that does not decode, an aaa.ErrInvalid.
func invalid(err error) error { return fmt.Errorf("%w: %w", aaa.ErrInvalid, err) }

// backendServer is the plugin's end of service Backend.
type backendServer struct {
	aaav1.UnimplementedBackendServer
	backend aaa.Backend
}

func (s *backendServer) Info(ctx context.Context, _ *aaav1.InfoRequest) (*aaav1.InfoResponse, error) {
	info, err := s.backend.Info(ctx)
	if err != nil {
		return nil, errorToStatus(err)
	}
	return infoToProto(info), nil
}

func (s *backendServer) Configure(ctx context.Context, m *aaav1.ConfigureRequest) (*aaav1.ConfigureResponse, error) {
	if err := s.backend.Configure(ctx, configurationFromProto(m)); err != nil {
		return nil, errorToStatus(err)
	}
	return &aaav1.ConfigureResponse{}, nil
}

func (s *backendServer) Authenticate(ctx context.Context, m *aaav1.AuthenticateRequest) (*aaav1.AuthenticateResponse, error) {
	request, err := authRequestFromProto(m.GetRequest())
	if err != nil {
		return nil, errorToStatus(invalid(err))
	}
	verdict, err := s.backend.Authenticate(ctx, request)
	if err != nil {
		return nil, errorToStatus(err)
	}
	out, err := verdictToProto(verdict)
	if err != nil {
		return nil, errorToStatus(err)
	}
	return &aaav1.AuthenticateResponse{Verdict: out}, nil
}

func (s *backendServer) Account(ctx context.Context, m *aaav1.AccountRequest) (*aaav1.AccountResponse, error) {
	record, err := recordFromProto(m.GetRecord())
	if err != nil {
		return nil, errorToStatus(invalid(err))
	}
	if err := s.backend.Account(ctx, record); err != nil {
		return nil, errorToStatus(err)
	}
	return &aaav1.AccountResponse{}, nil
}

func (s *backendServer) WatchCommands(stream aaav1.Backend_WatchCommandsServer) error {
	c := commands{
		stream:  stream,
		turn:    make(chan struct{}, 1),
		waiting: map[uint64]chan aaa.CommandResult{},
	}
	// Ends with the stream, which ends with this handler.
	go c.receive()
	err := s.backend.WatchCommands(stream.Context(), c.perform)
	if err == nil {
		err = stream.Context().Err()
	}
	if err == nil {
		err = errors.New("the backend stopped watching for commands")
	}
	return errorToStatus(err)
}

// commands carries the commands of one stream to the host, and the answers back.
type commands struct {
	stream aaav1.Backend_WatchCommandsServer
	turn   chan struct{} // capacity 1: holds the right to send

	mu      sync.Mutex // guards waiting, last
	waiting map[uint64]chan aaa.CommandResult
	last    uint64 // id of the last command
}

// perform has the host carry out one command.
func (c *commands) perform(ctx context.Context, command *aaa.Command) aaa.CommandResult {
	answer := make(chan aaa.CommandResult, 1) // one answer, never blocks receive
	c.mu.Lock()
	c.last++
	id := c.last
	c.waiting[id] = answer
	c.mu.Unlock()
	defer c.take(id)

	if err := c.send(&aaav1.WatchCommandsResponse{Id: id, Command: commandToProto(command)}); err != nil {
		return lost(err)
	}
	select {
	case result := <-answer:
		return result
	case <-ctx.Done():
		return lost(ctx.Err())
	case <-c.stream.Context().Done():
		return lost(c.stream.Context().Err())
	}
}

func (c *commands) send(m *aaav1.WatchCommandsResponse) error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.stream.Send(m)
}

// receive hands out answers until the stream ends. An answer nobody waits for
// any more is dropped.
func (c *commands) receive() {
	for {
		m, err := c.stream.Recv()
		if err != nil {
			return
		}
		if answer := c.take(m.GetId()); answer != nil {
			answer <- commandResultFromProto(m.GetResult())
		}
	}
}

// take returns where the answer to command id goes, once; nil if nowhere.
func (c *commands) take(id uint64) chan<- aaa.CommandResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := c.waiting[id]
	delete(c.waiting, id)
	return answer
}

// lost is the result of a command whose fate is not known: Error-Cause 506,
// Resources Unavailable.
func lost(err error) aaa.CommandResult {
	return aaa.CommandResult{ErrorCause: 506, Reason: "the concentrator did not answer: " + err.Error()}
}

// userAdminServer is the plugin's end of service UserAdmin.
type userAdminServer struct {
	aaav1.UnimplementedUserAdminServer
	users aaa.UserAdmin
}

// usersPerMessage keeps a message of users well under MaxMessage.
const usersPerMessage = 200

func (s *userAdminServer) ListUsers(_ *aaav1.ListUsersRequest, stream aaav1.UserAdmin_ListUsersServer) error {
	users, err := s.users.ListUsers(stream.Context())
	if err != nil {
		return errorToStatus(err)
	}
	for len(users) > 0 {
		n := min(len(users), usersPerMessage)
		m := &aaav1.ListUsersResponse{Users: make([]*aaav1.User, 0, n)}
		for _, u := range users[:n] {
			m.Users = append(m.Users, userToProto(u))
		}
		if err := stream.Send(m); err != nil {
			return err
		}
		users = users[n:]
	}
	return nil
}

func (s *userAdminServer) AddUser(ctx context.Context, m *aaav1.AddUserRequest) (*aaav1.AddUserResponse, error) {
	user, err := userFromProto(m.GetUser())
	if err != nil {
		return nil, errorToStatus(invalid(err))
	}
	if err := s.users.AddUser(ctx, user, aaa.Secret(m.GetPassword())); err != nil {
		return nil, errorToStatus(err)
	}
	return &aaav1.AddUserResponse{}, nil
}

func (s *userAdminServer) SetUser(ctx context.Context, m *aaav1.SetUserRequest) (*aaav1.SetUserResponse, error) {
	change, err := userChangeFromProto(m.GetChange())
	if err != nil {
		return nil, errorToStatus(invalid(err))
	}
	if err := s.users.SetUser(ctx, m.GetName(), change); err != nil {
		return nil, errorToStatus(err)
	}
	return &aaav1.SetUserResponse{}, nil
}

func (s *userAdminServer) RemoveUser(ctx context.Context, m *aaav1.RemoveUserRequest) (*aaav1.RemoveUserResponse, error) {
	if err := s.users.RemoveUser(ctx, m.GetName()); err != nil {
		return nil, errorToStatus(err)
	}
	return &aaav1.RemoveUserResponse{}, nil
}

// credentialsServer is the plugin's end of service Credentials.
type credentialsServer struct {
	aaav1.UnimplementedCredentialsServer
	credentials aaa.Credentials
}

func (s *credentialsServer) Respond(ctx context.Context, m *aaav1.RespondRequest) (*aaav1.RespondResponse, error) {
	request, err := respondRequestFromProto(m)
	if err != nil {
		return nil, errorToStatus(invalid(err))
	}
	response, err := s.credentials.Respond(ctx, request)
	if err != nil {
		return nil, errorToStatus(err)
	}
	if response == nil {
		return nil, errorToStatus(errors.New("the backend returned neither response nor error"))
	}
	return responseToProto(response), nil
}
