package aaa

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DefaultCallTimeout bounds one call to one backend of a Chain.
const DefaultCallTimeout = 10 * time.Second

// Authenticator is the half of a Backend that judges credentials.
type Authenticator interface {
	// Authenticate is Backend.Authenticate.
	Authenticate(ctx context.Context, r *AuthRequest) (*Verdict, error)
}

// Accountant is the half of a Backend that stores accounting records.
type Accountant interface {
	// Account is Backend.Account.
	Account(ctx context.Context, r *Record) error
}

// NamedAuthenticator is a backend in the list `authentication`.
type NamedAuthenticator struct {
	Name    string
	Backend Authenticator
}

// NamedAccountant is a backend in the list `accounting`.
type NamedAccountant struct {
	Name    string
	Backend Accountant
}

// ChainConfig describes a Chain.
type ChainConfig struct {
	Authentication []NamedAuthenticator // asked in order
	Accounting     []NamedAccountant    // each gets every record
	// CallTimeout bounds each call to each backend; 0 is DefaultCallTimeout. An
	// earlier deadline of the caller's stays in force.
	CallTimeout time.Duration
	// FaultsFallThrough asks the next backend when one is at fault, instead of
	// refusing the call: a user whom the faulty backend would have refused may
	// then be accepted by a later one.
	FaultsFallThrough bool
}

// Chain asks backends in order and is what a session sees of them. It does not
// own the backends: whoever made them closes them, after the chain's last call.
// All methods may be called concurrently.
type Chain struct {
	config ChainConfig
}

var _ Service = (*Chain)(nil)

// NewChain returns a chain over the backends of c, which it borrows for good.
func NewChain(c ChainConfig) *Chain {
	if c.CallTimeout <= 0 {
		c.CallTimeout = DefaultCallTimeout
	}
	return &Chain{config: c}
}

// Authenticate asks one backend after the other until one knows the user.
//
// The first accept, challenge or reject ends the search; Verdict.Backend says
// whose it is. A user nobody knows is rejected with AuthFailure. An error wraps
// ErrUnavailable, or is the caller's own context error: no backend was able to
// give an answer, and the client must be told BackendFault, not a wrong
// password.
func (c *Chain) Authenticate(ctx context.Context, r *AuthRequest) (*Verdict, error) {
	if len(c.config.Authentication) == 0 {
		return nil, fmt.Errorf("%w: no authentication backend is configured", ErrUnavailable)
	}
	var faults []error
	for _, b := range c.config.Authentication {
		verdict, err := c.ask(ctx, b, r)
		if ctx.Err() != nil && err != nil {
			return nil, fmt.Errorf("authenticate with backend %q: %w", b.Name, context.Cause(ctx))
		}
		if err != nil {
			fault := backendFault("authenticate", b.Name, err)
			if !c.config.FaultsFallThrough {
				return nil, fault
			}
			faults = append(faults, fault)
			continue
		}
		if verdict.Result != UnknownUser {
			verdict.Backend = b.Name
			return verdict, nil
		}
	}
	// A backend that could not be asked may know the user: that is no refusal.
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Verdict{Result: Reject, Code: AuthFailure, Reason: "unknown user"}, nil
}

// ask makes one bounded call and turns an answer outside the contract into a
// fault.
func (c *Chain) ask(ctx context.Context, b NamedAuthenticator, r *AuthRequest) (*Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.CallTimeout)
	defer cancel()
	verdict, err := b.Backend.Authenticate(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case verdict == nil:
		return nil, errors.New("no verdict")
	case verdict.Result > UnknownUser:
		return nil, fmt.Errorf("result %d is not one of reject, accept, challenge, unknown-user", verdict.Result)
	case verdict.Result == Accept && r.Credential.Method == MSCHAPv2 && verdict.Success == "":
		// The peer would not believe the success, nor would it know why.
		return nil, errors.New("accepted an ms-chapv2 user without the authenticator response")
	}
	return verdict, nil
}

// Account hands the record to every accounting backend, at once, and joins
// their errors. A backend that failed does not keep the record from the others.
func (c *Chain) Account(ctx context.Context, r *Record) error {
	results := make(chan error, len(c.config.Accounting)) // one per backend: no sender blocks
	for _, b := range c.config.Accounting {
		// Ends with the call, which the timeout bounds.
		go func() {
			ctx, cancel := context.WithTimeout(ctx, c.config.CallTimeout)
			defer cancel()
			results <- backendFault("account", b.Name, b.Backend.Account(ctx, r))
		}()
	}
	var faults []error
	for range c.config.Accounting {
		faults = append(faults, <-results)
	}
	return errors.Join(faults...)
}

// backendFault names the backend in err and makes it an ErrUnavailable; nil
// stays nil.
func backendFault(what, backend string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrUnavailable):
		return fmt.Errorf("%s with backend %q: %w", what, backend, err)
	default:
		return fmt.Errorf("%s with backend %q: %w: %w", what, backend, ErrUnavailable, err)
	}
}
