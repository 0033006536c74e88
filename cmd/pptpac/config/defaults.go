package config

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/pool"
)

// defaultFile is the file that says what holds where the administrator's says
// nothing. What concerns the concentrator comes from its DefaultConfig.
func defaultFile() file {
	c := concentrator.DefaultConfig()
	s, d := c.Server, c.Dynamic
	return file{
		StateDir: "/var/lib/pptpac",
		Admin:    adminTable{Socket: "/run/pptpac/admin.sock", Group: "pptpac"},
		Log:      logTable{Level: "info", Format: "console"},
		Server: serverTable{
			Listen: s.Listen, HostName: s.HostName,
			MaxSessions: s.MaxSessions, MaxStarting: s.MaxStarting,
			MaxPerSource: s.MaxPerSource, MaxStartingPerSource: s.MaxStartingSource, MaxCalls: s.MaxCalls,
			FirstMessageTimeout: s.FirstTimeout, SetupTimeout: s.SetupTimeout,
			EchoInterval: s.EchoInterval, EchoTimeout: s.EchoTimeout,
			CallIDHoldDown: s.CallIDHoldDown, EndedSessions: s.EndedSessions, ShutdownTimeout: s.ShutdownTimeout,
		},
		Interface: interfaceTable{DynamicServer: dynamicServerTable{
			Enabled:       d.Enabled,
			LocalAddress:  pool.Ranges{{First: netip.MustParseAddr("10.5.17.254"), Last: netip.MustParseAddr("10.5.17.254")}},
			RemoteAddress: remoteAddress{ranges: pool.Ranges{{First: netip.MustParseAddr("10.5.17.1"), Last: netip.MustParseAddr("10.5.17.50")}}},
			MTU:           d.MTU, MRU: d.MRU,
			PAP: d.PAP, CHAP: d.CHAP, MSCHAPv1: d.MSCHAPv1, MSCHAPv2: d.MSCHAPv2,
			Encryption: encryptionWord(d.Encryption), KeyLengths: bitsOf(d.KeyLengths),
			DNS: d.DNS, WINS: d.WINS,
			IdleTimeout: d.IdleTimeout, SessionTimeout: d.SessionTimeout,
			LCPEchoInterval: d.LCPEchoInterval, LCPEchoFailure: d.LCPEchoFailure,
			ClampMSS: d.ClampMSS, InterfacePerSession: d.InterfacePerSession, Device: d.Device,
		}},
		AAA: aaaTable{
			Authentication: []string{"local"}, Accounting: []string{"local"},
			Faults: "refuse", Timeout: s.AuthTimeout,
		},
	}
}

// defaultPool is a [[pool]] that says nothing.
func defaultPool() poolTable { return poolTable{Quarantine: defaultQuarantine} }

// defaultQuarantine is longer than the packets of a session that broke off go
// on arriving for its address.
const defaultQuarantine = time.Minute

// encryptions and keyLengths are the words of the file for the values of ppp.
var encryptions = map[string]ppp.Encryption{
	"none": ppp.EncryptionNone, "optional": ppp.EncryptionOptional,
	"required": ppp.EncryptionRequired, "stateless": ppp.EncryptionStateless,
}

var keyLengths = [...]struct {
	bits int
	set  ppp.KeyLengths
}{{40, ppp.Key40}, {56, ppp.Key56}, {128, ppp.Key128}}

func encryptionWord(e ppp.Encryption) string {
	for word, value := range encryptions {
		if value == e {
			return word
		}
	}
	panic("BUG: an encryption without a word")
}

func bitsOf(set ppp.KeyLengths) []int {
	var bits []int
	for _, k := range keyLengths {
		if set&k.set != 0 {
			bits = append(bits, k.bits)
		}
	}
	return bits
}

func setOf(bits []int) ppp.KeyLengths {
	var set ppp.KeyLengths
	for _, n := range bits {
		for _, k := range keyLengths {
			if k.bits == n {
				set |= k.set
			}
		}
	}
	return set
}
