package rawsock

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveBuffer is what the socket may queue, octets: some 4,000 packets, of
// which the kernel counts about twice the payload.
const receiveBuffer = 8 << 20

// OpenGRE opens the raw GRE socket in the network namespace of the calling
// thread.
func OpenGRE() (Conn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_GRE)
	if err != nil {
		return nil, openError(err)
	}
	// Without CAP_NET_ADMIN the limit net.core.rmem_max applies; less is no
	// reason not to work.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	// IP_PMTUDISC_DONT clears DF: a PPTP tunnel has no way to tell the inner
	// sender of an outer path that is too narrow.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("raw GRE socket: clear DF: %w", err)
	}
	file := os.NewFile(uintptr(fd), "gre")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("raw GRE socket: %w", err)
	}
	c := &greConn{file: file}
	c.senders.New = func() any {
		s := &sender{control: raw.Control}
		s.send = s.do // bound once: no allocation per packet
		return s
	}
	return c, nil
}

func openError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("raw GRE socket: not permitted: run as root, or give the process CAP_NET_RAW: %w", err)
	case errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EAFNOSUPPORT):
		return fmt.Errorf("raw GRE socket: this kernel has no raw IPv4 sockets: %w", err)
	}
	return fmt.Errorf("raw GRE socket: %w", err)
}

// Transient tells an error of Send that concerns this packet only (queues are
// full, a firewall rule refused it) from one that will come again.
func Transient(err error) bool {
	return errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EAGAIN) ||
		errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOMEM)
}

type greConn struct {
	file    *os.File
	senders sync.Pool // of *sender
	close   sync.Once
	err     error // result of close
}

var _ Conn = (*greConn)(nil)

func (c *greConn) Receive(buf []byte) (Packet, error) {
	n, err := c.file.Read(buf)
	if err != nil {
		if errors.Is(err, os.ErrClosed) {
			return Packet{}, ErrClosed
		}
		return Packet{}, fmt.Errorf("receive GRE: %w", err)
	}
	return parse(buf[:n])
}

func (c *greConn) Send(payload []byte, src, dst netip.Addr) error {
	if !src.Is4() || !dst.Is4() {
		return fmt.Errorf("send GRE from %s to %s: not IPv4", src, dst)
	}
	s := c.senders.Get().(*sender)
	err := s.run(payload, src.As4(), dst.As4())
	c.senders.Put(s)
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("send GRE from %s to %s: %w", src, dst, err)
}

func (c *greConn) Close() error {
	c.close.Do(func() { c.err = c.file.Close() })
	return c.err
}

// sender holds what one sendmsg needs, so that sending does not allocate.
type sender struct {
	control func(func(fd uintptr)) error
	send    func(fd uintptr)

	payload []byte
	to      unix.SockaddrInet4
	oob     [unix.SizeofCmsghdr + unix.SizeofInet4Pktinfo + 4]byte // padded to eight octets
	err     error
}

func (s *sender) run(payload []byte, src, dst [4]byte) error {
	s.payload, s.to.Addr = payload, dst
	// IP_PKTINFO with a source address and no interface: the route decides
	// where the packet goes, the call decides where it comes from.
	h := (*unix.Cmsghdr)(unsafe.Pointer(&s.oob[0]))
	h.Level, h.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	h.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
	info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&s.oob[unix.CmsgLen(0)]))
	*info = unix.Inet4Pktinfo{Spec_dst: src}

	err := s.control(s.send)
	s.payload = nil
	if err != nil {
		return ErrClosed // the descriptor is closed: Control has no other error
	}
	return s.err
}

func (s *sender) do(fd uintptr) {
	_, s.err = unix.SendmsgN(int(fd), s.payload, s.oob[:unix.CmsgSpace(unix.SizeofInet4Pktinfo)], &s.to, unix.MSG_DONTWAIT)
}
