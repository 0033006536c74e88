package ppptest

import (
	"fmt"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// End is one end of a Pair: a machine, who answers its questions, and what it
// has said so far.
type End struct {
	Name    string
	Machine *ppp.Machine
	User    User
	Address Addresses
	// AnswerAfter is how long the backend and the pool take.
	AnswerAfter time.Duration
	// ChangeVerdict, if not nil, has the last word on an AuthVerdict.
	ChangeVerdict func(*ppp.AuthVerdict)
	// Refuse, if not empty, is why nobody gets an address.
	Refuse string

	Link     *ppp.LinkUp    // the last one
	Auth     *ppp.AuthDone  // the last one
	Up       *ppp.LayerUp   // since the last LayerDown
	UpAt     time.Time      // of the last LayerUp
	Finished *ppp.Finished  // the only one
	Receive  *ppp.MPPEKey   // armed now
	Transmit *ppp.MPPEKey   // armed now
	Ticks    int            // how often a deadline came
	Frames   int            // sent
	Log      []string       // everything, one line each
	Faults   []string       // what no machine may do
	Inputs   []TimedInput   // everything that was handled
	Outputs  [][]ppp.Output // what came of each of Inputs
}

// TimedInput is an input and when it came.
type TimedInput struct {
	At    time.Time
	Input ppp.Input
}

func (e *End) faultf(format string, args ...any) {
	e.Faults = append(e.Faults, e.Name+": "+fmt.Sprintf(format, args...))
}

// handle feeds one input and notes what comes of it.
func (e *End) handle(now time.Time, in ppp.Input) []ppp.Output {
	if frame, ok := in.(ppp.Frame); ok {
		e.Log = append(e.Log, fmt.Sprintf("%s %s > %s", now.Format("05.000"), e.Name, Describe(frame.Data)))
	} else {
		e.Log = append(e.Log, fmt.Sprintf("%s %s > %T", now.Format("05.000"), e.Name, in))
	}
	finished := e.Finished != nil
	outputs := e.Machine.Handle(now, in)
	e.Inputs = append(e.Inputs, TimedInput{now, in})
	e.Outputs = append(e.Outputs, outputs)
	for _, out := range outputs {
		if finished {
			e.faultf("%T after Finished", out)
		}
		if _, ok := out.(ppp.Finished); ok {
			finished = true
		}
		e.Log = append(e.Log, fmt.Sprintf("%s %s   < %s", now.Format("05.000"), e.Name, DescribeOutput(out)))
		e.note(now, out)
	}
	if d := e.Machine.Deadline(); finished && !d.IsZero() {
		e.faultf("a deadline after Finished")
	}
	return outputs
}

// note keeps the state that a session would keep.
func (e *End) note(now time.Time, out ppp.Output) {
	switch out := out.(type) {
	case ppp.SendFrame:
		e.Frames++
		if len(out.Data) < 2 {
			e.faultf("a frame of %d octets", len(out.Data))
		}
	case ppp.LinkUp:
		e.Link = &out
	case ppp.AuthDone:
		e.Auth = &out
	case ppp.ArmReceive:
		e.Receive = &out.Key
	case ppp.ArmTransmit:
		e.Transmit = &out.Key
	case ppp.DisarmMPPE:
		e.Receive, e.Transmit = nil, nil
	case ppp.LayerUp:
		if e.Up != nil {
			e.faultf("LayerUp twice")
		}
		e.Up, e.UpAt = &out, now
		e.checkUp(out)
	case ppp.LayerDown:
		if e.Up == nil {
			e.faultf("LayerDown without LayerUp")
		}
		e.Up = nil
	case ppp.Finished:
		if e.Finished != nil {
			e.faultf("Finished twice")
		}
		if e.Up != nil {
			e.faultf("Finished without LayerDown")
		}
		e.Finished = &out
	}
}

// checkUp compares what LayerUp says with what was armed.
func (e *End) checkUp(up ppp.LayerUp) {
	for _, side := range []struct {
		name string
		key  *ppp.MPPEKey
		says ppp.Encoding
	}{{"receive", e.Receive, up.Receive}, {"send", e.Transmit, up.Send}} {
		var armed ppp.Encoding
		if side.key != nil {
			armed = side.key.Encoding
		}
		if armed != side.says {
			e.faultf("LayerUp says %s %+v, armed is %+v", side.name, side.says, armed)
		}
	}
}

// answer returns what the surroundings reply to a question, nil for no question.
func (e *End) answer(out ppp.Output) ppp.Input {
	switch out := out.(type) {
	case ppp.NeedAuth:
		v := e.User.Judge(out)
		if e.ChangeVerdict != nil {
			e.ChangeVerdict(&v)
		}
		return v
	case ppp.NeedCredential:
		return e.User.Respond(out)
	case ppp.NeedAddress:
		if e.Refuse != "" {
			return ppp.Terminate{Reason: e.Refuse}
		}
		return e.Address.Grant()
	}
	return nil
}
