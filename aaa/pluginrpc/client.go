package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

// maxCommands bounds the commands of one plugin that are being carried out.
const maxCommands = 64

// Client is the host's end of a connection to one plugin process. All methods
// may be called concurrently, block until the plugin answers or ctx is done, and
// fail at once when the connection breaks. A capability that the plugin lacks
// yields aaa.ErrNotSupported.
type Client struct {
	backend     aaav1.BackendClient
	users       aaav1.UserAdminClient
	credentials aaav1.CredentialsClient
	health      grpc_health_v1.HealthClient
}

var (
	_ aaa.Backend     = (*Client)(nil)
	_ aaa.UserAdmin   = (*Client)(nil)
	_ aaa.Credentials = (*Client)(nil)
)

// NewClient returns a client over conn, which stays the caller's.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{
		backend:     aaav1.NewBackendClient(conn),
		users:       aaav1.NewUserAdminClient(conn),
		credentials: aaav1.NewCredentialsClient(conn),
		health:      grpc_health_v1.NewHealthClient(conn),
	}
}

// Ping asks whether the process answers at all.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName})
	return errorFromStatus(err)
}

// Info implements aaa.Backend.
func (c *Client) Info(ctx context.Context) (aaa.Info, error) {
	r, err := c.backend.Info(ctx, &aaav1.InfoRequest{})
	if err != nil {
		return aaa.Info{}, errorFromStatus(err)
	}
	return infoFromProto(r), nil
}

// Configure implements aaa.Backend.
func (c *Client) Configure(ctx context.Context, conf aaa.Configuration) error {
	_, err := c.backend.Configure(ctx, configurationToProto(conf))
	return errorFromStatus(err)
}

// Authenticate implements aaa.Backend.
func (c *Client) Authenticate(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	answer, err := c.backend.Authenticate(ctx, &aaav1.AuthenticateRequest{Request: authRequestToProto(r)})
	if err != nil {
		return nil, errorFromStatus(err)
	}
	verdict, err := verdictFromProto(answer.GetVerdict())
	if err != nil {
		return nil, fmt.Errorf("answer of the plugin: %w", err)
	}
	return verdict, nil
}

// Account implements aaa.Backend.
func (c *Client) Account(ctx context.Context, r *aaa.Record) error {
	_, err := c.backend.Account(ctx, &aaav1.AccountRequest{Record: recordToProto(r)})
	return errorFromStatus(err)
}

// Close implements aaa.Backend. The connection is not the client's to close.
func (c *Client) Close() error { return nil }

// WatchCommands implements aaa.Backend: it returns when ctx is done, the plugin
// has no commands, or the connection breaks, and not before every call of handle
// that it made has returned.
func (c *Client) WatchCommands(ctx context.Context, handle func(context.Context, *aaa.Command) aaa.CommandResult) error {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := c.backend.WatchCommands(ctx)
	if err != nil {
		cancel()
		return errorFromStatus(err)
	}
	w := commandAnswers{
		stream: stream,
		turn:   make(chan struct{}, 1),
		slots:  make(chan struct{}, maxCommands),
	}
	// handle sees ctx end first, so that waiting for it below is short.
	defer w.drain()
	defer cancel()
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: the plugin ended its stream of commands", aaa.ErrUnavailable)
		case err != nil:
			return errorFromStatus(err)
		}
		command, err := commandFromProto(m.GetCommand())
		if err != nil {
			w.answer(m.GetId(), aaa.CommandResult{ErrorCause: invalidAttribute, Reason: err.Error()})
			continue
		}
		w.slots <- struct{}{}
		// Ends when handle returns; drain awaits it.
		go func() {
			defer func() { <-w.slots }()
			w.answer(m.GetId(), handle(ctx, command))
		}()
	}
}

// invalidAttribute is Error-Cause 407, RFC 5176 §3.5.
const invalidAttribute = 407

// commandAnswers sends answers of several goroutines over one stream.
type commandAnswers struct {
	stream grpc.BidiStreamingClient[aaav1.WatchCommandsRequest, aaav1.WatchCommandsResponse]
	turn   chan struct{} // capacity 1: holds the right to send
	slots  chan struct{} // one element for each handler that runs
}

// answer sends one answer. That the stream is broken shows in Recv, too.
func (w *commandAnswers) answer(id uint64, result aaa.CommandResult) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	_ = w.stream.Send(&aaav1.WatchCommandsRequest{Id: id, Result: commandResultToProto(result)})
}

// drain returns when no handler runs any more.
func (w *commandAnswers) drain() {
	for range cap(w.slots) {
		w.slots <- struct{}{}
	}
}

// ListUsers implements aaa.UserAdmin.
func (c *Client) ListUsers(ctx context.Context) ([]aaa.User, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.users.ListUsers(ctx, &aaav1.ListUsersRequest{})
	if err != nil {
		return nil, errorFromStatus(err)
	}
	var users []aaa.User
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return users, nil
		case err != nil:
			return nil, errorFromStatus(err)
		}
		for _, p := range m.GetUsers() {
			user, err := userFromProto(p)
			if err != nil {
				return nil, fmt.Errorf("answer of the plugin: %w", err)
			}
			users = append(users, user)
		}
	}
}

// AddUser implements aaa.UserAdmin.
func (c *Client) AddUser(ctx context.Context, u aaa.User, password aaa.Secret) error {
	_, err := c.users.AddUser(ctx, &aaav1.AddUserRequest{User: userToProto(u), Password: []byte(password.Reveal())})
	return errorFromStatus(err)
}

// SetUser implements aaa.UserAdmin.
func (c *Client) SetUser(ctx context.Context, name string, change aaa.UserChange) error {
	_, err := c.users.SetUser(ctx, &aaav1.SetUserRequest{Name: text(name), Change: userChangeToProto(change)})
	return errorFromStatus(err)
}

// RemoveUser implements aaa.UserAdmin.
func (c *Client) RemoveUser(ctx context.Context, name string) error {
	_, err := c.users.RemoveUser(ctx, &aaav1.RemoveUserRequest{Name: text(name)})
	return errorFromStatus(err)
}

// Respond implements aaa.Credentials.
func (c *Client) Respond(ctx context.Context, r *aaa.RespondRequest) (*aaa.Response, error) {
	answer, err := c.credentials.Respond(ctx, respondRequestToProto(r))
	if err != nil {
		return nil, errorFromStatus(err)
	}
	response, err := responseFromProto(answer)
	if err != nil {
		return nil, fmt.Errorf("answer of the plugin: %w", err)
	}
	return response, nil
}
