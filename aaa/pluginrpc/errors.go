package pluginrpc

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pptpac/pptpac/aaa"
)

// errorCode pairs an error of the contract with the status that carries it.
type errorCode struct {
	err  error
	code codes.Code
}

// errorCodes is the whole mapping, both ways; where an error wraps several, the
// first of the list wins.
func errorCodes() [7]errorCode {
	return [...]errorCode{
		{aaa.ErrUnavailable, codes.Unavailable},
		{aaa.ErrNotSupported, codes.Unimplemented},
		{aaa.ErrNotFound, codes.NotFound},
		{aaa.ErrExists, codes.AlreadyExists},
		{aaa.ErrInvalid, codes.InvalidArgument},
		{context.DeadlineExceeded, codes.DeadlineExceeded},
		{context.Canceled, codes.Canceled},
	}
}

// errorToStatus is the status a plugin sends for err. nil stays nil.
func errorToStatus(err error) error {
	if err == nil {
		return nil
	}
	for _, m := range errorCodes() {
		if errors.Is(err, m.err) {
			return status.Error(m.code, text(err.Error()))
		}
	}
	return status.Error(codes.Unknown, text(err.Error()))
}

// errorFromStatus is the error behind a status: it prints as the plugin's did
// and wraps the error of the contract that it wrapped there. nil stays nil.
func errorFromStatus(err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	for _, m := range errorCodes() {
		if s.Code() == m.code {
			return &remoteError{text: s.Message(), kind: m.err}
		}
	}
	return &remoteError{text: s.Message()}
}

// remoteError is a fault as the plugin told it.
type remoteError struct {
	text string
	kind error // of the contract; nil for any other
}

func (e *remoteError) Error() string {
	if e.text == "" && e.kind != nil {
		return e.kind.Error()
	}
	return e.text
}

func (e *remoteError) Unwrap() error { return e.kind }
