// Package bulk moves a known number of random bytes over one TCP connection,
// in either direction, and lets both ends compare a SHA-256 of what passed. It
// is what the interop tests send through a tunnel.
package bulk

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Direction is seen from the client.
type Direction byte

// Directions.
const (
	Send    Direction = 's'
	Receive Direction = 'r'
)

// stall is how long a transfer may make no progress at all.
const stall = 30 * time.Second

// maxBytes bounds what a client may ask for.
const maxBytes = 1 << 32

// ErrChecksum says that what arrived is not what was sent.
var ErrChecksum = errors.New("checksums differ")

// Result is one transfer as the client saw it.
type Result struct {
	Bytes   int64
	SHA256  [sha256.Size]byte
	Elapsed time.Duration
}

// Serve answers transfers until l is closed, each in a goroutine of its own
// that ends with its connection.
func Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept a transfer: %w", err)
		}
		// Ends when the peer closes, or after stall without progress.
		go func() {
			defer conn.Close()
			_ = answer(stallConn{conn})
		}()
	}
}

// answer is the server's end: direction and length, then the bytes, then the
// checksum the other way round in the case of an upload.
func answer(conn net.Conn) error {
	var header [9]byte
	if _, err := io.ReadFull(conn, header[:]); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	size := binary.BigEndian.Uint64(header[1:])
	if size > maxBytes {
		return fmt.Errorf("transfer of %d bytes refused", size)
	}
	if Direction(header[0]) == Send {
		sum, err := drain(conn, int64(size))
		if err != nil {
			return err
		}
		_, err = conn.Write(sum[:])
		return err
	}
	sum, err := fill(conn, int64(size))
	if err != nil {
		return err
	}
	_, err = conn.Write(sum[:])
	return err
}

// Transfer runs one transfer of size bytes with the server at addr, over the
// network device of that name: several tunnels may lead to one address. It
// fails with ErrChecksum if the ends disagree.
func Transfer(ctx context.Context, d Direction, device string, addr netip.AddrPort, size int64) (Result, error) {
	dialer := net.Dialer{Timeout: stall, Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if ctl := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), device) }); ctl != nil {
			return ctl
		}
		return err
	}}
	c, err := dialer.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return Result{}, fmt.Errorf("dial: %w", err)
	}
	defer c.Close()
	conn := stallConn{c}
	start := time.Now()
	header := binary.BigEndian.AppendUint64([]byte{byte(d)}, uint64(size))
	if _, err := conn.Write(header); err != nil {
		return Result{}, fmt.Errorf("send header: %w", err)
	}
	var mine [sha256.Size]byte
	if d == Send {
		mine, err = fill(conn, size)
	} else {
		mine, err = drain(conn, size)
	}
	if err != nil {
		return Result{}, err
	}
	var theirs [sha256.Size]byte
	if _, err := io.ReadFull(conn, theirs[:]); err != nil {
		return Result{}, fmt.Errorf("read the peer's checksum: %w", err)
	}
	res := Result{Bytes: size, SHA256: mine, Elapsed: time.Since(start)}
	if !bytes.Equal(mine[:], theirs[:]) {
		return res, ErrChecksum
	}
	return res, nil
}

// fill writes size random bytes and returns their checksum.
func fill(w io.Writer, size int64) (sum [sha256.Size]byte, err error) {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return sum, fmt.Errorf("seed: %w", err)
	}
	hash := sha256.New()
	src := io.TeeReader(io.LimitReader(mathrand.NewChaCha8(seed), size), hash)
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, src, make([]byte, 64<<10)); err != nil {
		return sum, fmt.Errorf("send: %w", err)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}

// drain reads size bytes and returns their checksum.
func drain(r io.Reader, size int64) (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	n, err := io.CopyBuffer(hash, io.LimitReader(r, size), make([]byte, 64<<10))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return sum, fmt.Errorf("receive: %d of %d bytes: %w", n, size, err)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}

// stallConn renews the deadline at every call.
type stallConn struct{ net.Conn }

func (c stallConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c stallConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
