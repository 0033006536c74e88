package config

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/pool"
)

// The schema: a struct per table, a field per key. Tags say
//
//	toml    the key
//	oneof   the allowed words
//	min,max the allowed range, of a number or a time
//	repeat  a list may have an element twice
//	zero    what 0 means where it lies below min
//	reload  when a change takes effect: live (at once), new-sessions (sessions
//	        go on as they are), restart (of the daemon)
//
// and contrib/pptpac.toml documents each key.
type file struct {
	StateDir  string         `toml:"state-dir" reload:"restart"`
	Admin     adminTable     `toml:"admin"`
	Log       logTable       `toml:"log"`
	Server    serverTable    `toml:"server"`
	Interface interfaceTable `toml:"interface"`
	Pools     []poolTable    `toml:"pool"`
	AAA       aaaTable       `toml:"aaa"`
}

type adminTable struct {
	Socket        string `toml:"socket" reload:"restart"`
	Group         string `toml:"group" reload:"restart"`
	ReadOnlyGroup string `toml:"read-only-group" reload:"restart"`
}

type logTable struct {
	Level  string `toml:"level" oneof:"trace debug info warn error" reload:"live"`
	Format string `toml:"format" oneof:"console json" reload:"restart"`
}

type serverTable struct {
	Listen               []netip.AddrPort `toml:"listen" reload:"restart"`
	HostName             string           `toml:"host-name" reload:"live"`
	MaxSessions          int              `toml:"max-sessions" min:"1" max:"1000000" zero:"no limit" reload:"live"`
	MaxStarting          int              `toml:"max-starting" min:"1" max:"1000000" zero:"no limit" reload:"live"`
	MaxPerSource         int              `toml:"max-per-source" min:"1" max:"1000000" zero:"no limit" reload:"live"`
	MaxStartingPerSource int              `toml:"max-starting-per-source" min:"1" max:"1000000" zero:"no limit" reload:"live"`
	MaxCalls             int              `toml:"max-calls-per-connection" min:"1" max:"65535" reload:"live"`
	FirstMessageTimeout  time.Duration    `toml:"first-message-timeout" min:"1s" max:"10m" reload:"live"`
	SetupTimeout         time.Duration    `toml:"setup-timeout" min:"1s" max:"10m" reload:"live"`
	EchoInterval         time.Duration    `toml:"echo-interval" min:"1s" max:"1d" reload:"live"`
	EchoTimeout          time.Duration    `toml:"echo-timeout" min:"1s" max:"1h" reload:"live"`
	CallIDHoldDown       time.Duration    `toml:"call-id-hold-down" min:"1s" max:"1h" zero:"none" reload:"live"`
	EndedSessions        int              `toml:"ended-sessions" min:"1" max:"1000000" zero:"none" reload:"live"`
	ShutdownTimeout      time.Duration    `toml:"shutdown-timeout" min:"1s" max:"10m" reload:"live"`
}

type interfaceTable struct {
	DynamicServer dynamicServerTable `toml:"pptp-dynamic-server"`
}

type dynamicServerTable struct {
	Enabled             bool          `toml:"enabled" reload:"live"`
	LocalAddress        pool.Ranges   `toml:"local-address" reload:"idle"`
	RemoteAddress       remoteAddress `toml:"remote-address" reload:"new-sessions"`
	MTU                 int           `toml:"mtu" min:"576" max:"1500" reload:"idle"`
	MRU                 int           `toml:"mru" min:"128" max:"1500" reload:"new-sessions"`
	PAP                 bool          `toml:"pap" reload:"new-sessions"`
	CHAP                bool          `toml:"chap" reload:"new-sessions"`
	MSCHAPv1            bool          `toml:"ms-chapv1" reload:"new-sessions"`
	MSCHAPv2            bool          `toml:"ms-chapv2" reload:"new-sessions"`
	Encryption          string        `toml:"encryption" oneof:"none optional required stateless" reload:"new-sessions"`
	KeyLengths          []int         `toml:"mppe-key-lengths" oneof:"40 56 128" reload:"new-sessions"`
	DNS                 []netip.Addr  `toml:"dns" max:"2" reload:"new-sessions"`
	WINS                []netip.Addr  `toml:"wins" max:"2" reload:"new-sessions"`
	IdleTimeout         time.Duration `toml:"idle-timeout" min:"1s" max:"365d" zero:"none" reload:"new-sessions"`
	SessionTimeout      time.Duration `toml:"session-timeout" min:"1s" max:"365d" zero:"none" reload:"new-sessions"`
	LCPEchoInterval     time.Duration `toml:"lcp-echo-interval" min:"1s" max:"1h" zero:"never" reload:"new-sessions"`
	LCPEchoFailure      int           `toml:"lcp-echo-failure" min:"1" max:"100" reload:"new-sessions"`
	ClampMSS            bool          `toml:"clamp-mss" reload:"new-sessions"`
	InterfacePerSession bool          `toml:"interface-per-session" reload:"idle"`
	Device              string        `toml:"device" reload:"idle"`
}

type poolTable struct {
	Name                   string        `toml:"name" reload:"new-sessions"`
	Ranges                 pool.Ranges   `toml:"ranges" reload:"new-sessions"`
	NextPool               string        `toml:"next-pool" reload:"new-sessions"`
	Quarantine             time.Duration `toml:"quarantine" min:"1s" max:"365d" zero:"none" reload:"live"`
	UseNetworkAndBroadcast bool          `toml:"use-network-and-broadcast" reload:"new-sessions"`
}

type aaaTable struct {
	Authentication []string                `toml:"authentication" reload:"new-sessions"`
	Accounting     []string                `toml:"accounting" reload:"new-sessions"`
	Faults         string                  `toml:"faults" oneof:"refuse fall-through" reload:"new-sessions"`
	Timeout        time.Duration           `toml:"timeout" min:"1s" max:"10m" reload:"restart"`
	Backends       map[string]backendTable `toml:"backend"`
}

type backendTable struct {
	Plugin  string         `toml:"plugin" reload:"restart"`
	Command []string       `toml:"command" repeat:"yes" reload:"restart"`
	Config  map[string]any `toml:"config" reload:"live"` // the plugin checks it
}

// remoteAddress is ranges, or else the name of a pool.
type remoteAddress struct {
	ranges pool.Ranges
	pool   string
}
