package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Keys that several checks name.
var (
	keyDynamic       = path{"interface", "pptp-dynamic-server"}
	keyLocalAddress  = keyDynamic.child("local-address")
	keyRemoteAddress = keyDynamic.child("remote-address")
	keyListen        = path{"server", "listen"}
	keyBackend       = path{"aaa", "backend"}
)

// shippedPlugins are the plugins inside our own binary.
var shippedPlugins = [...]string{"local"}

// maxSocketPath is what sockaddr_un holds, less the final zero.
const maxSocketPath = 107

func (f *findings) checkPaths(s *file) {
	f.checkAbsolute(path{"state-dir"}, s.StateDir)
	socket := path{"admin", "socket"}
	if f.checkAbsolute(socket, s.Admin.Socket); len(s.Admin.Socket) > maxSocketPath {
		f.add(socket, "%q: a path of %d bytes; a socket's has at most %d", s.Admin.Socket, len(s.Admin.Socket), maxSocketPath)
	}
	for key, group := range map[string]string{"group": s.Admin.Group, "read-only-group": s.Admin.ReadOnlyGroup} {
		if strings.ContainsFunc(group, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ':' }) {
			f.add(path{"admin", key}, "%q: want the name of a group of this system, or \"\" for none", group)
		}
	}
}

func (f *findings) checkAbsolute(key path, value string) {
	if !filepath.IsAbs(value) || strings.ContainsRune(value, 0) {
		f.add(key, "%q: want an absolute path", value)
	}
}

func (f *findings) checkServer(s *file) {
	v := s.Server
	if name := v.HostName; name == "" || len(name) > 63 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		f.add(path{"server", "host-name"}, "%q: want 1 to 63 printable ASCII characters without blanks", name)
	}
	if len(v.Listen) == 0 {
		f.add(keyListen, "[]: want at least one address and port, such as \"0.0.0.0:1723\"")
	}
	for i, a := range v.Listen {
		for _, b := range v.Listen[:i] {
			if a.Port() == b.Port() && (a.Addr().IsUnspecified() || b.Addr().IsUnspecified()) {
				f.add(keyListen.index(i), "%s is covered by %s already, or covers it: want one of them", a, b)
			}
		}
	}
	first, setup, timeout := path{"server", "first-message-timeout"}, path{"server", "setup-timeout"}, path{"aaa", "timeout"}
	if f.good(first, setup) && v.FirstMessageTimeout > v.SetupTimeout {
		f.add(f.set(first, setup), "%s is longer than setup-timeout = %s, which includes it", FormatTime(v.FirstMessageTimeout), FormatTime(v.SetupTimeout))
	}
	if f.good(timeout, setup) && s.AAA.Timeout >= v.SetupTimeout {
		f.add(f.set(timeout, setup), "a backend may take aaa.timeout = %s, but server.setup-timeout = %s ends the call before: want the latter to be longer",
			FormatTime(s.AAA.Timeout), FormatTime(v.SetupTimeout))
	}
}

func (f *findings) checkLink(d *dynamicServerTable) {
	methods := []path{keyDynamic.child("ms-chapv2"), keyDynamic.child("ms-chapv1"), keyDynamic.child("chap"), keyDynamic.child("pap")}
	encryption, lengths := keyDynamic.child("encryption"), keyDynamic.child("mppe-key-lengths")
	keys := d.MSCHAPv1 || d.MSCHAPv2
	switch required := encryptions[d.Encryption].Required(); {
	case !f.good(methods...):
	case !keys && !d.PAP && !d.CHAP:
		f.add(f.set(methods...), "no authentication method is left: want at least one of pap, chap, ms-chapv1 and ms-chapv2 to be true")
	case !keys && required && f.good(encryption):
		f.add(f.set(append([]path{encryption}, methods...)...),
			"encryption = %q needs keys, and pap and chap yield none: want ms-chapv2 (or ms-chapv1) = true, or encryption = none or optional", d.Encryption)
	}
	if d.Encryption != "none" && len(d.KeyLengths) == 0 && f.good(lengths, encryption) {
		f.add(f.set(lengths, encryption), "[]: encryption = %q needs at least one of 40, 56 and 128", d.Encryption)
	}
	f.checkDevice(d)
}

// checkDevice applies the kernel's rules for names of interfaces, and leaves
// room for a number where each session has a device.
func (f *findings) checkDevice(d *dynamicServerTable) {
	const kernel, numbered = 15, 10
	key := keyDynamic.child("device")
	bad := strings.ContainsFunc(d.Device, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/:%", r) })
	switch {
	case d.Device == "" || d.Device == "." || d.Device == ".." || len(d.Device) > kernel || bad:
		f.add(key, "%q: want the name of a network interface: 1 to %d characters, without blanks, / : and %%", d.Device, kernel)
	case d.InterfacePerSession && len(strings.TrimRight(d.Device, "0123456789")) > numbered:
		f.add(f.set(key, keyDynamic.child("interface-per-session")),
			"%q: want at most %d characters before the number, which interface-per-session counts up", d.Device, numbered)
	}
}

func (f *findings) checkAAA(a *aaaTable) {
	for name, b := range a.Backends {
		at := keyBackend.child(name)
		if !validName(name) {
			f.add(at, "%q: %s", name, nameForm)
		}
		plugin, command := at.child("plugin"), at.child("command")
		switch {
		case !f.good(plugin, command):
		case b.Plugin == "" && len(b.Command) == 0:
			f.add(at, "want either plugin = %s or command = [\"/path/to/plugin\", \"argument\"]", shipped())
		case b.Plugin != "" && len(b.Command) > 0:
			f.add(f.set(command), "a backend has either a plugin or a command, not both")
		case b.Plugin != "" && !slices.Contains(shippedPlugins[:], b.Plugin):
			f.add(plugin, "%q is no shipped plugin: want %s; others are named by command = [\"/path/to/plugin\"]", b.Plugin, shipped())
		case b.Plugin == "" && !filepath.IsAbs(b.Command[0]):
			f.add(command, "%q: want the absolute path of a program first", b.Command[0])
		}
	}
	known := slices.Collect(maps.Keys(a.Backends))
	if !slices.Contains(known, "local") {
		known = append(known, "local")
	}
	slices.Sort(known)
	for key, names := range map[string][]string{"authentication": a.Authentication, "accounting": a.Accounting} {
		for i, name := range names {
			if !slices.Contains(known, name) {
				f.add(path{"aaa", key}.index(i), "%q: there is no [aaa.backend.%s]: want %s", name, name, either(known))
			}
		}
	}
	if key := (path{"aaa", "authentication"}); len(a.Authentication) == 0 && f.good(key) {
		f.add(key, "[]: nobody could dial in: want at least one backend, such as \"local\"")
	}
}

func shipped() string {
	var words []string
	for _, p := range shippedPlugins {
		words = append(words, fmt.Sprintf("%q", p))
	}
	return either(words)
}
