// Package pptpac_test holds what the documents say to what is there.
package pptpac_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documents are the pages that people read first.
var documents = []string{
	"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "LOGGING.md", "SECURITY.md", "docs/differences.md",
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// goFiles parses every Go file outside of what builds leave behind.
func goFiles(t *testing.T, each func(name string, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "build" || name == "bin" || name == ".git" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		each(filepath.ToSlash(name), f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryPackageHasOnePackageComment(t *testing.T) {
	comments := map[string][]string{} // by directory
	goFiles(t, func(name string, f *ast.File) {
		dir := filepath.Dir(name)
		if ast.IsGenerated(f) {
			return
		}
		if f.Doc != nil {
			comments[dir] = append(comments[dir], name)
		} else if comments[dir] == nil {
			comments[dir] = []string{}
		}
	})
	if len(comments) < 20 {
		t.Fatalf("found %d packages only", len(comments))
	}
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("%s: %d package comments %v, want one", dir, len(files), files)
		}
	}
}

var (
	fileName = regexp.MustCompile("`([A-Za-z0-9_.][A-Za-z0-9_./-]*)`")
	link     = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	fileExt  = regexp.MustCompile(`\.(go|md|toml|sh|proto|service|conf|txt)$`)
)

// A word in back quotes that begins like a path of the repository, or ends like
// a file, is one; so is the target of a link.
func TestDocumentsNameFilesThatExist(t *testing.T) {
	for _, doc := range documents {
		text := read(t, doc)
		named := 0
		check := func(name string) {
			named++
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("%s names %s: %v", doc, name, err)
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			check(filepath.ToSlash(filepath.Join(filepath.Dir(doc), m[1])))
		}
		for _, m := range fileName.FindAllStringSubmatch(text, -1) {
			name := strings.TrimSuffix(m[1], "/")
			top, _, below := strings.Cut(name, "/")
			_, err := os.Stat(top)
			known := below && err == nil && top != "bin" && top != "build"
			if known || fileExt.MatchString(name) && !slices.Contains(notOurs, name) {
				check(name)
			}
		}
		if named == 0 && doc != "LOGGING.md" {
			t.Errorf("%s names no file at all", doc)
		}
	}
}

// notOurs are names of files that stand in documents and not in the repository.
var notOurs = []string{".bad.toml", "interfaces.toml"}

// house matches the lines of the house in ARCHITECTURE.md: directories and what
// they are, indented by two more for each level.
var house = regexp.MustCompile(`(?m)^    ((?:  )*)([a-z0-9/]+(?:/ [a-z0-9/]+)*/?) {2,}\S`)

func TestHouseIsAsBuilt(t *testing.T) {
	_, text, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "## The house")
	text, _, _ = strings.Cut(text, "Imports point down")
	var above []string
	shown := map[string]bool{}
	for _, m := range house.FindAllStringSubmatch(text, -1) {
		above = above[:min(len(above), len(m[1])/2)]
		for _, name := range strings.Fields(m[2]) {
			dir := filepath.Join(append(slices.Clone(above), name)...)
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				t.Errorf("the house shows %s: %v", dir, err)
			}
			shown[dir] = true
			if !strings.Contains(m[2], " ") {
				above = append(above, name)
			}
		}
	}
	goFiles(t, func(name string, _ *ast.File) {
		dir := filepath.Dir(name)
		inside := func(s string) bool { return dir == s || strings.HasPrefix(dir, s+"/") }
		switch {
		case dir == ".", shown[dir], inside("contrib"): // tests with foreign peers
		case strings.Contains(dir, "/v1"), strings.HasSuffix(dir, "test"): // generated; for tests only
		default:
			t.Errorf("the house does not show %s", dir)
			shown[dir] = true // said once
		}
	})
}

func TestDocumentsNameTargetsOfMake(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, doc := range documents {
		for _, m := range regexp.MustCompile("(?m)(?:`|^    )make ([a-z-]+)").FindAllStringSubmatch(read(t, doc), -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: make %s: no such target", doc, m[1])
			}
		}
	}
}

// command matches a use of pptpac in a document, a unit, or the configuration.
var command = regexp.MustCompile("(?m)(?:^ +(?:# )?|`|/)pptpac((?: +(?:[a-z]+|--?[a-z-]+|[^ `\n]+))+)")

func TestDocumentsUseCommandsThatExist(t *testing.T) {
	pptpac := filepath.Join(t.TempDir(), "pptpac")
	if out, err := exec.Command("go", "build", "-o", pptpac, "./cmd/pptpac").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	helps := map[string]string{}
	help := func(words ...string) string {
		key := strings.Join(words, " ")
		if _, ok := helps[key]; !ok {
			out, err := exec.Command(pptpac, append(slices.Clone(words), "--help")...).CombinedOutput()
			if err != nil {
				out = nil
			}
			helps[key] = string(out)
		}
		return helps[key]
	}
	has := func(text, word string) bool {
		return regexp.MustCompile(`(?m)(^|[\s,])` + regexp.QuoteMeta(word) + `([\s,]|$)`).MatchString(text)
	}
	used := 0
	for _, doc := range append(slices.Clone(documents), "contrib/pptpac.toml", "contrib/systemd/pptpac.service") {
		for _, m := range command.FindAllStringSubmatch(read(t, doc), -1) {
			words := strings.Fields(m[1])
			if words[0] == "--socket" {
				words = words[2:]
			}
			if !regexp.MustCompile(`^[a-z]+$`).MatchString(words[0]) {
				continue // a file by the name of pptpac
			}
			path := words[:1]
			if !has(help(), words[0]) {
				t.Errorf("%s: pptpac %s: no such command", doc, words[0])
				continue
			}
			if strings.Contains(help(words[0]), "COMMANDS:") {
				if len(words) < 2 || !has(help(words[0]), words[1]) {
					t.Errorf("%s: pptpac %s: no such command", doc, strings.Join(words, " "))
					continue
				}
				path = words[:2]
			}
			used++
			for _, w := range words[len(path):] {
				if strings.HasPrefix(w, "-") && !has(help(path...), w) {
					t.Errorf("%s: pptpac %s: no flag %s", doc, strings.Join(path, " "), w)
				}
			}
		}
	}
	if used < 15 {
		t.Errorf("found %d uses of commands only", used)
	}
}

// firstColumn returns the words in back quotes that begin the rows of a table
// below a heading.
func firstColumn(t *testing.T, doc, heading string) []string {
	t.Helper()
	_, text, ok := strings.Cut(read(t, doc), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s has no heading %q", doc, heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var words []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	return words
}

// same compares two sets of words.
func same(t *testing.T, what string, documented, inCode []string) {
	t.Helper()
	if len(inCode) == 0 {
		t.Fatalf("%s: found none in the code", what)
	}
	for _, w := range inCode {
		if !slices.Contains(documented, w) {
			t.Errorf("%s %q is in the code and not in LOGGING.md", what, w)
		}
	}
	for _, w := range documented {
		if !slices.Contains(inCode, w) {
			t.Errorf("%s %q is in LOGGING.md and not in the code", what, w)
		}
	}
	if !slices.IsSorted(documented) && what == "log field" {
		t.Errorf("the table of %ss is not in order", what)
	}
}

// fieldMethods are those of zerolog.Event and zerolog.Context that take the name
// of a field and a value. Flags have methods by such names too, with other
// numbers of arguments.
var fieldMethods = []string{
	"Str", "Strs", "Stringer", "Stringers", "Bytes", "Hex", "RawJSON", "AnErr", "Errs", "Bool", "Bools",
	"Int", "Int8", "Int16", "Int32", "Int64", "Ints", "Uint", "Uint8", "Uint16", "Uint32", "Uint64", "Uints",
	"Float32", "Float64", "Time", "Times", "Dur", "Durs", "Any", "Interface", "IPAddr", "IPPrefix", "MACAddr",
	"Object", "Dict", "Array", "Type",
}

func TestLogFieldsAreDocumented(t *testing.T) {
	var fields []string
	goFiles(t, func(name string, f *ast.File) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "contrib/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			var args []ast.Expr
			switch fun := call.Fun.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(fieldMethods, fun.Sel.Name) && len(call.Args) == 2 {
					args = call.Args[:1]
				}
			case *ast.Ident: // the bridge from hclog: field(event, name, value)
				if fun.Name == "field" && len(call.Args) == 3 {
					args = call.Args[1:2]
				}
			}
			for _, a := range args {
				if lit, ok := a.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil && !slices.Contains(fields, s) {
						fields = append(fields, s)
					}
				}
			}
			return true
		})
	})
	same(t, "log field", firstColumn(t, "LOGGING.md", "Fields"), fields)
}

func TestCausesAreDocumented(t *testing.T) {
	var causes []string
	goFiles(t, func(name string, f *ast.File) {
		if name != "concentrator/cause.go" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Cause") {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						causes = append(causes, s)
					}
				}
			}
			return true
		})
	})
	same(t, "cause", firstColumn(t, "LOGGING.md", "Causes"), causes)
}

func TestLicence(t *testing.T) {
	text := read(t, "LICENSE")
	for _, want := range []string{"Apache License\n", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS", "The pptpac authors"} {
		if !strings.Contains(text, want) {
			t.Errorf("LICENSE lacks %q", want)
		}
	}
}
