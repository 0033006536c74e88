package local

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/pptpac/pptpac/aaa"
)

func TestCheckName(t *testing.T) {
	for _, c := range []struct {
		name string
		ok   bool
	}{
		{"john", true}, {"7up", true}, {"J.Doe_x*y@example.org", true}, {"a-b", true},
		{strings.Repeat("a", maxName), true}, {strings.Repeat("a", maxName+1), false},
		{"", false}, {"-a", false}, {"*a", false}, {"_a", false}, {".a", false}, {"@a", false},
		{"a b", false}, {`D\a`, false}, {"a/b", false}, {"é", false}, {"a\x00", false}, {"a\n", false}, {"a\xff", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := checkName("name", c.name)
			if (err == nil) != c.ok {
				t.Errorf("checkName(%q) = %v, want ok %v", c.name, err, c.ok)
			}
			if err != nil && !errors.Is(err, aaa.ErrInvalid) {
				t.Errorf("checkName(%q) = %v, want ErrInvalid", c.name, err)
			}
		})
	}
}

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct {
		name, password string
		ok             bool
	}{
		{"plain", "geheim", true},
		{"blank", " ", true},
		{"longest", strings.Repeat("ü", maxPassword), true},
		{"too long", strings.Repeat("s3cret", maxPassword), false},
		{"empty", "", false},
		{"line end", "s3cret\n", false},
		{"not UTF-8", "s3cret\xff", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := checkPassword(c.password)
			if (err == nil) != c.ok {
				t.Errorf("checkPassword() = %v, want ok %v", err, c.ok)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("checkPassword() = %v, which tells the password", err)
			}
		})
	}
}

func TestRecordCheck(t *testing.T) {
	good := func() record {
		return record{
			Group: "ppp", Storage: aaa.StoreNTHash, CallerID: "192.0.2.7",
			LocalAddress: netip.MustParseAddr("10.0.0.1"), RemoteAddress: netip.MustParseAddr("10.0.0.2"),
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*record)
		mention string // "" is good
	}{
		{"good", func(*record) {}, ""},
		{"no addresses", func(r *record) { r.LocalAddress, r.RemoteAddress = netip.Addr{}, netip.Addr{} }, ""},
		{"no group", func(r *record) { r.Group = "" }, "group"},
		{"caller", func(r *record) { r.CallerID = "host" }, "caller-id"},
		{"IPv6", func(r *record) { r.LocalAddress = netip.MustParseAddr("2001:db8::1") }, "local-address"},
		{"0.0.0.0", func(r *record) { r.RemoteAddress = netip.MustParseAddr("0.0.0.0") }, "remote-address"},
		{"multicast", func(r *record) { r.RemoteAddress = netip.MustParseAddr("224.0.0.1") }, "remote-address"},
		{"broadcast", func(r *record) { r.RemoteAddress = netip.MustParseAddr("255.255.255.255") }, "remote-address"},
		{"loopback", func(r *record) { r.RemoteAddress = netip.MustParseAddr("127.0.0.1") }, "remote-address"},
		{"same", func(r *record) { r.RemoteAddress = r.LocalAddress }, "both"},
		{"time", func(r *record) { r.MaxSessionTime = -1 }, "max-session-time"},
		{"storage", func(r *record) { r.Storage = "plain" }, "nt-hash, reversible"},
		{"comment", func(r *record) { r.Comment = "\xff" }, "comment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := good()
			c.change(&r)
			err := r.check()
			if c.mention == "" {
				if err != nil {
					t.Errorf("check() = %v, want nil", err)
				}
				return
			}
			if !errors.Is(err, aaa.ErrInvalid) || !strings.Contains(err.Error(), c.mention) {
				t.Errorf("check() = %v, want an ErrInvalid that mentions %q", err, c.mention)
			}
		})
	}
}
