package namespaces

import (
	"net/netip"
	"sync"

	"github.com/pptpac/pptpac/dataplane/impair"
	"github.com/pptpac/pptpac/dataplane/rawsock"
)

// impairedSocket is a real GRE socket with a bad path in front of it, in both
// directions.
type impairedSocket struct {
	rawsock.Conn

	mu       sync.Mutex // guards outbound
	outbound impair.Func

	// Of the one goroutine that receives:
	inbound impair.Func
	queue   []rawsock.Packet // arrived, not delivered yet
}

func openImpaired(o dialOptions) (rawsock.Conn, error) {
	c, err := rawsock.OpenGRE()
	if err != nil || o.Loss+o.Duplicate+o.Reorder == 0 {
		return c, err
	}
	rates := impair.Rates{Loss: o.Loss, Duplicate: o.Duplicate, Reorder: o.Reorder}
	return &impairedSocket{Conn: c, outbound: impair.New(o.Seed, rates), inbound: impair.New(o.Seed+1, rates)}, nil
}

func (s *impairedSocket) Send(payload []byte, src, dst netip.Addr) error {
	s.mu.Lock()
	arrived := s.outbound(payload)
	s.mu.Unlock()
	for _, p := range arrived {
		if err := s.Conn.Send(p, src, dst); err != nil {
			return err
		}
	}
	return nil
}

func (s *impairedSocket) Receive(buf []byte) (rawsock.Packet, error) {
	for len(s.queue) == 0 {
		p, err := s.Conn.Receive(buf)
		if err != nil {
			return p, err
		}
		for _, payload := range s.inbound(p.Payload) {
			s.queue = append(s.queue, rawsock.Packet{Src: p.Src, Dst: p.Dst, Payload: payload})
		}
	}
	p := s.queue[0]
	s.queue = s.queue[1:]
	return p, nil
}
