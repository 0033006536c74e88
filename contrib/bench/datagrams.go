package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pptpac/pptpac/dataplane"
)

// wire carries the control frames of a null plane to one in another process, over
// a pair of Unix datagram sockets, which loses nothing. Each datagram is the
// sender's address, the receiver's address and call id, and the frame.
type wire struct {
	plane dataplane.Null
	conn  net.Conn
	done  chan struct{}
}

const wireHeader = 4 + 4 + 2

// newWirePair returns the two ends, of which one is for another process.
func newWirePair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "wire"), os.NewFile(uintptr(fds[1]), "wire"), nil
}

// newWire takes end over.
func newWire(end *os.File) (*wire, error) {
	conn, err := net.FileConn(end)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	end.Close()
	w := &wire{conn: conn, done: make(chan struct{})}
	w.plane.SendControl = w.send
	go w.run() // ends at close
	return w, nil
}

func (w *wire) close() {
	w.conn.Close()
	<-w.done
}

func (w *wire) send(call dataplane.Spec, frame []byte) {
	b := make([]byte, 0, wireHeader+len(frame))
	local, peer := call.Local.As4(), call.Peer.As4()
	b = append(append(b, local[:]...), peer[:]...)
	b = append(binary.BigEndian.AppendUint16(b, call.PeerCallID), frame...)
	_, _ = w.conn.Write(b) // an error is the other end's end
}

func (w *wire) run() {
	defer close(w.done)
	b := make([]byte, 4096)
	for {
		n, err := w.conn.Read(b)
		if err != nil {
			return
		}
		if n < wireHeader {
			continue
		}
		from, to := netip.AddrFrom4([4]byte(b[:4])), netip.AddrFrom4([4]byte(b[4:8]))
		w.plane.Deliver(to, from, binary.BigEndian.Uint16(b[8:]), b[wireHeader:n])
	}
}
