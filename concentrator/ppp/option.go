package ppp

import (
	"bytes"
	"errors"
	"slices"
)

var errBadOption = errors.New("ppp: option length runs past the packet or is below 2")

// option is one configuration option (RFC 1661 §6). Value does not include
// type and length.
type option struct {
	Type  uint8
	Value []byte
}

// parseOptions reads a list of options. The values alias b.
func parseOptions(b []byte) ([]option, error) {
	var opts []option
	for len(b) > 0 {
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return nil, errBadOption
		}
		opts = append(opts, option{Type: b[0], Value: b[2:b[1]]})
		b = b[b[1]:]
	}
	return opts, nil
}

// appendOptions writes options until the next would make b longer than limit.
func appendOptions(b []byte, opts []option, limit int) []byte {
	for _, o := range opts {
		size := 2 + len(o.Value)
		if size > 0xff || len(b)+size > limit {
			return b
		}
		b = append(b, o.Type, uint8(size))
		b = append(b, o.Value...)
	}
	return b
}

func (o option) equal(p option) bool { return o.Type == p.Type && bytes.Equal(o.Value, p.Value) }

// sameOptions reports whether two lists are equal, order included: a
// Configure-Ack has to repeat the request unchanged (RFC 1661 §5.2).
func sameOptions(a, b []option) bool { return slices.EqualFunc(a, b, option.equal) }

// decision is the judgement on one option of the peer's Configure-Request.
type decision uint8

const (
	accept decision = iota
	nak
	reject
)

// rule is how one option of a protocol is handled. An option without a rule is
// rejected.
type rule struct {
	kind     uint8
	name     string
	min, max int // length of the value in the peer's request
	// ask yields the value for our request, false to leave the option out; nil: never.
	ask func(m *Machine) ([]byte, bool)
	// judge decides on the peer's value, whose length is right; with nak the
	// value we would accept.
	judge func(m *Machine, v []byte) (decision, []byte)
	// wish is what a Nak suggests for a value of wrong length; nil, or a nil
	// value: the option is rejected.
	wish func(m *Machine) []byte
	// missing is what a Nak appends where the peer left the option out; nil, or
	// a nil value: nothing.
	missing func(m *Machine) []byte
	// naked takes the value the peer suggests for our request; the length of v
	// is not checked. nil: a Nak is taken as a Reject.
	naked func(m *Machine, v []byte)
	// unasked lets naked be called for an option we did not ask for.
	unasked bool
	// rejected notes that the peer rejects the option in our request.
	rejected func(m *Machine)
}

// ruleFor finds the rule of an option type, nil where there is none.
func ruleFor(rules []rule, kind uint8) *rule {
	for i := range rules {
		if rules[i].kind == kind {
			return &rules[i]
		}
	}
	return nil
}

// answer is the reply to a Configure-Request.
type answer struct {
	code uint8
	opts []option
}

// judge decides on a whole Configure-Request: one class of reply only,
// Configure-Reject before Configure-Nak (RFC 1661 §5.4). Once insist is false
// Naks become Rejects and nothing is appended (RFC 1661 §4.6, Max-Failure).
func (m *Machine) judge(rules []rule, opts []option, insist bool) answer {
	var rejected, naked []option
	var seen [256]bool
	for _, o := range opts {
		r := ruleFor(rules, o.Type)
		if r == nil || r.judge == nil || seen[o.Type] {
			rejected = append(rejected, o)
			continue
		}
		seen[o.Type] = true
		d, v := nak, []byte(nil)
		if len(o.Value) >= r.min && len(o.Value) <= r.max {
			d, v = r.judge(m, o.Value)
		} else if r.wish != nil {
			v = r.wish(m)
		}
		switch {
		case d == accept:
		case d == reject || v == nil || !insist:
			rejected = append(rejected, o)
		default:
			naked = append(naked, option{o.Type, v})
		}
	}
	if len(rejected) > 0 {
		return answer{codeConfigureReject, rejected}
	}
	for i := range rules {
		if r := &rules[i]; insist && r.missing != nil && !seen[r.kind] {
			if v := r.missing(m); v != nil {
				naked = append(naked, option{r.kind, v})
			}
		}
	}
	if len(naked) > 0 {
		return answer{codeConfigureNak, naked}
	}
	return answer{codeConfigureAck, opts}
}
