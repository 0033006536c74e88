package local

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pptpac/pptpac/aaa"
)

// Limits of what an administrator may enter.
const (
	maxName     = 128 // octets
	maxComment  = 1024
	maxPassword = 256 // characters: RFC 2759 §8.1
)

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// checkName checks the name of a user or, as what says, of a group.
func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%w: %s is empty", aaa.ErrInvalid, what)
	}
	if len(name) > maxName {
		return fmt.Errorf("%w: %s has %d characters: at most %d are allowed", aaa.ErrInvalid, what, len(name), maxName)
	}
	if !alphanumeric(name[0]) {
		return fmt.Errorf("%w: %s %q: it must start with a letter or digit", aaa.ErrInvalid, what, name)
	}
	for i := range len(name) {
		if !alphanumeric(name[i]) && strings.IndexByte("*_.@-", name[i]) < 0 {
			return fmt.Errorf("%w: %s %q: allowed are letters, digits and * _ . @ -", aaa.ErrInvalid, what, name)
		}
	}
	return nil
}

// checkPassword never says what the password is.
func checkPassword(password string) error {
	switch {
	case password == "":
		return fmt.Errorf("%w: password is empty", aaa.ErrInvalid)
	case !utf8.ValidString(password):
		return fmt.Errorf("%w: password is not UTF-8", aaa.ErrInvalid)
	case utf8.RuneCountInString(password) > maxPassword:
		return fmt.Errorf("%w: password has more than %d characters", aaa.ErrInvalid, maxPassword)
	case strings.ContainsFunc(password, unicode.IsControl):
		return fmt.Errorf("%w: password has a control character, perhaps a line end", aaa.ErrInvalid)
	}
	return nil
}

func checkStorage(s aaa.Storage) error {
	if s != aaa.StoreNTHash && s != aaa.StoreReversible {
		return fmt.Errorf("%w: storage %q: allowed are %s, %s", aaa.ErrInvalid, s, aaa.StoreNTHash, aaa.StoreReversible)
	}
	return nil
}

// checkAddress checks an inner address; one that is not valid means none.
func checkAddress(what string, a netip.Addr) error {
	if !a.IsValid() {
		return nil
	}
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if !a.Is4() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || a == broadcast {
		return fmt.Errorf("%w: %s %s: allowed is the IPv4 address of a host", aaa.ErrInvalid, what, a)
	}
	return nil
}

// check checks everything of a record that an administrator chose.
func (r *record) check() error {
	if err := checkName("group", r.Group); err != nil {
		return err
	}
	if len(r.Comment) > maxComment || !utf8.ValidString(r.Comment) {
		return fmt.Errorf("%w: comment: allowed are %d octets of UTF-8", aaa.ErrInvalid, maxComment)
	}
	if r.CallerID != "" {
		if _, err := netip.ParseAddr(r.CallerID); err != nil {
			return fmt.Errorf("%w: caller-id %q: allowed is the IP address of the client", aaa.ErrInvalid, r.CallerID)
		}
	}
	if err := checkAddress("local-address", r.LocalAddress); err != nil {
		return err
	}
	if err := checkAddress("remote-address", r.RemoteAddress); err != nil {
		return err
	}
	if r.LocalAddress.IsValid() && r.LocalAddress == r.RemoteAddress {
		return fmt.Errorf("%w: local-address and remote-address are both %s", aaa.ErrInvalid, r.LocalAddress)
	}
	if r.MaxSessionTime < 0 {
		return fmt.Errorf("%w: max-session-time is negative", aaa.ErrInvalid)
	}
	return checkStorage(r.Storage)
}
