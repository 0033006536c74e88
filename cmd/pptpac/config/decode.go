package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// decode copies a table of a TOML file into the struct that the schema has for
// it. Keys that the table does not have keep their value, wrong ones are
// written to the findings.
func (f *findings) decode(table map[string]any, into reflect.Value, at path) {
	var allowed []string
	fields := map[string]int{}
	for i := range into.NumField() {
		key := into.Type().Field(i).Tag.Get("toml")
		allowed = append(allowed, key)
		fields[key] = i
	}
	for key, value := range table {
		here := at.child(key)
		if i, ok := fields[key]; ok {
			f.decodeField(value, into.Field(i), into.Type().Field(i).Tag, here)
			continue
		}
		f.add(here, "unknown key%s; allowed here: %s", suggestion(key, allowed), strings.Join(allowed, ", "))
	}
}

func (f *findings) decodeField(value any, into reflect.Value, tag reflect.StructTag, here path) {
	switch into.Type() {
	case reflect.TypeFor[[]poolTable]():
		f.decodePools(value, into, here)
		return
	case reflect.TypeFor[map[string]backendTable]():
		f.decodeBackends(value, into, here)
		return
	}
	if into.Kind() == reflect.Struct && into.Type() != reflect.TypeFor[remoteAddress]() {
		table, ok := value.(map[string]any)
		if !ok {
			f.addBad(here, "%s is no table: write [%s]", show(value), here)
			return
		}
		f.decode(table, into, here)
		return
	}
	if err := setLeaf(into, value, tag); err != nil {
		f.bad[here.key()] = true
		if e, ok := errors.AsType[*elementError](err); ok {
			f.add(here.index(e.index), "%s", e.text)
			return
		}
		text := err.Error()
		_, quoted := value.(string) // a range's error says it already
		if shown := show(value); !quoted || !strings.Contains(text, shown) {
			text = shown + ": " + text
		}
		f.add(here, "%s", text)
	}
}

func (f *findings) decodePools(value any, into reflect.Value, here path) {
	tables, ok := value.([]map[string]any)
	if !ok {
		list, isList := value.([]any)
		if tables = tablesOf(list); !isList || len(tables) != len(list) {
			f.addBad(here, "%s is no table: write [[pool]] for each pool", show(value))
			return
		}
	}
	pools := make([]poolTable, len(tables))
	for i, t := range tables {
		pools[i] = defaultPool()
		f.decode(t, reflect.ValueOf(&pools[i]).Elem(), here.index(i))
	}
	into.Set(reflect.ValueOf(pools))
}

// tablesOf picks the tables of a list: pool = [{ name = "a" }, { name = "b" }].
func tablesOf(list []any) []map[string]any {
	var out []map[string]any
	for _, v := range list {
		if t, ok := v.(map[string]any); ok {
			out = append(out, t)
		}
	}
	return out
}

func (f *findings) decodeBackends(value any, into reflect.Value, here path) {
	tables, ok := value.(map[string]any)
	if !ok {
		f.addBad(here, "%s is no table: write [%s.NAME] for each backend", show(value), here)
		return
	}
	backends := map[string]backendTable{}
	for name, v := range tables {
		t, ok := v.(map[string]any)
		if !ok {
			f.addBad(here.child(name), "%s is no table: write [%s]", show(v), here.child(name))
			continue
		}
		var b backendTable
		f.decode(t, reflect.ValueOf(&b).Elem(), here.child(name))
		backends[name] = b
	}
	into.Set(reflect.ValueOf(backends))
}

// show writes a value as it could stand in the file, shortened.
func show(v any) string {
	var s string
	switch v := v.(type) {
	case string:
		s = fmt.Sprintf("%q", v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = show(e)
		}
		s = "[" + strings.Join(parts, ", ") + "]"
	case map[string]any, []map[string]any:
		return "a table"
	default:
		s = fmt.Sprint(v)
	}
	if r := []rune(s); len(r) > 80 {
		s = string(r[:77]) + "..."
	}
	return s
}

// suggestion names the allowed word that was probably meant.
func suggestion(word string, allowed []string) string {
	best, least := "", 3
	for _, a := range allowed {
		if d := distance(strings.ToLower(word), a); d < least && d < len(a) {
			best, least = a, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (%s?)", best)
}

// distance is how many letters must be put in, left out or replaced to make b
// of a. Words much longer than any key are far from all.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}

// either joins words: "a", "a or b", "a, b or c".
func either(words []string) string {
	words = slices.Clone(words)
	if n := len(words); n > 1 {
		words = append(words[:n-2], words[n-2]+" or "+words[n-1])
	}
	return strings.Join(words, ", ")
}
