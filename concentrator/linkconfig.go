package concentrator

import (
	"io"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// linkConfig puts the words of the configuration in the machine's terms. name
// is what we call ourselves: the server's name, or the client's user.
func linkConfig(c LinkConfig, role ppp.Role, rand io.Reader, name string) ppp.Config {
	return ppp.Config{
		Role: role, Rand: rand, Name: name,
		MRU: uint16(c.MRU), MTU: uint16(c.MTU),
		Auth:       c.methods(),
		Encryption: c.Encryption, KeyLengths: c.KeyLengths,
		EchoInterval: c.LCPEchoInterval, EchoFailure: c.LCPEchoFailure,
	}
}

// methods lists the authentication methods, best first. Where encryption is
// required only those that yield keys are offered.
func (c LinkConfig) methods() []ppp.AuthMethod {
	var list []ppp.AuthMethod
	for _, m := range []struct {
		on, keys bool
		method   ppp.AuthMethod
	}{
		{c.MSCHAPv2, true, ppp.MSCHAPv2},
		{c.MSCHAPv1, true, ppp.MSCHAPv1},
		{c.CHAP, false, ppp.CHAPMD5},
		{c.PAP, false, ppp.PAP},
	} {
		if m.on && (m.keys || !c.Encryption.Required()) {
			list = append(list, m.method)
		}
	}
	return list
}
