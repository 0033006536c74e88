package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxSocketPath is what the kernel allows for the path of a unix socket.
const maxSocketPath = 107

// Listen opens the socket. One that a dead daemon left is replaced; one that
// somebody answers on is an error.
func Listen(path string, groups Groups) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("admin socket %s: the path is longer than %d octets", path, maxSocketPath)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return nil, fmt.Errorf("admin socket %s: another pptpac is running on it", path)
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("admin socket: %w", err)
		}
	}
	old := syscall.Umask(0o177) // nobody slips in before the mode is set
	l, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := open(path, groups); err != nil {
		l.Close()
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	return l, nil
}

// open lets those in who may connect; what they may do is decided per call.
func open(path string, groups Groups) error {
	if groups.ReadOnly >= 0 {
		return os.Chmod(path, 0o666) // #nosec: every peer is checked by its credentials
	}
	if groups.Full >= 0 {
		if err := os.Chown(path, -1, groups.Full); err != nil {
			return err
		}
		return os.Chmod(path, 0o660)
	}
	return nil
}

// NewClient returns an HTTP client that talks to the socket, for the generated
// Connect clients with base URL BaseURL.
func NewClient(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}}
}

// BaseURL is the base of all procedures; its host has no meaning.
const BaseURL = "http://pptpac"
