package concentrator

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/dataplane"
)

// ClientConfig says whom to dial and how.
type ClientConfig struct {
	LinkConfig
	ConnectTo netip.AddrPort
	User      string
	Device    string // network device for the tunnel; "" makes none, and no IP passes
	WantDNS   bool
}

// ClientOptions are what a Client works with. All fields are required.
type ClientOptions struct {
	Config      ClientConfig
	Plane       dataplane.Plane
	Credentials aaa.Credentials
	Log         zerolog.Logger
	Rand        io.Reader
}

// ClientUp is what the server agreed to.
type ClientUp struct {
	Local, Remote netip.Addr
	DNS           []netip.Addr
	MTU           int
	Encoding      string
	Setup         time.Duration // from the TCP SYN to IPCP up
}

// CallError is why a call of a client ended, or did not come about.
type CallError struct {
	Cause  Cause
	Reason string
}

func (e *CallError) Error() string { return fmt.Sprintf("%s: %s", e.Cause, e.Reason) }

// Client is one call that we dialled: the client role of the same machines.
// Its methods may be called from several goroutines.
type Client struct {
	mail   *mailbox[sessionEvent]
	tunnel dataplane.Tunnel
	up     chan ClientUp // capacity 1
	done   chan struct{}
	err    *CallError // set before done is closed
}

// Dial connects to the server, places one call and negotiates PPP. It returns
// when IP passes, or with a *CallError. Cancelling ctx gives the attempt up;
// afterwards ctx has no meaning for the call.
func Dial(ctx context.Context, o ClientOptions) (*Client, ClientUp, error) {
	started := time.Now()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp4", o.Config.ConnectTo.String())
	if err != nil {
		return nil, ClientUp{}, &CallError{Cause: CauseLostCarrier, Reason: fmt.Sprintf("connect to %s: %v", o.Config.ConnectTo, err)}
	}
	c := &Client{mail: newMailbox[sessionEvent](sessionMailbox), up: make(chan ClientUp, 1), done: make(chan struct{})}
	call, err := newClientCall(c, o, nc, started)
	if err != nil {
		nc.Close()
		return nil, ClientUp{}, &CallError{Cause: CauseDataPlane, Reason: err.Error()}
	}
	// Ends with the call; Close waits for it.
	go call.run()
	select {
	case up := <-c.up:
		return c, up, nil
	case <-c.done:
		return nil, ClientUp{}, c.err
	case <-ctx.Done():
		c.Close()
		if c.err.Cause == CauseUserRequest {
			return nil, ClientUp{}, &CallError{Cause: CauseSetupTimeout, Reason: context.Cause(ctx).Error()}
		}
		return nil, ClientUp{}, c.err
	}
}

// Counters returns the counters of the tunnel.
func (c *Client) Counters() dataplane.Counters { return c.tunnel.Counters() }

// Done is closed when the call is over.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the call ended; nil while it lives.
func (c *Client) Err() *CallError {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close hangs up and waits for the end of the call. Idempotent.
func (c *Client) Close() {
	c.mail.post(stopEvent{ending: ending{cause: CauseUserRequest, detail: "hung up"}})
	<-c.done
}

// Drop ends the call as if the client had lost its power: nothing is said to
// the server. For tests of what a server makes of it.
func (c *Client) Drop() {
	c.mail.post(dropEvent{})
	<-c.done
}
