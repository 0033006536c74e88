package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxSocketPath is what the kernel allows for the path of a unix socket.
const maxSocketPath = 107

// Listen opens the socket. One that a dead daemon left is replaced; one that
// a living daemon answers on is an error, and so is anything that is no socket.
// The mode of a new socket is 0600 from its first moment on, until groups widen
// it.
func Listen(path string, groups Groups) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("admin socket %s: the path is longer than %d octets", path, maxSocketPath)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		// Linux gives the file the mode of the socket that is bound to it
		// (unix(7)); the process-wide umask stays as it is.
		var inner error
		err := c.Control(func(fd uintptr) { inner = unix.Fchmod(int(fd), 0o600) })
		return errors.Join(err, inner)
	}}
	l, err := lc.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := open(path, groups); err != nil {
		l.Close()
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	return l, nil
}

// removeStale removes a socket on which nobody listens.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("admin socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("admin socket %s: there is something else by that name, which is no socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		c.Close()
		return fmt.Errorf("admin socket %s: another pptpac is running on it", path)
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("admin socket %s: in use: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("admin socket: %w", err)
	}
	return nil
}

// open lets those in who may connect; what they may do is decided per call. A
// file has one group: where there are two, all may connect.
func open(path string, groups Groups) error {
	group := groups.Full
	switch {
	case groups.Full < 0 && groups.ReadOnly < 0:
		return nil
	case groups.Full < 0:
		group = groups.ReadOnly
	case groups.ReadOnly >= 0 && groups.ReadOnly != groups.Full:
		return os.Chmod(path, 0o666) // #nosec: every peer is checked by its credentials
	}
	if err := os.Chown(path, -1, group); err != nil {
		return err
	}
	return os.Chmod(path, 0o660)
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
