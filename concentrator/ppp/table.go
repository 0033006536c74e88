package ppp

import "strings"

// State is a state of the option negotiation automaton (RFC 1661 §4.2).
type State uint8

// States, with the numbers of RFC 1661 §4.1.
const (
	Initial State = iota
	Starting
	Closed
	Stopped
	Closing
	Stopping
	ReqSent
	AckRcvd
	AckSent
	Opened
)

const stateCount = int(Opened) + 1

var stateNames = [stateCount]string{
	"Initial", "Starting", "Closed", "Stopped", "Closing", "Stopping",
	"Req-Sent", "Ack-Rcvd", "Ack-Sent", "Opened",
}

// String names the state as RFC 1661 does.
func (s State) String() string {
	if int(s) < stateCount {
		return stateNames[s]
	}
	return "invalid"
}

// Event is an event of the automaton (RFC 1661 §4.3).
type Event uint8

// Events, in the order of RFC 1661 §4.1.
const (
	Up       Event = iota // the lower layer is up
	Down                  // the lower layer is down
	Open                  // administrative open
	Close                 // administrative close
	TOPlus                // timeout, restart counter > 0
	TOMinus               // timeout, restart counter expired
	RCRPlus               // Configure-Request received, good
	RCRMinus              // Configure-Request received, bad
	RCA                   // Configure-Ack received
	RCN                   // Configure-Nak or -Reject received
	RTR                   // Terminate-Request received
	RTA                   // Terminate-Ack received
	RUC                   // unknown code received
	RXJPlus               // Code- or Protocol-Reject received, harmless
	RXJMinus              // Code- or Protocol-Reject received, catastrophic
	RXR                   // Echo-Request, Echo-Reply or Discard-Request received
)

const eventCount = int(RXR) + 1

var eventNames = [eventCount]string{
	"Up", "Down", "Open", "Close", "TO+", "TO-", "RCR+", "RCR-",
	"RCA", "RCN", "RTR", "RTA", "RUC", "RXJ+", "RXJ-", "RXR",
}

// String names the event as RFC 1661 does.
func (e Event) String() string {
	if int(e) < eventCount {
		return eventNames[e]
	}
	return "invalid"
}

// Actions is a set of actions of the automaton (RFC 1661 §4.4).
type Actions uint16

// Actions.
const (
	TLU Actions = 1 << iota // This-Layer-Up
	TLD                     // This-Layer-Down
	TLS                     // This-Layer-Started
	TLF                     // This-Layer-Finished
	IRC                     // Initialize-Restart-Count
	ZRC                     // Zero-Restart-Count
	SCR                     // Send-Configure-Request
	SCA                     // Send-Configure-Ack
	SCN                     // Send-Configure-Nak/Rej
	STR                     // Send-Terminate-Request
	STA                     // Send-Terminate-Ack
	SCJ                     // Send-Code-Reject
	SER                     // Send-Echo-Reply
)

// actionOrder is the order in which RFC 1661 §4.1 writes, and an automaton
// performs, the actions of one cell.
var actionOrder = [...]struct {
	action Actions
	name   string
}{
	{TLD, "tld"}, {IRC, "irc"}, {ZRC, "zrc"}, {SCR, "scr"}, {SCA, "sca"}, {SCN, "scn"}, {STR, "str"},
	{STA, "sta"}, {SCJ, "scj"}, {SER, "ser"}, {TLU, "tlu"}, {TLS, "tls"}, {TLF, "tlf"},
}

// String lists the actions in the words and the order of RFC 1661 §4.1, such
// as "tld,scr,sca"; the empty set is "".
func (a Actions) String() string {
	var names []string
	for _, o := range actionOrder {
		if a&o.action != 0 {
			names = append(names, o.name)
		}
	}
	return strings.Join(names, ",")
}

// Has reports whether all of b are in a.
func (a Actions) Has(b Actions) bool { return a&b == b }

// cell is one entry of the table; the zero cell is the "-" of the RFC.
type cell struct {
	do   Actions
	next State
	ok   bool
}

func to(next State, do ...Actions) cell {
	c := cell{next: next, ok: true}
	for _, a := range do {
		c.do |= a
	}
	return c
}

// transitions is the table of RFC 1661 §4.1, rows and columns as there. The
// restart option [r] and the passive option [p] are not implemented.
var transitions = [eventCount][stateCount]cell{
	Up:   {Initial: to(Closed), Starting: to(ReqSent, IRC, SCR)},
	Down: {Closed: to(Initial), Stopped: to(Starting, TLS), Closing: to(Initial), Stopping: to(Starting), ReqSent: to(Starting), AckRcvd: to(Starting), AckSent: to(Starting), Opened: to(Starting, TLD)},
	Open: {to(Starting, TLS), to(Starting), to(ReqSent, IRC, SCR), to(Stopped), to(Stopping), to(Stopping), to(ReqSent), to(AckRcvd), to(AckSent), to(Opened)},
	Close: {to(Initial), to(Initial, TLF), to(Closed), to(Closed), to(Closing), to(Closing),
		to(Closing, IRC, STR), to(Closing, IRC, STR), to(Closing, IRC, STR), to(Closing, TLD, IRC, STR)},

	TOPlus:  {Closing: to(Closing, STR), Stopping: to(Stopping, STR), ReqSent: to(ReqSent, SCR), AckRcvd: to(ReqSent, SCR), AckSent: to(AckSent, SCR)},
	TOMinus: {Closing: to(Closed, TLF), Stopping: to(Stopped, TLF), ReqSent: to(Stopped, TLF), AckRcvd: to(Stopped, TLF), AckSent: to(Stopped, TLF)},

	RCRPlus: {Closed: to(Closed, STA), Stopped: to(AckSent, IRC, SCR, SCA), Closing: to(Closing), Stopping: to(Stopping),
		ReqSent: to(AckSent, SCA), AckRcvd: to(Opened, SCA, TLU), AckSent: to(AckSent, SCA), Opened: to(AckSent, TLD, SCR, SCA)},
	RCRMinus: {Closed: to(Closed, STA), Stopped: to(ReqSent, IRC, SCR, SCN), Closing: to(Closing), Stopping: to(Stopping),
		ReqSent: to(ReqSent, SCN), AckRcvd: to(AckRcvd, SCN), AckSent: to(ReqSent, SCN), Opened: to(ReqSent, TLD, SCR, SCN)},
	RCA: {Closed: to(Closed, STA), Stopped: to(Stopped, STA), Closing: to(Closing), Stopping: to(Stopping),
		ReqSent: to(AckRcvd, IRC), AckRcvd: to(ReqSent, SCR), AckSent: to(Opened, IRC, TLU), Opened: to(ReqSent, TLD, SCR)},
	RCN: {Closed: to(Closed, STA), Stopped: to(Stopped, STA), Closing: to(Closing), Stopping: to(Stopping),
		ReqSent: to(ReqSent, IRC, SCR), AckRcvd: to(ReqSent, SCR), AckSent: to(AckSent, IRC, SCR), Opened: to(ReqSent, TLD, SCR)},

	RTR: {Closed: to(Closed, STA), Stopped: to(Stopped, STA), Closing: to(Closing, STA), Stopping: to(Stopping, STA),
		ReqSent: to(ReqSent, STA), AckRcvd: to(ReqSent, STA), AckSent: to(ReqSent, STA), Opened: to(Stopping, TLD, ZRC, STA)},
	RTA: {Closed: to(Closed), Stopped: to(Stopped), Closing: to(Closed, TLF), Stopping: to(Stopped, TLF),
		ReqSent: to(ReqSent), AckRcvd: to(ReqSent), AckSent: to(AckSent), Opened: to(ReqSent, TLD, SCR)},

	RUC: {Closed: to(Closed, SCJ), Stopped: to(Stopped, SCJ), Closing: to(Closing, SCJ), Stopping: to(Stopping, SCJ),
		ReqSent: to(ReqSent, SCJ), AckRcvd: to(AckRcvd, SCJ), AckSent: to(AckSent, SCJ), Opened: to(Opened, SCJ)},
	RXJPlus: {Closed: to(Closed), Stopped: to(Stopped), Closing: to(Closing), Stopping: to(Stopping),
		ReqSent: to(ReqSent), AckRcvd: to(ReqSent), AckSent: to(AckSent), Opened: to(Opened)},
	RXJMinus: {Closed: to(Closed, TLF), Stopped: to(Stopped, TLF), Closing: to(Closed, TLF), Stopping: to(Stopped, TLF),
		ReqSent: to(Stopped, TLF), AckRcvd: to(Stopped, TLF), AckSent: to(Stopped, TLF), Opened: to(Stopping, TLD, IRC, STR)},

	RXR: {Closed: to(Closed), Stopped: to(Stopped), Closing: to(Closing), Stopping: to(Stopping),
		ReqSent: to(ReqSent), AckRcvd: to(AckRcvd), AckSent: to(AckSent), Opened: to(Opened, SER)},
}

// Step looks an event up in the table of RFC 1661 §4.1. Where the RFC has "-"
// (the event cannot happen in that state), and for values that are no state or
// event, ok is false, next is s and nothing is to be done.
func Step(s State, e Event) (next State, do Actions, ok bool) {
	if int(s) >= stateCount || int(e) >= eventCount {
		return s, 0, false
	}
	c := transitions[e][s]
	if !c.ok {
		return s, 0, false
	}
	return c.next, c.do, true
}
