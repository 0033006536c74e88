package concentrator

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// DefaultConfig is what holds for every key that the administrator does not
// set, addresses and pools excepted.
func DefaultConfig() Config {
	return Config{
		Server: ServerConfig{
			Listen:            []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:1723")},
			HostName:          "pptpac",
			MaxSessions:       0,
			MaxStarting:       1000,
			MaxPerSource:      0,
			MaxStartingSource: 100,
			MaxCalls:          100,
			FirstTimeout:      5 * time.Second,
			SetupTimeout:      30 * time.Second,
			EchoInterval:      60 * time.Second,
			EchoTimeout:       60 * time.Second,
			CallIDHoldDown:    60 * time.Second,
			EndedSessions:     1000,
			ShutdownTimeout:   10 * time.Second,
			AuthTimeout:       10 * time.Second,
		},
		Dynamic: DynamicServerConfig{
			LinkConfig: LinkConfig{
				MTU: 1460, MRU: 1460,
				MSCHAPv2:        true,
				Encryption:      ppp.EncryptionStateless,
				KeyLengths:      ppp.Key128,
				LCPEchoInterval: 30 * time.Second,
				LCPEchoFailure:  5,
				ClampMSS:        true,
			},
			Enabled: true,
			Device:  "pptpac0",
		},
	}
}
