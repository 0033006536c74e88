package ppp_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// cell is one entry of the printed table: actions/new-state and a footnote.
type cell struct {
	event, state string
	actions      string // comma separated, "" for none
	next         string // name of the new state, "-" for an illegal transition
	footnote     string
}

// printedTable reads RFC 1661 §4.1 as printed: two blocks, states in columns.
func printedTable(t *testing.T) []cell {
	t.Helper()
	text, err := os.ReadFile("testdata/rfc1661-4.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{} // "6" -> "Req-Sent"
	type row struct {
		event string
		cols  []string
		cells []string
	}
	var rows []row
	var numbers, cols []string
	for _, line := range strings.Split(string(text), "\n") {
		event, rest, ok := strings.Cut(line, "|")
		if !ok {
			continue
		}
		event = strings.TrimSpace(event)
		fields := strings.Fields(rest)
		switch {
		case len(fields) == 0 || fields[0] == "State":
		case event == "":
			numbers = fields
		case event == "Events":
			cols = fields
			for i, n := range numbers {
				names[n] = cols[i]
			}
		default:
			rows = append(rows, row{event, cols, fields})
		}
	}
	var cells []cell
	for _, r := range rows {
		if len(r.cells) != len(r.cols) {
			t.Fatalf("row %s has %d cells, want %d", r.event, len(r.cells), len(r.cols))
		}
		for i, text := range r.cells {
			c := cell{event: r.event, state: r.cols[i], next: "-"}
			if text != "-" {
				actions, next, found := strings.Cut(text, "/")
				if !found {
					actions, next = "", text
				}
				number := strings.TrimRight(next, "prx")
				c.actions, c.footnote = actions, next[len(number):]
				c.next = names[number]
				if c.next == "" {
					t.Fatalf("%s in %s: no state %q", c.event, c.state, number)
				}
			}
			cells = append(cells, c)
		}
	}
	return cells
}

var (
	states = []ppp.State{ppp.Initial, ppp.Starting, ppp.Closed, ppp.Stopped, ppp.Closing,
		ppp.Stopping, ppp.ReqSent, ppp.AckRcvd, ppp.AckSent, ppp.Opened}
	events = []ppp.Event{ppp.Up, ppp.Down, ppp.Open, ppp.Close, ppp.TOPlus, ppp.TOMinus,
		ppp.RCRPlus, ppp.RCRMinus, ppp.RCA, ppp.RCN, ppp.RTR, ppp.RTA, ppp.RUC,
		ppp.RXJPlus, ppp.RXJMinus, ppp.RXR}
	actionNames = map[string]ppp.Actions{"tlu": ppp.TLU, "tld": ppp.TLD, "tls": ppp.TLS, "tlf": ppp.TLF,
		"irc": ppp.IRC, "zrc": ppp.ZRC, "scr": ppp.SCR, "sca": ppp.SCA, "scn": ppp.SCN,
		"str": ppp.STR, "sta": ppp.STA, "scj": ppp.SCJ, "ser": ppp.SER}
)

func TestStepIsThePrintedTable(t *testing.T) {
	byState, byEvent := map[string]ppp.State{}, map[string]ppp.Event{}
	for _, s := range states {
		byState[s.String()] = s
	}
	for _, e := range events {
		byEvent[e.String()] = e
	}
	cells := printedTable(t)
	if got, want := len(cells), 160; got != want {
		t.Fatalf("the table has %d cells, want %d", got, want)
	}
	seen := map[[2]string]bool{}
	for _, c := range cells {
		t.Run(c.event+" in "+c.state, func(t *testing.T) {
			state, ok := byState[c.state]
			if !ok {
				t.Fatalf("no State prints as %q", c.state)
			}
			event, ok := byEvent[c.event]
			if !ok {
				t.Fatalf("no Event prints as %q", c.event)
			}
			if seen[[2]string{c.event, c.state}] {
				t.Fatal("printed twice")
			}
			seen[[2]string{c.event, c.state}] = true

			next, do, legal := ppp.Step(state, event)
			if got, want := legal, c.next != "-"; got != want {
				t.Fatalf("legal = %v, want %v", got, want)
			}
			if c.next == "-" {
				if next != state || do != 0 {
					t.Errorf("illegal transition gives %v, %v; want %v, none", next, do, state)
				}
				return
			}
			var want ppp.Actions
			for _, name := range strings.FieldsFunc(c.actions, func(r rune) bool { return r == ',' }) {
				bit, ok := actionNames[name]
				if !ok {
					t.Fatalf("no action %q", name)
				}
				want |= bit
			}
			if do != want {
				t.Errorf("actions = %v, want %v", do, want)
			}
			if next != byState[c.next] {
				t.Errorf("next = %v, want %v", next, c.next)
			}
		})
	}
}

func TestStepFootnotes(t *testing.T) {
	got := map[string]int{}
	for _, c := range printedTable(t) {
		got[c.footnote]++
	}
	for _, want := range []struct {
		note  string
		count int
	}{{"r", 4}, {"p", 3}, {"x", 4}} {
		if got[want.note] != want.count {
			t.Errorf("footnote [%s] stands at %d cells, want %d", want.note, got[want.note], want.count)
		}
	}
}

func TestStepOutsideTheTable(t *testing.T) {
	for s := 0; s < 256; s++ {
		for e := 0; e < 256; e++ {
			if s <= int(ppp.Opened) && e <= int(ppp.RXR) {
				continue
			}
			next, do, ok := ppp.Step(ppp.State(s), ppp.Event(e))
			if ok || do != 0 || next != ppp.State(s) {
				t.Fatalf("Step(%d, %d) = %v, %v, %v; want no transition", s, e, next, do, ok)
			}
		}
	}
}

func TestActionsPrintAsInTheTable(t *testing.T) {
	tests := []struct {
		do   ppp.Actions
		want []string
	}{
		{0, nil},
		{ppp.SCJ, []string{"scj"}},
		{ppp.IRC | ppp.SCR, []string{"irc", "scr"}},
		{ppp.TLD | ppp.ZRC | ppp.STA, []string{"sta", "tld", "zrc"}},
	}
	for i, test := range tests {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			got := map[string]bool{}
			for _, name := range strings.FieldsFunc(test.do.String(), func(r rune) bool { return r == ',' }) {
				got[name] = true
			}
			for _, name := range test.want {
				if !got[name] {
					t.Errorf("%q lacks %q", test.do.String(), name)
				}
			}
			if test.want != nil && len(got) != len(test.want) {
				t.Errorf("%q, want exactly %v", test.do.String(), test.want)
			}
		})
	}
}
