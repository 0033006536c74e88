package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestEveryKeyHasAReloadClass(t *testing.T) {
	keys := Keys()
	seen := map[string]bool{}
	for _, k := range keys {
		if k.Reload != Live && k.Reload != NewSessions && k.Reload != Idle && k.Reload != Restart {
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

// The example tells when a change of each key takes effect: the last mark above
// the key.
func TestExampleTellsReloadClasses(t *testing.T) {
	text, err := os.ReadFile("../../../contrib/pptpac.toml")
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]Reload{}
	for _, k := range Keys() {
		classes[k.Name] = k.Reload
	}
	mark := regexp.MustCompile(`\[(live|new-sessions|idle|restart)\]`)
	table, said, told := "", "", map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		key, _, isKey := strings.Cut(line, " = ")
		switch {
		case strings.HasPrefix(line, "#"):
			if all := mark.FindAllStringSubmatch(line, -1); all != nil {
				said = all[len(all)-1][1]
			}
		case line == "[[pool]]":
			table = "pool<>."
		case strings.HasPrefix(line, "[aaa.backend."):
			table = "aaa.backend<>."
			if strings.HasSuffix(line, ".config]") {
				told["aaa.backend<>.config"] = classes["aaa.backend<>.config"] == Reload(said)
			}
		case strings.HasPrefix(line, "["):
			table = strings.Trim(line, "[]") + "."
		case isKey && !told[table+key]:
			if told[table+key] = true; classes[table+key] != Reload(said) {
				t.Errorf("%s: the example says [%s], the schema %q", table+key, said, classes[table+key])
			}
		}
	}
	for name := range classes {
		if name != "aaa.backend<>.command" && !told[name] { // shown in a comment
			t.Errorf("%s: the example does not tell its class", name)
		}
	}
}
