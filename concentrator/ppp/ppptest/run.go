package ppptest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// Run plays a script against a new machine and returns what happened. The
// error names the first line that did not come true, and what came instead.
func Run(text string) (*Record, error) {
	s, err := ParseScript(text)
	if err != nil {
		return nil, err
	}
	record := &Record{Config: s.Config, Seed: 7}
	record.Config.Rand = nil
	cfg := s.Config
	cfg.Rand = NewRandom(record.Seed)
	m, err := ppp.New(cfg)
	if err != nil {
		return nil, err
	}
	r := &runner{
		script: s, record: record, now: Epoch, fields: map[string]string{}, requests: map[uint16][]byte{},
		end: &End{Name: "machine", Machine: m, User: s.User, Address: s.Address},
	}
	for _, step := range s.Steps {
		if err := r.step(step); err != nil {
			return record, fmt.Errorf("line %d: %s %s: %w\n%s", step.Line, step.Verb, step.Text, err, strings.Join(r.end.Log, "\n"))
		}
	}
	if err := r.settled(); err != nil {
		return record, fmt.Errorf("at the end: %w\n%s", err, strings.Join(r.end.Log, "\n"))
	}
	if len(r.end.Faults) > 0 {
		return record, fmt.Errorf("%s", strings.Join(r.end.Faults, "; "))
	}
	return record, nil
}

type runner struct {
	script  *Script
	record  *Record
	end     *End
	now     time.Time
	waiting []ppp.Output // not yet named by the script
	// fields are those of the machine's last packets: "lcp.ConfReq.magic".
	fields map[string]string
	// requests are the machine's last Configure-Requests.
	requests   map[uint16][]byte
	needAuth   ppp.NeedAuth
	credential ppp.NeedCredential
	method     ppp.AuthMethod
	// received is the CHAP packet that came last from the peer.
	challengeID   uint8
	challenge     []byte
	authenticator string
}

func (r *runner) step(s Step) error {
	switch s.Verb {
	case "<", "!":
		return r.expect(s.Text)
	case "x":
		for _, out := range r.waiting {
			if Match(r.substitute(s.Text), DescribeOutput(out)) {
				return fmt.Errorf("there is %s", DescribeOutput(out))
			}
		}
		return nil
	case "~":
		r.waiting = nil
		return nil
	}
	if err := r.settled(); err != nil {
		return err
	}
	switch s.Verb {
	case ">":
		frame, err := r.peerFrame(r.substitute(s.Text))
		if err != nil {
			return err
		}
		r.handle(ppp.Frame{Data: frame})
		return nil
	case "=":
		in, err := r.input(s.Text)
		if err != nil {
			return err
		}
		r.handle(in)
		return nil
	}
	d, err := time.ParseDuration(s.Text)
	if err != nil {
		return err
	}
	if s.Verb == "@" {
		return r.passUntil(Epoch.Add(d))
	}
	return r.passUntil(r.now.Add(d))
}

// settled reports outputs that the script has not named.
func (r *runner) settled() error {
	if len(r.waiting) == 0 {
		return nil
	}
	var texts []string
	for _, out := range r.waiting {
		texts = append(texts, DescribeOutput(out))
	}
	return fmt.Errorf("unexpected: %s", strings.Join(texts, " | "))
}

func (r *runner) expect(pattern string) error {
	pattern = r.substitute(pattern)
	for i, out := range r.waiting {
		if Match(pattern, DescribeOutput(out)) {
			r.waiting = slices.Delete(slices.Clone(r.waiting), i, i+1)
			return nil
		}
	}
	if err := r.settled(); err != nil {
		return err
	}
	return fmt.Errorf("nothing was put out")
}

func (r *runner) passUntil(t time.Time) error {
	for range 1000 {
		d := r.end.Machine.Deadline()
		if d.IsZero() || d.After(t) {
			r.now = t
			return nil
		}
		if d.After(r.now) {
			r.now = d
		}
		r.handle(ppp.Tick{})
	}
	return fmt.Errorf("1000 deadlines came; the next is %v", r.end.Machine.Deadline())
}

func (r *runner) handle(in ppp.Input) {
	outputs := r.end.handle(r.now, in)
	r.record.Inputs = append(r.record.Inputs, TimedInput{r.now, in})
	r.record.Outputs = append(r.record.Outputs, outputs)
	var questions []ppp.Output
	for _, out := range outputs {
		auto := false
		switch out := out.(type) {
		case ppp.SendFrame:
			r.remember(out.Data)
		case ppp.LinkUp:
			r.method = out.Auth
		case ppp.NeedAuth:
			r.needAuth, auto = out, r.script.Auto["verdict"]
		case ppp.NeedCredential:
			r.credential, auto = out, r.script.Auto["credential"]
			if in := r.end.User.Respond(out); in.Authenticator != "" {
				r.authenticator = in.Authenticator
			}
		case ppp.NeedAddress:
			auto = r.script.Auto["address"]
		}
		if auto {
			questions = append(questions, out)
		} else {
			r.waiting = append(r.waiting, out)
		}
	}
	for _, q := range questions {
		r.handle(r.end.answer(q))
	}
}

// remember notes the fields of a packet that the machine sent.
func (r *runner) remember(frame []byte) {
	w, err := words(Describe(frame))
	if err != nil || len(w) < 3 || w[0] == "raw" {
		return
	}
	for _, word := range w[2:] {
		if strings.HasPrefix(word, `"`) {
			r.fields["$"+w[0]+"."+w[1]+".text"] = word
		} else if name, value, ok := strings.Cut(word, "="); ok {
			r.fields["$"+w[0]+"."+w[1]+"."+name] = value
		}
	}
	if w[1] == "ConfReq" {
		proto, _ := protocolNumber(w[0])
		r.requests[proto] = frame
	}
	if w[0] == "chap" && w[1] == "Challenge" {
		id, _ := strconv.ParseUint(r.fields["$chap.Challenge.id"], 10, 8)
		r.challengeID = uint8(id)
		r.challenge, _ = hex.DecodeString(r.fields["$chap.Challenge.value"])
	}
	if w[0] == "chap" && w[1] == "Failure" {
		r.rememberFailure(frame)
	}
}

// rememberFailure takes the challenge of a Failure that allows another try; the
// Response to it has the next identifier.
func (r *runner) rememberFailure(frame []byte) {
	text := string(frame[6:])
	_, rest, ok := strings.Cut(text, "C=")
	if !ok || !strings.Contains(text, "R=1") {
		return
	}
	digits, _, _ := strings.Cut(rest, " ")
	if c, err := hex.DecodeString(digits); err == nil {
		r.challenge, r.challengeID = c, frame[3]+1
	}
}

// substitute replaces $proto.Code.field, longest names first.
func (r *runner) substitute(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	names := make([]string, 0, len(r.fields))
	for name := range r.fields {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		text = strings.ReplaceAll(text, name, r.fields[name])
	}
	return text
}

// Fields of a Record are what it takes to play a dialogue again.
type Record struct {
	Config  ppp.Config // without Rand
	Seed    uint64     // of Rand
	Inputs  []TimedInput
	Outputs [][]ppp.Output // of each input
}

// NewMachine makes the machine of the record, before the first input, and its
// source of randomness.
func (r *Record) NewMachine() (*ppp.Machine, *Random, error) {
	cfg := r.Config
	rng := NewRandom(r.Seed)
	cfg.Rand = rng
	m, err := ppp.New(cfg)
	return m, rng, err
}
