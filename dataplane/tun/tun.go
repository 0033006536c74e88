// Package tun is the plane's door to the kernel's IP stack: a device whose one
// end is a network interface and whose other end is a stream of IP packets. It
// knows no addresses and no routes; package netif sets those.
package tun

import (
	"errors"
	"fmt"
)

// MaxName is the longest name of a Linux network interface, octets.
const MaxName = 15

// ErrClosed is returned by Read and Write after Close.
var ErrClosed = errors.New("tun: device closed")

// ErrGone is returned by Read and Write when somebody else removed the network
// interface. The device is of no further use and must be closed.
var ErrGone = errors.New("tun: network interface was removed")

// Device is one TUN device.
type Device interface {
	// Name is the name of the network interface.
	Name() string
	// Read blocks until the kernel has sent a packet to the interface, writes
	// it into buf and returns its length. buf must hold the interface's MTU.
	// One goroutine at a time.
	Read(buf []byte) (int, error)
	// Write hands the kernel one IP packet as received on the interface. The
	// packet is borrowed until return. Any number of goroutines.
	Write(packet []byte) error
	// Close removes the interface and makes a blocked Read return ErrClosed.
	// Idempotent.
	Close() error
}

// CheckName refuses what the kernel refuses as a name, or would cut off or
// expand silently.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("device name is empty")
	case len(name) > MaxName:
		return fmt.Errorf("device name %q has %d octets, Linux allows %d", name, len(name), MaxName)
	case name == "." || name == "..":
		return fmt.Errorf("device name %q is not allowed", name)
	}
	for i := range len(name) {
		// '%' is expanded by the kernel to a number; ':' names an alias.
		if c := name[i]; c <= ' ' || c >= 0x7f || c == '/' || c == '%' || c == ':' {
			return fmt.Errorf("device name %q has a character that Linux does not allow: %q", name, c)
		}
	}
	return nil
}
