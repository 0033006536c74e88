package concentrator

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
)

// Stage is how far a call has come. Logs tell each one as it is reached.
type Stage string

// Stages of a call, in order.
const (
	StageCall          Stage = "call"          // the call is answered, PPP frames are awaited
	StageLink          Stage = "link"          // LCP is up
	StageAuthenticated Stage = "authenticated" // the user is known
	StageAddress       Stage = "address"       // addresses are reserved
	StageConnected     Stage = "connected"     // IP passes
	StageEnding        Stage = "ending"        // said good-bye, waiting for the answer
)

var stages = []Stage{StageCall, StageLink, StageAuthenticated, StageAddress, StageConnected, StageEnding}

func (s Stage) after(other Stage) bool { return slices.Index(stages, s) > slices.Index(stages, other) }

// SessionInfo describes a session as it was when it was asked for. It is a
// value: the session keeps no reference to it.
type SessionInfo struct {
	ID            string // Acct-Session-Id
	Stage         Stage
	User          string
	Server        string // name of the interface item that took the call
	Interface     string // network device
	CallerID      netip.Addr
	CallerPort    uint16
	CalledID      netip.Addr
	ClientHost    string // host and vendor name of the client's Start-Control-Connection-Request
	ClientVendor  string
	ClientIdent   string // LCP Identification
	LocalCallID   uint16
	PeerCallID    uint16
	Local, Remote netip.Addr
	DNS, NBNS     []netip.Addr
	Method        aaa.Method
	Backend       string // that authenticated the user
	Encoding      string // as the manual's monitor prints it; "" without encryption
	MTU           int    // of the session: largest IP packet to the client
	Started       time.Time
	Connected     time.Time     // zero before StageConnected
	IdleTimeout   time.Duration // 0: none
	Timeout       time.Duration // session-timeout; 0: none
	Policy        *aaa.Policy   // read-only

	Counters dataplane.Counters
}

// Uptime is the time since IP passes.
func (i *SessionInfo) Uptime(now time.Time) time.Duration {
	if i.Connected.IsZero() {
		return 0
	}
	return now.Sub(i.Connected)
}

// Idle is the time since the last packet that counts as activity.
func (i *SessionInfo) Idle(now time.Time) time.Duration {
	last := i.Counters.LastActivity
	if last.Before(i.Connected) {
		last = i.Connected
	}
	if last.IsZero() {
		return 0
	}
	return max(0, now.Sub(last))
}

// EndedSession is a session, or an attempt at one, that is over.
type EndedSession struct {
	SessionInfo // its Stage is how far the call came
	Ended       time.Time
	Duration    time.Duration // since IP passed; 0 if it never did
	Cause       Cause
	Reason      string // one plain sentence for the administrator
	Refused     bool   // never became a session
}

// encodingText prints an encoding as the manual's monitor does.
func encodingText(receive, send ppp.Encoding) string {
	in, out := oneEncoding(receive), oneEncoding(send)
	if in == out {
		return in
	}
	if in == "" {
		in = "none"
	}
	if out == "" {
		out = "none"
	}
	return fmt.Sprintf("rx %s; tx %s", in, out)
}

func oneEncoding(e ppp.Encoding) string {
	switch {
	case e.Bits == 0:
		return ""
	case e.Stateless:
		return fmt.Sprintf("MPPE %d bit, stateless", e.Bits)
	}
	return fmt.Sprintf("MPPE %d bit", e.Bits)
}
