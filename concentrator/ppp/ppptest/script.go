package ppptest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// Script is one machine's dialogue with a scripted peer, one step per line:
//
//	set auth mschapv2             a field of ppp.Config, before the first step
//	user "john" "secret"          whom Judge and Respond know
//	address dns1=10.0.0.53        what "= grant" grants
//	auto verdict address          questions that are answered at once, unseen
//
//	= up                          an input: up, down, tick, terminate "why",
//	                              verdict accept|reject [code], grant,
//	                              credential, nocredential, reset
//	> lcp ConfReq id=0 mru=1400   a frame from the peer, see Compose
//	> ack lcp                     ... Ack of the machine's last Configure-Request,
//	> nak lcp mru=1400, > rej lcp pcomp
//	> response, > success         ... the proper answer to Challenge, Response
//	< lcp ConfReq mru=1460 ...    a frame that the machine must have sent, see Match
//	! LinkUp auth=mschapv2        another output that must have been made
//	x ipcp ...                    no such output may be waiting
//	~                             whatever else was put out does not matter
//	@ 3s                          let time pass until 3 s after the start
//	+ 3s                          let 3 s pass
//
// Outputs are gathered until the next input; each must be named by exactly one
// line "<" or "!", in any order. $lcp.ConfReq.magic stands for that field of
// the last such packet of the machine.
type Script struct {
	Config  ppp.Config
	User    User
	Address Addresses
	Auto    map[string]bool
	Steps   []Step
}

// Step is one line of a script.
type Step struct {
	Line int
	Verb string // = > < ! x ~ @ +
	Text string
}

// ParseScript reads a script.
func ParseScript(text string) (*Script, error) {
	s := &Script{
		User:    User{Name: "john", Password: "secret"},
		Address: DefaultAddresses(),
		Auto:    map[string]bool{},
	}
	for i, line := range strings.Split(text, "\n") {
		w, err := words(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if len(w) == 0 {
			continue
		}
		switch w[0] {
		case "=", ">", "<", "!", "x", "~", "@", "+":
			s.Steps = append(s.Steps, Step{Line: i + 1, Verb: w[0], Text: strings.Join(w[1:], " ")})
			continue
		}
		if err := s.declare(w); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return s, nil
}

// declare performs a line that is no step.
func (s *Script) declare(w []string) (err error) {
	switch {
	case w[0] == "user" && len(w) == 3:
		if s.User.Name, err = strconv.Unquote(w[1]); err != nil {
			return err
		}
		s.User.Password, err = strconv.Unquote(w[2])
		return err
	case w[0] == "nokeys":
		s.User.NoKeys = true
		return nil
	case w[0] == "auto":
		for _, what := range w[1:] {
			s.Auto[what] = true
		}
		return nil
	case w[0] == "address":
		return s.declareAddresses(w[1:])
	case w[0] == "set" && len(w) == 3:
		return setConfig(&s.Config, w[1], w[2])
	}
	return fmt.Errorf("%q is neither a step nor a declaration", strings.Join(w, " "))
}

func (s *Script) declareAddresses(w []string) error {
	fields := map[string]*netip.Addr{
		"local": &s.Address.Local, "remote": &s.Address.Remote,
		"dns1": &s.Address.DNS[0], "dns2": &s.Address.DNS[1],
		"nbns1": &s.Address.NBNS[0], "nbns2": &s.Address.NBNS[1],
	}
	for _, word := range w {
		name, text, _ := strings.Cut(word, "=")
		field, ok := fields[name]
		if !ok {
			return fmt.Errorf("no address %q", name)
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return err
		}
		*field = a
	}
	return nil
}

var encryptionNames = map[string]ppp.Encryption{
	"none": ppp.EncryptionNone, "optional": ppp.EncryptionOptional,
	"required": ppp.EncryptionRequired, "stateless": ppp.EncryptionStateless,
}

// setConfig sets the field of c that key names.
func setConfig(c *ppp.Config, key, text string) (err error) {
	number := func() int { n, e := strconv.Atoi(text); err = e; return n }
	duration := func() time.Duration { d, e := time.ParseDuration(text); err = e; return d }
	addr := func() netip.Addr { a, e := netip.ParseAddr(text); err = e; return a }
	switch key {
	case "role":
		c.Role = map[string]ppp.Role{"server": ppp.Server, "client": ppp.Client}[text]
	case "auth":
		c.Auth, err = methods(text)
	case "encryption":
		e, ok := encryptionNames[text]
		if !ok {
			return fmt.Errorf("no encryption %q", text)
		}
		c.Encryption = e
	case "keys":
		for _, bits := range strings.Split(text, ",") {
			c.KeyLengths |= map[string]ppp.KeyLengths{"40": ppp.Key40, "56": ppp.Key56, "128": ppp.Key128}[bits]
		}
	case "mru":
		c.MRU = uint16(number())
	case "mtu":
		c.MTU = uint16(number())
	case "name":
		c.Name = text
	case "retries":
		c.AuthRetries = number()
	case "echo":
		c.EchoInterval = duration()
	case "echofailure":
		c.EchoFailure = number()
	case "local":
		c.Local = addr()
	case "remote":
		c.Remote = addr()
	case "ask":
		c.WantDNS, c.WantNBNS = strings.Contains(text, "dns"), strings.Contains(text, "nbns")
	case "identification":
		c.Identification = text
	case "restart":
		c.Restart = duration()
	case "authtimeout":
		c.AuthTimeout = duration()
	case "maxconfigure":
		c.MaxConfigure = number()
	case "maxfailure":
		c.MaxFailure = number()
	default:
		return fmt.Errorf("no setting %q", key)
	}
	return err
}

func methods(text string) ([]ppp.AuthMethod, error) {
	var out []ppp.AuthMethod
	for _, name := range strings.Split(text, ",") {
		found := false
		for m, n := range methodNames {
			if n == name {
				out, found = append(out, m), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no method %q", name)
		}
	}
	return out, nil
}
