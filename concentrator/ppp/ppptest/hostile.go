package ppptest

import (
	"fmt"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// Hostile is a machine that a script has brought to some state and that is
// then fed what no honest peer sends. Every input is watched.
type Hostile struct {
	Machine *ppp.Machine
	Now     time.Time
	Sent    int // frames in answer to Feed
	End     *ppp.Finished
	Asked   []ppp.Output // NeedAuth, NeedCredential, NeedAddress in answer to Feed
	watch   Watch
}

// NewHostile plays a script and keeps the machine where it ends.
func NewHostile(script string) (*Hostile, error) {
	r, err := Run(script)
	if err != nil {
		return nil, err
	}
	return r.HostileAt(len(r.Inputs))
}

// HostileAt replays the first n inputs of a record.
func (r *Record) HostileAt(n int) (*Hostile, error) {
	m, _, err := r.NewMachine()
	if err != nil {
		return nil, err
	}
	h := &Hostile{Machine: m, Now: Epoch}
	for _, in := range r.Inputs[:n] {
		h.Now = in.At
		if err := h.Feed(in.Input); err != nil {
			return nil, err
		}
	}
	h.Sent, h.Asked = 0, nil
	return h, nil
}

// Feed hands one input over; the error is what no machine may do.
func (h *Hostile) Feed(in ppp.Input) error {
	outputs := h.Machine.Handle(h.Now, in)
	for _, out := range outputs {
		switch out := out.(type) {
		case ppp.SendFrame:
			h.Sent++
		case ppp.Finished:
			h.End = &out
		case ppp.NeedAuth, ppp.NeedCredential, ppp.NeedAddress:
			h.Asked = append(h.Asked, out)
		}
	}
	if err := h.watch.Check(h.Machine, outputs); err != nil {
		return fmt.Errorf("%T: %w", in, err)
	}
	return nil
}

// Frame feeds a frame.
func (h *Hostile) Frame(frame []byte) error { return h.Feed(ppp.Frame{Data: frame}) }

// Alive reports whether the machine still answers an Echo-Request: LCP is open.
func (h *Hostile) Alive() bool {
	before := h.Sent
	h.Now = h.Now.Add(2 * time.Second)
	err := h.Frame(Packet(ProtoLCP, 9, 1, []byte{9, 8, 7, 6}))
	return err == nil && h.Sent == before+1
}
