package tun

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/songgao/water"
	"golang.org/x/sys/unix"
)

const cloneDevice = "/dev/net/tun"

// Open makes a TUN device in the network namespace of the calling thread. The
// interface is down and vanishes with the last descriptor.
func Open(name string) (Device, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	config := water.Config{DeviceType: water.TUN}
	config.Name = name
	// water opens the descriptor without O_CLOEXEC, and leaves it open when the
	// kernel refuses the name. A child process that inherited it would keep the
	// interface alive after we are gone, hence no fork (and no second Open) may
	// come between open and the repair.
	syscall.ForkLock.Lock()
	ifce, err := water.New(config)
	if err != nil {
		closeUnattached()
	} else {
		err = closeOnExec(ifce)
	}
	syscall.ForkLock.Unlock()
	if err != nil {
		return nil, openError(name, err)
	}
	return &waterDevice{ifce: ifce}, nil
}

// openError says what an administrator can do about err.
func openError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("device %s: %s is absent: load the kernel module with `modprobe tun`; in a container, pass the device in (--device %s): %w",
			name, cloneDevice, cloneDevice, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("device %s: not permitted to make a TUN device: run as root, or give the process CAP_NET_ADMIN and access to %s: %w",
			name, cloneDevice, err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("device %s: the name is in use by another process: %w", name, err)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("device %s: an interface of that name exists and is no TUN device: %w", name, err)
	}
	return fmt.Errorf("device %s: make TUN device: %w", name, err)
}

func closeOnExec(ifce *water.Interface) error {
	file, ok := ifce.ReadWriteCloser.(*os.File)
	if !ok {
		return nil
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(func(fd uintptr) { unix.CloseOnExec(int(fd)) })
}

// closeUnattached closes the descriptors of the clone device that carry no
// interface: what a refused water.New leaves behind. The caller holds
// syscall.ForkLock.
func closeUnattached() {
	const fdDir = "/proc/self/fd"
	entries, err := os.ReadDir(fdDir)
	if err != nil {
		return // without /proc the descriptor stays open; there is no better way
	}
	for _, entry := range entries {
		target, err := os.Readlink(fdDir + "/" + entry.Name())
		if err != nil || target != cloneDevice {
			continue
		}
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if errors.Is(queryInterface(fd), unix.EBADFD) {
			_ = unix.Close(fd)
		}
	}
}

type waterDevice struct {
	ifce  *water.Interface
	close sync.Once
	err   error // result of close
}

var _ Device = (*waterDevice)(nil)

func (d *waterDevice) Name() string { return d.ifce.Name() }

func (d *waterDevice) Read(buf []byte) (int, error) {
	n, err := d.ifce.Read(buf)
	if err != nil {
		return 0, d.transferError("read", err)
	}
	return n, nil
}

func (d *waterDevice) Write(packet []byte) error {
	if _, err := d.ifce.Write(packet); err != nil {
		return d.transferError("write", err)
	}
	return nil
}

func (d *waterDevice) Close() error {
	d.close.Do(func() { d.err = d.ifce.Close() })
	return d.err
}

func (d *waterDevice) transferError(what string, err error) error {
	switch {
	case errors.Is(err, os.ErrClosed):
		return ErrClosed
	case d.gone():
		return fmt.Errorf("%s %s: %w", what, d.Name(), ErrGone)
	}
	return fmt.Errorf("%s %s: %w", what, d.Name(), err)
}

// gone asks the kernel whether the descriptor still carries an interface. The
// error of a failed read does not tell: it is EBADFD or the poller's own.
func (d *waterDevice) gone() bool {
	file, ok := d.ifce.ReadWriteCloser.(*os.File)
	if !ok {
		return false
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return false
	}
	var answer error
	_ = conn.Control(func(fd uintptr) { answer = queryInterface(int(fd)) })
	return errors.Is(answer, unix.EBADFD)
}

// queryInterface returns EBADFD for a descriptor without an interface.
func queryInterface(fd int) error {
	ifr, err := unix.NewIfreq("")
	if err != nil {
		return err
	}
	return unix.IoctlIfreq(fd, unix.TUNGETIFF, ifr)
}
