package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pptpac/pptpac/aaa"
)

// kinds are all errors that have a meaning on both sides.
func kinds() []error {
	return []error{
		aaa.ErrUnavailable, aaa.ErrNotSupported, aaa.ErrNotFound, aaa.ErrExists, aaa.ErrInvalid,
		context.DeadlineExceeded, context.Canceled,
	}
}

func TestErrorsSurviveTheTrip(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		code codes.Code
		want error // the only kind on the other side; nil: none
	}{
		{"unavailable", fmt.Errorf("radius: %w", aaa.ErrUnavailable), codes.Unavailable, aaa.ErrUnavailable},
		{"not supported", aaa.ErrNotSupported, codes.Unimplemented, aaa.ErrNotSupported},
		{"not found", fmt.Errorf("%w: john", aaa.ErrNotFound), codes.NotFound, aaa.ErrNotFound},
		{"exists", fmt.Errorf("%w: john", aaa.ErrExists), codes.AlreadyExists, aaa.ErrExists},
		{"invalid", fmt.Errorf("%w: key-file", aaa.ErrInvalid), codes.InvalidArgument, aaa.ErrInvalid},
		{"deadline", fmt.Errorf("wait: %w", context.DeadlineExceeded), codes.DeadlineExceeded, context.DeadlineExceeded},
		{"cancelled", context.Canceled, codes.Canceled, context.Canceled},
		{"several", fmt.Errorf("%w: %w", aaa.ErrUnavailable, context.DeadlineExceeded), codes.Unavailable, aaa.ErrUnavailable},
		{"other", io.ErrUnexpectedEOF, codes.Unknown, nil},
		{"not UTF-8", errors.New("user \xff"), codes.Unknown, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			sent := errorToStatus(c.err)
			if got := status.Code(sent); got != c.code {
				t.Errorf("errorToStatus() has code %v, want %v", got, c.code)
			}
			got := errorFromStatus(sent)
			if got.Error() != text(c.err.Error()) {
				t.Errorf("arrives as %q, want %q", got, c.err)
			}
			for _, kind := range kinds() {
				if is, want := errors.Is(got, kind), kind == c.want; is != want {
					t.Errorf("errors.Is(%v, %v) = %v, want %v", got, kind, is, want)
				}
			}
		})
	}
}

func TestErrorsThatNoBackendMade(t *testing.T) {
	if err := errorToStatus(nil); err != nil {
		t.Errorf("errorToStatus(nil) = %v, want nil", err)
	}
	if err := errorFromStatus(nil); err != nil {
		t.Errorf("errorFromStatus(nil) = %v, want nil", err)
	}
	if err := errorFromStatus(io.EOF); !errors.Is(err, io.EOF) {
		t.Errorf("errorFromStatus(EOF) = %v, want EOF", err)
	}
	if err := errorFromStatus(status.Error(codes.Unimplemented, "")); !errors.Is(err, aaa.ErrNotSupported) || err.Error() == "" {
		t.Errorf("empty status = %q, want the text of ErrNotSupported", err)
	}
	if err := errorFromStatus(status.Error(codes.ResourceExhausted, "too large")); err == nil || errors.Unwrap(err) != nil {
		t.Errorf("unknown status = %v, want an error of no kind", err)
	}
}
