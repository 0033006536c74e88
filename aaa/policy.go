package aaa

import (
	"net/netip"
	"time"
)

// Policy is everything a backend may grant a user. The zero value of a field
// leaves the server's default; precedence is user, then group or profile, then
// server.
type Policy struct {
	User            string     // name for accounting, if it differs
	LocalAddress    netip.Addr // our end
	RemoteAddress   netip.Addr // the client's address
	Pool            string     // named pool for the client's address
	DNS, NBNS       []netip.Addr
	SessionTimeout  time.Duration
	IdleTimeout     time.Duration
	InterimInterval time.Duration
	Encryption      string // "", or none | optional | required | stateless
	MPPEBits        []int  // strengths that may be agreed; empty: the server's
	MTU             int
	Routes          []Route // destinations behind the client
	FilterIDs       []string
	Class           [][]byte
	Rate            Rate
	MaxSessions     int  // 0: no limit
	ReplaceOldest   bool // at the limit: end the oldest session instead of refusing
	OctetLimits     OctetLimits
	Group           string
}

// Route is a destination behind the client.
type Route struct {
	Destination netip.Prefix
	Gateway     netip.Addr // invalid: the client's address
	Metric      int
}

// Rate limits a session, in bits per second, from the point of view of the
// client; 0 is no limit.
type Rate struct {
	Upload, Download           uint64
	UploadBurst, DownloadBurst uint64 // octets
}

// OctetLimits end a session after so many octets, from the point of view of
// the server; 0 is no limit.
type OctetLimits struct{ Receive, Transmit, Total uint64 }
