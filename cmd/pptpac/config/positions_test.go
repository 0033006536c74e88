package config

import (
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestPositions(t *testing.T) {
	text := `# comment [not.a.table]
a = 1
s = """
[not]
b = 2\"""" # ends with a quote
c = '''x'''
[t."quoted.\u0041 name"]
d = "# no comment \" [" # comment = 1
  e.f = [ 1, # one
    [2,
     3], {g = 4,
  h = "]"}]
[[list]]
x = 1
[[list.inner]]
y = 1
[[list.inner]]
y = 2
[[list]]
x = 2
[list.sub]
z = 1
[[list.inner]]
y = 3
`
	if _, err := toml.Decode(text, new(any)); err != nil {
		t.Fatal(err)
	}
	at := findPositions(strings.ReplaceAll(text, "\n", "\r\n"))
	for _, c := range []struct {
		line int
		path path
	}{
		{2, path{"a"}},
		{3, path{"s"}},
		{6, path{"c"}},
		{7, path{"t"}},
		{7, path{"t", "quoted.A name"}},
		{8, path{"t", "quoted.A name", "d"}},
		{9, path{"t", "quoted.A name", "e", "f"}},
		{9, path{"t", "quoted.A name", "e", "f", "[0]"}},
		{10, path{"t", "quoted.A name", "e", "f", "[1]", "[0]"}},
		{11, path{"t", "quoted.A name", "e", "f", "[1]", "[1]"}},
		{11, path{"t", "quoted.A name", "e", "f", "[2]", "g"}},
		{12, path{"t", "quoted.A name", "e", "f", "[2]", "h"}},
		{13, path{"list"}},
		{13, path{"list", "[0]"}},
		{14, path{"list", "[0]", "x"}},
		{16, path{"list", "[0]", "inner", "[0]", "y"}},
		{18, path{"list", "[0]", "inner", "[1]", "y"}},
		{19, path{"list", "[1]"}},
		{20, path{"list", "[1]", "x"}},
		{22, path{"list", "[1]", "sub", "z"}},
		{24, path{"list", "[1]", "inner", "[0]", "y"}},
		{0, path{"not"}},
		{0, path{"b"}},
	} {
		if got := at[c.path.key()]; got != c.line {
			t.Errorf("%s is in line %d, want %d", c.path, got, c.line)
		}
	}
	if got := at.line(path{"list", "[1]", "sub", "missing"}); got != 21 {
		t.Errorf("a missing key is told at line %d, want that of its table, 21", got)
	}
}

func TestPathString(t *testing.T) {
	if got, want := (path{"aaa", "list", "[0]", "name"}).String(), "aaa.list[0].name"; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
}

var numbered = regexp.MustCompile(`\x00\[\d+\]`)

// Whatever the library reads as a key, the scanner has found, in a line that
// there is.
func FuzzPositions(f *testing.F) {
	f.Add("a = 1\n[b]\nc.d = [1, {e = 2}]\n[[f]]\ng = '''\n'''\n")
	f.Add("\"q\\\"\" = \"\"\"\n\\\"\"\"\"\"\n'l.' = 1979-05-27 07:32:00\n")
	f.Add("a = {\n b = 1, # x\n}\r\n[ x . y ]\n")
	f.Add("[[a]]\n[[a.b]]\n[[a]]\n[a.c]\nd=[[1],[2]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		at := findPositions(text) // must end, whatever it is
		lines := strings.Count(text, "\n") + 1
		plain := map[string]bool{}
		for key, line := range at {
			if line < 1 || line > lines {
				t.Fatalf("%q is in line %d of %d", key, line, lines)
			}
			plain[numbered.ReplaceAllString(key, "")] = true
		}
		meta, err := toml.Decode(text, new(map[string]any))
		if err != nil || strings.Count(text, "[") > maxDepth/2 {
			return
		}
		for _, key := range meta.Keys() {
			if len(key) > maxDepth/2 { // the scanner's paths have indexes too
				continue
			}
			if k := path(key).key(); !plain[numbered.ReplaceAllString(k, "")] {
				t.Fatalf("%q: key %q not found in %v", text, key, plain)
			}
		}
	})
}
