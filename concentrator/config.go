package concentrator

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/pool"
)

// Config is everything an administrator can say about the control plane. Its
// fields carry the names of the configuration file. Whoever fills it starts
// from DefaultConfig.
type Config struct {
	Server  ServerConfig
	Dynamic DynamicServerConfig
}

// ServerConfig is [server]: listeners, limits and control connections.
type ServerConfig struct {
	Listen            []netip.AddrPort
	HostName          string // in Start-Control-Connection
	MaxSessions       int
	MaxStarting       int           // calls that are not authenticated yet
	MaxPerSource      int           // control connections of one source address
	MaxStartingSource int           // unauthenticated calls of one source address
	MaxCalls          int           // calls of one control connection
	FirstTimeout      time.Duration // to the first control message
	SetupTimeout      time.Duration // to an authenticated session
	EchoInterval      time.Duration
	EchoTimeout       time.Duration
	CallIDHoldDown    time.Duration // a call id rests so long
	EndedSessions     int           // how many ended sessions are remembered
	ShutdownTimeout   time.Duration
	AuthTimeout       time.Duration // for the answer of the AAA chain, all of its backends together
}

// LinkConfig are the words that every kind of interface shares.
type LinkConfig struct {
	MTU, MRU                      int
	PAP, CHAP, MSCHAPv1, MSCHAPv2 bool
	Encryption                    ppp.Encryption
	KeyLengths                    ppp.KeyLengths
	IdleTimeout                   time.Duration // 0: none
	SessionTimeout                time.Duration // 0: none
	LCPEchoInterval               time.Duration
	LCPEchoFailure                int
	ClampMSS                      bool
}

// DynamicServerConfig is [interface.pptp-dynamic-server].
type DynamicServerConfig struct {
	LinkConfig
	Enabled             bool
	LocalAddress        pool.Ranges    // one address: shared by all; a range: one each
	LocalPool           string         // name of the pool made of LocalAddress if that is more than one address; else ""
	RemotePool          string         // name of the pool of remote addresses
	Routes              []netip.Prefix // what is routed to the shared device: the remote pools
	DNS, WINS           []netip.Addr
	InterfacePerSession bool
	Device              string // name of the shared device; prefix of devices per session
}
