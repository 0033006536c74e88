package gre

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// taker is a Deliver that writes down what it gets: "5" in order, "3L" late, with
// "!" where it says that the payload did not decode.
type taker struct {
	got   []string
	seqs  []uint32
	valid func(payload []byte) bool
}

func (k *taker) deliver(seq uint32, payload []byte, late bool) bool {
	s := fmt.Sprint(seq)
	if late {
		s += "L"
	}
	ok := k.valid == nil || k.valid(payload)
	if !ok {
		s += "!"
	} else {
		k.seqs = append(k.seqs, seq)
	}
	k.got = append(k.got, s)
	return ok
}

// take returns what was delivered since the last call.
func (k *taker) take() string {
	s := strings.Join(k.got, " ")
	k.got = nil
	return s
}

// notForged is the validity of payloads in these tests.
func notForged(payload []byte) bool { return string(payload) != "forged" }

type step struct {
	seq    uint32
	forged bool
	ms     int // the clock when the packet comes
	expire int // if not 0, no packet: the clock when Expire is called
	want   string
}

func TestReceiver(t *testing.T) {
	const top = 1<<32 - 1
	tests := []struct {
		name   string
		window int
		steps  []step
		stats  RecvStats
	}{
		{"in order from 0", 8, []step{{seq: 0, want: "0"}, {seq: 1, want: "1"}, {seq: 2, want: "2"}}, RecvStats{}},
		{"any first number", 8, []step{{seq: 4000000000, want: "4000000000"}, {seq: 4000000001, want: "4000000001"}}, RecvStats{}},
		{"over the wrap", 8, []step{{seq: top - 1, want: fmt.Sprint(top - 1)}, {seq: 0}, {seq: top, want: fmt.Sprint(top) + " 0"}, {seq: 1, want: "1"}}, RecvStats{}},
		{
			"forged first packet does not start the window", 8,
			[]step{{seq: 999999, forged: true, want: "999999!"}, {seq: 0, want: "0"}, {seq: 1, want: "1"}},
			RecvStats{},
		},
		{"two swapped", 8, []step{{seq: 0, want: "0"}, {seq: 2}, {seq: 1, want: "1 2"}, {seq: 3, want: "3"}}, RecvStats{}},
		{"reversed", 8, []step{{seq: 0, want: "0"}, {seq: 4}, {seq: 3}, {seq: 2}, {seq: 1, want: "1 2 3 4"}}, RecvStats{}},
		{
			"no window: at once, and late ones flagged", 0,
			[]step{{seq: 0, want: "0"}, {seq: 2, want: "2"}, {seq: 1, want: "1L"}, {seq: 1}, {seq: 3, want: "3"}},
			RecvStats{Reordered: 1, Duplicates: 1},
		},
		{"duplicates", 8, []step{{seq: 5, want: "5"}, {seq: 5}, {seq: 6, want: "6"}, {seq: 5}, {seq: 6}}, RecvStats{Duplicates: 3}},
		{"duplicate of a held one", 8, []step{{seq: 5, want: "5"}, {seq: 7}, {seq: 7}, {seq: 6, want: "6 7"}}, RecvStats{Duplicates: 1}},
		{
			"lost: after 50 ms the others are delivered", 8,
			[]step{{seq: 0, want: "0"}, {seq: 2, ms: 10}, {seq: 3, ms: 30}, {expire: 59}, {expire: 60, want: "2 3"}, {seq: 4, ms: 61, want: "4"}},
			RecvStats{Lost: 1},
		},
		{
			"found after it was given up", 8,
			[]step{{seq: 0, want: "0"}, {seq: 2}, {expire: 50, want: "2"}, {seq: 1, want: "1L"}, {seq: 1}, {seq: 3, want: "3"}},
			RecvStats{Reordered: 1, Duplicates: 1},
		},
		{
			"two gaps", 8,
			[]step{{seq: 0, want: "0"}, {seq: 2}, {seq: 5, ms: 20}, {expire: 50, want: "2"}, {expire: 69}, {expire: 70, want: "5"}},
			RecvStats{Lost: 3},
		},
		{
			"a full window does not wait", 4,
			[]step{{seq: 0, want: "0"}, {seq: 2}, {seq: 3}, {seq: 4}, {seq: 5, want: "2 3 4 5"}, {seq: 6, want: "6"}},
			RecvStats{Lost: 1},
		},
		{
			"the largest window", 8,
			[]step{{seq: 0, want: "0"}, {seq: 2}, {seq: 3}, {seq: 4}, {seq: 5}, {seq: 6}, {seq: 7}, {seq: 8}, {seq: 9, want: "2 3 4 5 6 7 8 9"}},
			RecvStats{Lost: 1},
		},
		{
			"beyond the window does not wait", 8,
			[]step{{seq: 0, want: "0"}, {seq: 2}, {seq: 4}, {seq: 100, want: "2 4 100"}, {seq: 101, want: "101"}},
			RecvStats{Lost: 97},
		},
		{
			"forged, beyond the window", 8,
			[]step{{seq: 0, want: "0"}, {seq: 500, forged: true, want: "500!"}, {seq: 1, want: "1"}, {seq: 1 << 31, forged: true, want: "2147483648!"}, {seq: 2, want: "2"}},
			RecvStats{Tentative: 2},
		},
		{
			"forged so well that it decodes, far ahead: the next genuine one takes it back", 8,
			[]step{{seq: 0, want: "0"}, {seq: 1000, want: "1000"}, {seq: 1, want: "1L"}, {seq: 2, want: "2"}, {seq: 1, want: ""}},
			RecvStats{Duplicates: 1},
		},
		{
			"forged, expected: the genuine one still gets through", 8,
			[]step{{seq: 0, want: "0"}, {seq: 1, forged: true, want: "1!"}, {seq: 1, want: "1L"}, {seq: 1}, {seq: 2, want: "2"}},
			RecvStats{Reordered: 1, Duplicates: 1},
		},
		{
			"replayed first packet does not rewind", 8,
			[]step{{seq: 1, want: "1"}, {seq: 200, want: "200"}, {seq: 1}, {seq: 201, want: "201"}},
			RecvStats{Lost: 198, Duplicates: 1},
		},
		{
			"straggler from a long gap", 8, // looks like the end of a forgery, and does no harm
			[]step{{seq: 0, want: "0"}, {seq: 70, want: "70"}, {seq: 6, want: "6L"}, {seq: 71, want: "71"}, {seq: 72, want: "72"}},
			RecvStats{Lost: 69},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, k := NewReceiver(tt.window), &taker{valid: notForged}
			for i, s := range tt.steps {
				if s.expire != 0 {
					r.Expire(at(s.expire), k.deliver)
				} else {
					payload := "payload"
					if s.forged {
						payload = "forged"
					}
					r.Offer(at(s.ms), s.seq, []byte(payload), k.deliver)
				}
				if got := k.take(); got != s.want {
					t.Errorf("step %d (%+v): delivered %q, want %q", i, s, got, s.want)
				}
			}
			if diff := cmp.Diff(tt.stats, r.Stats()); diff != "" {
				t.Errorf("stats: %s", diff)
			}
		})
	}
}
