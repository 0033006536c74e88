package ppptest

import (
	"fmt"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// Watch checks of every machine what none may do, whatever it is fed:
// Finished comes at most once and nothing after it, a frame is not longer than
// the peer takes, the outputs of one input are few.
type Watch struct {
	// PeerMRU is the largest MRU the peer has asked for; 1500 at first.
	PeerMRU  int
	finished bool
}

// MaxOutputs is more than any input of any dialogue brings about.
const MaxOutputs = 24

// Check looks at what one input brought about.
func (w *Watch) Check(m *ppp.Machine, outputs []ppp.Output) error {
	if w.PeerMRU == 0 {
		w.PeerMRU = 1500
	}
	if len(outputs) > MaxOutputs {
		return fmt.Errorf("%d outputs of one input", len(outputs))
	}
	for _, out := range outputs {
		if w.finished {
			return fmt.Errorf("%s after Finished", DescribeOutput(out))
		}
		switch out := out.(type) {
		case ppp.LinkUp:
			w.PeerMRU = max(w.PeerMRU, int(out.PeerMRU))
		case ppp.SendFrame:
			if len(out.Data) < 6 || len(out.Data) > w.PeerMRU+4 {
				return fmt.Errorf("a frame of %d octets, the peer's MRU is %d", len(out.Data), w.PeerMRU)
			}
		case ppp.LayerUp:
			if out.MTU > 1500 || !out.Remote.Is4() && out.Remote.IsValid() {
				return fmt.Errorf("%s", DescribeOutput(out))
			}
		case ppp.Finished:
			if _, ok := causeNames[out.Cause]; !ok {
				return fmt.Errorf("finished with the unknown cause %d", out.Cause)
			}
			w.finished = true
		}
	}
	if w.finished && !m.Deadline().IsZero() {
		return fmt.Errorf("a deadline after Finished")
	}
	return nil
}
