package lab

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pptpac/pptpac/dataplane"
)

// Protocols of the scripted offers.
const (
	protoLCP   = 0xc021
	protoCCP   = 0x80fd
	protoIPCP  = 0x8021
	protoIPXCP = 0x802b // RFC 1552
	protoNBFCP = 0x803f // RFC 2097

	codeProtocolReject = 8
)

// offers is the plane of a client that begins to configure IPX and NetBEUI
// together with IP, as Windows does when they are installed, and is connected
// only when the last of them is settled. It carries one call.
type offers struct {
	dataplane.Plane
	settled chan time.Time // capacity 1: when both were rejected
}

func newOffers(p dataplane.Plane) *offers {
	return &offers{Plane: p, settled: make(chan time.Time, 1)}
}

// Open implements dataplane.Plane.
func (o *offers) Open(spec dataplane.Spec, events dataplane.Events) (dataplane.Tunnel, error) {
	t, err := o.Plane.Open(spec, &offerEvents{Events: events, settled: o.settled, open: map[uint16]bool{protoIPXCP: true, protoNBFCP: true}})
	if err != nil {
		return nil, err
	}
	return &offerTunnel{Tunnel: t}, nil
}

// offerTunnel sends the offers just before the client's first NCP of its own.
type offerTunnel struct {
	dataplane.Tunnel
	sent bool
}

// SendControl implements dataplane.Tunnel.
func (t *offerTunnel) SendControl(frame []byte) error {
	if p := protocolOf(frame); !t.sent && (p == protoCCP || p == protoIPCP) {
		t.sent = true
		for _, offer := range [][]byte{
			{0x80, 0x2b, 1, 1, 0, 10, 1, 6, 0, 0, 0, 0}, // IPX-Network-Number, to be assigned
			{0x80, 0x3f, 1, 1, 0, 4},                    // no options
		} {
			if err := t.Tunnel.SendControl(offer); err != nil {
				return err
			}
		}
	}
	return t.Tunnel.SendControl(frame)
}

// offerEvents looks for the Protocol-Rejects.
type offerEvents struct {
	dataplane.Events
	settled chan<- time.Time

	mu   sync.Mutex      // guards open
	open map[uint16]bool // offers without an answer
}

// ControlFrame implements dataplane.Events.
func (e *offerEvents) ControlFrame(frame []byte) {
	if protocolOf(frame) == protoLCP && len(frame) >= 8 && frame[2] == codeProtocolReject {
		e.mu.Lock()
		rejected := binary.BigEndian.Uint16(frame[6:])
		if e.open[rejected] {
			delete(e.open, rejected)
			if len(e.open) == 0 {
				e.settled <- time.Now()
			}
		}
		e.mu.Unlock()
	}
	e.Events.ControlFrame(frame)
}

func protocolOf(frame []byte) uint16 {
	if len(frame) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(frame)
}
