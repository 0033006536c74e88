package ppp

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Bounds of what a link may be told to use.
const (
	minMRU     = 128   // below, nothing useful passes
	maxMRU     = 16384 // above, no frame fits a GRE packet anyway
	defaultMRU = 1500  // RFC 1661 §6.1: what holds without negotiation
)

// complete checks cfg and fills the defaults in.
func complete(cfg Config) (Config, error) {
	if err := validate(cfg); err != nil {
		return cfg, err
	}
	cfg.Auth = usableMethods(cfg.Auth, cfg.Encryption)
	if cfg.Encryption.Required() && len(cfg.Auth) == 0 {
		return cfg, errors.New("ppp: Auth: encryption is required, but neither ms-chapv1 nor ms-chapv2 is allowed; only they yield keys")
	}
	orMTU := func(v *uint16) {
		if *v == 0 {
			*v = 1460
		}
	}
	orMTU(&cfg.MRU)
	orMTU(&cfg.MTU)
	orDuration := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	orDuration(&cfg.FirstRestart, time.Second)
	orDuration(&cfg.Restart, 3*time.Second)
	orDuration(&cfg.AuthTimeout, 30*time.Second)
	orCount := func(v *int, n int) {
		if *v == 0 {
			*v = n
		}
	}
	orCount(&cfg.MaxConfigure, 10)
	orCount(&cfg.MaxTerminate, 2)
	orCount(&cfg.MaxFailure, 5)
	orCount(&cfg.EchoFailure, 5)
	if cfg.KeyLengths == 0 {
		cfg.KeyLengths = Key128
	}
	return cfg, nil
}

func validate(cfg Config) error {
	for _, v := range []struct {
		field string
		bad   bool
		want  string
	}{
		{"Role", cfg.Role > Client, "Server or Client"},
		{"Rand", cfg.Rand == nil, "a source of randomness"},
		{"MRU", cfg.MRU != 0 && (cfg.MRU < minMRU || cfg.MRU > maxMRU), "128 to 16384"},
		{"MTU", cfg.MTU != 0 && (cfg.MTU < minMRU || cfg.MTU > maxMRU), "128 to 16384"},
		{"Auth", slices.ContainsFunc(cfg.Auth, func(a AuthMethod) bool { return a > MSCHAPv2 }), "known methods"},
		{"Name", len(cfg.Name) > maxName, "at most 256 octets"},
		{"AuthRetries", cfg.AuthRetries < 0, "0 or more"},
		{"Encryption", cfg.Encryption > EncryptionStateless, "none, optional, required or stateless"},
		{"KeyLengths", cfg.KeyLengths&^(Key40|Key56|Key128) != 0, "a set of Key40, Key56, Key128"},
		{"Local", cfg.Local.IsValid() && !cfg.Local.Is4(), "an IPv4 address"},
		{"Remote", cfg.Remote.IsValid() && !cfg.Remote.Is4(), "an IPv4 address"},
		{"EchoInterval", cfg.EchoInterval < 0, "0 or more"},
		{"EchoFailure", cfg.EchoFailure < 0, "0 or more"},
		{"FirstRestart", cfg.FirstRestart < 0, "0 or more"},
		{"Restart", cfg.Restart < 0, "0 or more"},
		{"AuthTimeout", cfg.AuthTimeout < 0, "0 or more"},
		{"MaxConfigure", cfg.MaxConfigure < 0, "0 or more"},
		{"MaxTerminate", cfg.MaxTerminate < 0, "0 or more"},
		{"MaxFailure", cfg.MaxFailure < 0, "0 or more"},
	} {
		if v.bad {
			return fmt.Errorf("ppp: %s: want %s", v.field, v.want)
		}
	}
	return nil
}

// usableMethods drops repetitions, AuthNone and, where encryption is required,
// the methods that yield no keys.
func usableMethods(methods []AuthMethod, e Encryption) []AuthMethod {
	var out []AuthMethod
	for _, a := range methods {
		if a == AuthNone || slices.Contains(out, a) || e.Required() && a != MSCHAPv1 && a != MSCHAPv2 {
			continue
		}
		out = append(out, a)
	}
	return out
}
