// Package rawsock is the plane's door to the outer network: one raw IPv4 socket
// for GRE (protocol 47). It does not look into the packets it carries.
package rawsock

import (
	"errors"
	"net/netip"
)

// ErrClosed is returned by Receive and Send after Close.
var ErrClosed = errors.New("rawsock: socket closed")

// Packet is a received IPv4 packet of the socket's protocol, reassembled.
type Packet struct {
	Src, Dst netip.Addr
	Payload  []byte // what follows the IPv4 header; aliases the receive buffer
}

// Conn is a raw socket that receives for every local address.
type Conn interface {
	// Receive blocks until a packet arrives, which it puts into buf. buf should
	// hold 65535 octets; what does not fit is cut off by the kernel. One
	// goroutine at a time.
	Receive(buf []byte) (Packet, error)
	// Send sends payload with that source address, without DF, so that the
	// kernel fragments what is too large for the path. It does not wait: a full
	// queue is an error, for which see Transient. payload is borrowed until
	// return. Any number of goroutines.
	Send(payload []byte, src, dst netip.Addr) error
	// Close makes a blocked Receive return ErrClosed. Idempotent.
	Close() error
}

// ErrMalformed is returned by Receive for a packet whose IPv4 header
// contradicts itself. The socket is still good.
var ErrMalformed = errors.New("rawsock: malformed IPv4 packet")

const ipv4HeaderLen = 20

// parse splits an IPv4 packet as a raw socket delivers it.
func parse(b []byte) (Packet, error) {
	if len(b) < ipv4HeaderLen || b[0]>>4 != 4 {
		return Packet{}, ErrMalformed
	}
	header := int(b[0]&0x0f) * 4
	total := int(b[2])<<8 | int(b[3])
	if header < ipv4HeaderLen || total < header || total > len(b) {
		return Packet{}, ErrMalformed
	}
	return Packet{
		Src:     netip.AddrFrom4([4]byte(b[12:16])),
		Dst:     netip.AddrFrom4([4]byte(b[16:20])),
		Payload: b[header:total:total],
	}, nil
}
