package aaa

import (
	"net/netip"
	"time"
)

// RecordType is the kind of an accounting record (RFC 2866 §5.1).
type RecordType uint8

// Record types, with their numbers in RADIUS.
const (
	Start         RecordType = 1
	Stop          RecordType = 2
	Interim       RecordType = 3
	AccountingOn  RecordType = 7
	AccountingOff RecordType = 8
)

// String names the type.
func (t RecordType) String() string {
	switch t {
	case Start:
		return "start"
	case Stop:
		return "stop"
	case Interim:
		return "interim"
	case AccountingOn:
		return "accounting-on"
	case AccountingOff:
		return "accounting-off"
	}
	return "invalid"
}

// Record is one accounting record.
type Record struct {
	Type           RecordType
	SessionID      string // Acct-Session-Id: unique across restarts
	Time           time.Time
	User           string
	Server         string
	Interface      string
	Method         Method
	CallerID       string
	CalledID       string
	NASPort        uint32
	LocalAddress   netip.Addr // inner addresses
	RemoteAddress  netip.Addr
	Encoding       string // "MPPE 128 bit, stateless"
	Class          [][]byte
	Duration       time.Duration // of the session
	RxOctets       uint64        // from the client
	RxPackets      uint64
	TxOctets       uint64 // to the client
	TxPackets      uint64
	TerminateCause TerminateCause // Stop only
	Reason         string         // Stop only: the one plain reason
	Backend        string         // that authenticated the user
}

// TerminateCause is RADIUS's Acct-Terminate-Cause (RFC 2866 §5.10).
type TerminateCause uint32

// Terminate causes.
const (
	UserRequest        TerminateCause = 1
	LostCarrier        TerminateCause = 2
	LostService        TerminateCause = 3
	IdleTimeout        TerminateCause = 4
	SessionTimeout     TerminateCause = 5
	AdminReset         TerminateCause = 6
	AdminReboot        TerminateCause = 7
	PortError          TerminateCause = 8
	NASError           TerminateCause = 9
	NASRequest         TerminateCause = 10
	NASReboot          TerminateCause = 11
	PortUnneeded       TerminateCause = 12
	PortPreempted      TerminateCause = 13
	PortSuspended      TerminateCause = 14
	ServiceUnavailable TerminateCause = 15
	UserError          TerminateCause = 17
	HostRequest        TerminateCause = 18
)

// CommandType is what a command asks for.
type CommandType uint8

// Command types (RFC 5176).
const (
	Disconnect CommandType = iota + 1
	ChangeOfAuthorization
)

// Command asks for a change of live sessions. Every identification that is set
// must match; at least one must be set.
type Command struct {
	Type          CommandType
	SessionID     string
	User          string
	RemoteAddress netip.Addr
	CallerID      string
	CalledID      string
	NASPort       *uint32
	Policy        *Policy // ChangeOfAuthorization: the fields that are set
	Reason        string
}

// CommandResult says how many sessions matched and why a command failed.
type CommandResult struct {
	Matched    int
	ErrorCause uint32 // RFC 5176 §3.5; 0 is success
	Reason     string
}
