package config

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryKeyHasAReloadClass(t *testing.T) {
	keys := Keys()
	seen := map[string]bool{}
	for _, k := range keys {
		if k.Reload != Live && k.Reload != NewSessions && k.Reload != Restart {
			t.Errorf("%s: reload class %q", k.Name, k.Reload)
		}
		if seen[k.Name] {
			t.Errorf("%s is there twice", k.Name)
		}
		seen[k.Name] = true
	}
	for _, want := range []string{
		"state-dir", "admin.socket", "log.level", "server.listen", "interface.pptp-dynamic-server.mppe-key-lengths",
		"pool<>.ranges", "aaa.authentication", "aaa.backend<>.config",
	} {
		if !seen[want] {
			t.Errorf("no key %s among %d", want, len(keys))
		}
	}
}

// The tags of the schema are read only when a value is; read them all.
func TestSchemaTags(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(table reflect.Type) {
		for i := range table.NumField() {
			f := table.Field(i)
			switch {
			case f.Type == reflect.TypeFor[[]poolTable](), f.Type == reflect.TypeFor[map[string]backendTable]():
				walk(f.Type.Elem())
			case isTable(f.Type):
				walk(f.Type)
			default:
				for _, v := range []any{int64(0), "0s", []any{}, map[string]any{}} {
					err := setLeaf(reflect.New(f.Type).Elem(), v, f.Tag)
					if err != nil && err.Error() == "" {
						t.Errorf("%s: an error without a text", f.Name)
					}
				}
			}
		}
	}
	walk(reflect.TypeFor[file]())
}

func TestChanged(t *testing.T) {
	parse := func(text string) *Config {
		c, err := Parse("x.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	old := parse(`
[log]
level = "info"
[[pool]]
name = "a"
ranges = "10.6.0.1"
[[pool]]
name = "b"
ranges = "10.6.0.2"
`)
	now := parse(`
state-dir = "/srv"
[interface.pptp-dynamic-server]
mtu = 1400
mru = 1460
[[pool]]
name = "b"
ranges = "10.6.0.2-10.6.0.3"
[[pool]]
name = "a"
ranges = "10.6.0.1"
[aaa.backend.local]
plugin = "local"
`)
	want := []Key{
		{"aaa.backend<local>.command", Restart},
		{"aaa.backend<local>.config", Live},
		{"aaa.backend<local>.plugin", Restart},
		{"interface.pptp-dynamic-server.mtu", NewSessions},
		{"pool<b>.ranges", NewSessions},
		{"state-dir", Restart},
	}
	if d := cmp.Diff(want, Changed(old, now)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := Changed(now, now); len(got) != 0 {
		t.Errorf("Changed(same) = %v, want none", got)
	}
}
