package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/dataplane/gre"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

// A socket that fails this often in a row, over some ten seconds, is lost.
const (
	maxSocketErrors   = 100
	socketErrorPause  = 100 * time.Millisecond
	receiveBufferSize = 65535
)

// receive is the GRE worker. It returns when the socket is closed, or fails for
// good.
func (e *Engine) receive() {
	b := newBatch()
	buf := make([]byte, receiveBufferSize)
	for failures := 0; ; {
		packet, err := e.conn.Receive(buf)
		switch {
		case err == nil:
			failures = 0
			e.deliver(b, packet.Src, packet.Dst, packet.Payload, time.Now())
		case errors.Is(err, rawsock.ErrClosed):
			return
		case errors.Is(err, rawsock.ErrMalformed):
			e.drops.count(dropMalformed)
		default:
			if failures++; failures >= maxSocketErrors {
				e.loseSocket(err)
				return
			}
			if !e.pause(socketErrorPause) {
				return
			}
		}
	}
}

// loseSocket tells everybody that GRE does not work any more.
func (e *Engine) loseSocket(err error) {
	err = fmt.Errorf("GRE socket failed: %w", err)
	for _, t := range e.calls.list() {
		t.fault(err)
	}
	if e.socketLost != nil {
		e.socketLost(err)
	}
}

// pause waits; false if the engine was closed meanwhile.
func (e *Engine) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-e.done:
		return false
	case <-timer.C:
		return true
	}
}

// deliver takes one GRE packet to its tunnel. packet is borrowed until return.
func (e *Engine) deliver(b *batch, src, dst netip.Addr, packet []byte, now time.Time) {
	h, _, err := gre.Parse(packet)
	if err != nil {
		e.drops.count(dropMalformed)
		return
	}
	t := e.calls.lookup(dst, h.CallID)
	switch {
	case t == nil:
		e.drops.count(dropUnknownCall)
	case t.peer != src:
		e.drops.count(dropWrongPeer)
	default:
		t.receive(b, packet, now)
	}
}
