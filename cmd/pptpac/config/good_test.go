package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/pool"
)

var compare = []cmp.Option{
	cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty(),
	cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, netip.Prefix{}),
}

func ranges(t *testing.T, s string) pool.Ranges {
	t.Helper()
	rs, err := pool.ParseRanges(s)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// wantDefault is what design and manual say holds without a file.
func wantDefault(t *testing.T) *Config {
	d := concentrator.DynamicServerConfig{
		LinkConfig: concentrator.LinkConfig{
			MTU: 1460, MRU: 1460, MSCHAPv2: true,
			Encryption: ppp.EncryptionStateless, KeyLengths: ppp.Key128,
			LCPEchoInterval: 30 * time.Second, LCPEchoFailure: 5, ClampMSS: true,
		},
		Enabled:      true,
		LocalAddress: ranges(t, "10.5.17.254"),
		RemotePool:   "pptp-dynamic-server",
		Routes:       ranges(t, "10.5.17.1-10.5.17.50").Prefixes(),
		Device:       concentrator.DefaultConfig().Dynamic.Device,
	}
	return &Config{
		StateDir:     "/var/lib/pptpac",
		Admin:        Admin{Socket: "/run/pptpac/admin.sock", Group: "pptpac"},
		Log:          Log{Level: "info", Format: "console"},
		Concentrator: concentrator.Config{Server: concentrator.DefaultConfig().Server, Dynamic: d},
		Pools:        []pool.Config{{Name: "pptp-dynamic-server", Ranges: ranges(t, "10.5.17.1-10.5.17.50"), Quarantine: time.Minute}},
		AAA: AAA{
			Authentication: []string{"local"}, Accounting: []string{"local"}, Timeout: 10 * time.Second,
			Backends: []Backend{{Name: "local", Plugin: "local", Config: []byte("{}")}},
		},
	}
}

func load(t *testing.T, name string) *Config {
	t.Helper()
	c, err := Load(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Validate(c.Pools); err != nil {
		t.Errorf("the pools are accepted here, and refused by package pool: %v", err)
	}
	return c
}

func TestDefault(t *testing.T) {
	for name, got := range map[string]*Config{"Default": Default(), "empty file": load(t, "empty.good.toml")} {
		if d := cmp.Diff(wantDefault(t), got, compare...); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

func TestMinimalFile(t *testing.T) {
	want := wantDefault(t)
	want.Pools[0].Ranges = ranges(t, "192.168.77.10-192.168.77.99")
	want.Concentrator.Dynamic.LocalAddress = ranges(t, "192.168.77.1")
	want.Concentrator.Dynamic.Routes = want.Pools[0].Ranges.Prefixes()
	if d := cmp.Diff(want, load(t, "minimal.good.toml"), compare...); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestLocalRange(t *testing.T) {
	want := wantDefault(t)
	local := ranges(t, "10.9.0.1-10.9.0.20")
	want.Concentrator.Dynamic.LocalAddress = local
	want.Concentrator.Dynamic.LocalPool = "pptp-dynamic-server-local"
	want.Pools = append(want.Pools, pool.Config{Name: "pptp-dynamic-server-local", Ranges: local, Quarantine: time.Minute})
	if d := cmp.Diff(want, load(t, "local-range.good.toml"), compare...); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestFullFile(t *testing.T) {
	want := wantDefault(t)
	want.StateDir, want.Admin.Socket = "/srv/pptpac", "/srv/pptpac/admin.sock"
	want.Log = Log{Level: "debug", Format: "json"}
	s := &want.Concentrator.Server
	s.Listen = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1723"), netip.MustParseAddrPort("10.1.1.1:1724")}
	s.SetupTimeout, s.EchoInterval, s.AuthTimeout = 45*time.Second, 90*time.Second, 2*20*time.Second
	want.Concentrator.Dynamic = concentrator.DynamicServerConfig{
		LinkConfig: concentrator.LinkConfig{
			MTU: 1460, MRU: 1460, PAP: true, MSCHAPv1: true, MSCHAPv2: true,
			Encryption: ppp.EncryptionOptional, KeyLengths: ppp.Key40 | ppp.Key128,
			IdleTimeout: 4*time.Hour + 35*time.Second, SessionTimeout: 26 * time.Hour,
			LCPEchoFailure: 5, ClampMSS: true,
		},
		Enabled: true, LocalAddress: ranges(t, "10.9.0.1-10.9.0.20"), LocalPool: "pptp-dynamic-server-local",
		RemotePool:          "office",
		Routes:              ranges(t, "10.6.0.0/30,10.6.1.1,10.7.0.9,10.7.0.11").Prefixes(),
		DNS:                 []netip.Addr{netip.MustParseAddr("192.0.2.53"), netip.MustParseAddr("192.0.2.54")},
		WINS:                []netip.Addr{netip.MustParseAddr("192.0.2.55")},
		InterfacePerSession: true, Device: "vpn0",
	}
	want.Pools = []pool.Config{
		{Name: "office", Ranges: ranges(t, "10.6.0.0/30,10.6.1.1"), NextPool: "more", Quarantine: 5 * time.Minute},
		{Name: "more", Ranges: ranges(t, "10.7.0.9,10.7.0.11"), UseNetworkAndBroadcast: true},
		{Name: "pptp-dynamic-server-local", Ranges: ranges(t, "10.9.0.1-10.9.0.20"), Quarantine: time.Minute},
	}
	want.AAA = AAA{
		Authentication: []string{"other", "local"}, FaultsFallThrough: true, Timeout: 20 * time.Second,
		Backends: []Backend{
			{Name: "local", Plugin: "local", Config: []byte("{}")},
			{
				Name: "other", Command: []string{"/usr/lib/other", "-v", "-v"},
				Config: []byte(`{"servers":[{"address":"192.0.2.9","port":1812,"secret-file":"/etc/secret"}],"since":"2026-01-02T00:00:00Z"}`),
			},
		},
	}
	t.Setenv("TZ", "UTC")
	if d := cmp.Diff(want, load(t, "full.good.toml"), compare...); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// A local address in a pool that only backends name is left out of it.
func TestLocalAddressIsExcluded(t *testing.T) {
	c, err := Parse("x.toml", []byte("[[pool]]\nname = \"a\"\nranges = \"10.5.17.200-10.5.17.254\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Pools[0].Exclude, netip.MustParseAddr("10.5.17.254"); len(got) != 1 || got[0] != want {
		t.Errorf("Exclude = %v, want %v", got, want)
	}
}

func TestCheckHost(t *testing.T) {
	c := load(t, "full.good.toml")
	addr := netip.MustParseAddr
	for _, ok := range [][]netip.Addr{nil, {addr("192.0.2.1"), addr("::1"), addr("127.0.0.1")}, {addr("10.9.0.7")}} {
		if err := c.CheckHost(ok); err != nil {
			t.Errorf("CheckHost(%v) = %v, want nil", ok, err)
		}
	}
	err := c.CheckHost([]netip.Addr{addr("10.7.0.11"), addr("192.0.2.1"), addr("10.6.0.2")})
	want := `testdata/full.good.toml:30: pool[0].ranges: pool "office" 10.6.0.0-10.6.0.3,10.6.1.1 contains 10.6.0.2, which is an address of this host
testdata/full.good.toml:36: pool[1].ranges: pool "more" 10.7.0.9,10.7.0.11 contains 10.7.0.11, which is an address of this host`
	if err == nil || err.Error() != want {
		t.Errorf("CheckHost = %v\nwant %s", err, want)
	}
	err = Default().CheckHost([]netip.Addr{addr("10.5.17.3"), addr("10.5.17.254")})
	want = `built-in defaults: interface.pptp-dynamic-server.remote-address: remote-address 10.5.17.1-10.5.17.50 contains 10.5.17.3, which is an address of this host`
	if err == nil || err.Error() != want {
		t.Errorf("CheckHost of the defaults = %v\nwant %s", err, want)
	}
}

const example = "../../../contrib/pptpac.toml"

// The example says what holds anyway, and has every key that there is.
func TestExample(t *testing.T) {
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("contrib/pptpac.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	want := wantDefault(t)
	want.Pools = append([]pool.Config{
		{Name: "office", Ranges: ranges(t, "10.6.0.0/24,10.6.2.1-10.6.2.50"), NextPool: "overflow", Quarantine: time.Minute},
		{Name: "overflow", Ranges: ranges(t, "10.7.0.0/24"), Quarantine: time.Minute},
	}, want.Pools...)
	want.Concentrator.Dynamic.Routes = ranges(t, "10.5.17.1-10.5.17.50,10.6.0.0/24,10.6.2.1-10.6.2.50,10.7.0.0/24").Prefixes()
	if d := cmp.Diff(want, c, compare...); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	documented(t, string(text), reflect.TypeFor[file](), nil, findPositions(string(text)))
}

// documented wants each key of the schema in the example, commented out or not.
func documented(t *testing.T, text string, table reflect.Type, at path, lines positions) {
	t.Helper()
	for i := range table.NumField() {
		f := table.Field(i)
		here := at.child(f.Tag.Get("toml"))
		switch {
		case f.Type == reflect.TypeFor[[]poolTable]():
			documented(t, text, reflect.TypeFor[poolTable](), here.index(0), lines)
		case f.Type == reflect.TypeFor[map[string]backendTable]():
			documented(t, text, reflect.TypeFor[backendTable](), here.child("local"), lines)
		case isTable(f.Type):
			documented(t, text, f.Type, here, lines)
		case here.String() == "aaa.backend.local.command": // excludes plugin
			if !strings.Contains(text, "\n# command = [") {
				t.Error("the example does not show how to name another plugin's command")
			}
		case lines[here.key()] == 0:
			t.Errorf("the example does not have the key %s", here)
		}
	}
}
