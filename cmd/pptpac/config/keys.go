package config

import (
	"maps"
	"reflect"
	"slices"
)

// Reload says when a changed key takes effect.
type Reload string

// Reload classes.
const (
	Live        Reload = "live"         // at once
	NewSessions Reload = "new-sessions" // for calls to come
	Restart     Reload = "restart"      // of the daemon
)

// Key is a key of the configuration file.
type Key struct {
	// Name is the path of the key. Tables of which there may be several are
	// written with their name in angle brackets: pool<office>.ranges,
	// aaa.backend<local>.plugin; without a name in the list of Keys.
	Name   string
	Reload Reload
}

// Keys lists every key that there is, in the order of the schema.
func Keys() []Key {
	var out []Key
	walkKeys(reflect.TypeFor[file](), "", &out)
	return out
}

func walkKeys(t reflect.Type, prefix string, out *[]Key) {
	for i := range t.NumField() {
		field := t.Field(i)
		name := prefix + field.Tag.Get("toml")
		switch {
		case field.Type == reflect.TypeFor[[]poolTable]():
			walkKeys(reflect.TypeFor[poolTable](), name+"<>.", out)
		case field.Type == reflect.TypeFor[map[string]backendTable]():
			walkKeys(reflect.TypeFor[backendTable](), name+"<>.", out)
		case isTable(field.Type):
			walkKeys(field.Type, name+".", out)
		default:
			*out = append(*out, Key{name, Reload(field.Tag.Get("reload"))})
		}
	}
}

func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[remoteAddress]()
}

// Changed lists the keys whose values differ, by name. Keys of pools and
// backends that only one of the two has are among them.
func Changed(old, now *Config) []Key {
	was, is := map[string]leaf{}, map[string]leaf{}
	leaves(reflect.ValueOf(old.source.file), "", was)
	leaves(reflect.ValueOf(now.source.file), "", is)
	reloads := map[string]Reload{}
	for name, l := range was {
		if other, ok := is[name]; !ok || !reflect.DeepEqual(l.value, other.value) {
			reloads[name] = l.reload
		}
	}
	for name, l := range is {
		if _, ok := was[name]; !ok {
			reloads[name] = l.reload
		}
	}
	var out []Key
	for _, name := range slices.Sorted(maps.Keys(reloads)) {
		out = append(out, Key{name, reloads[name]})
	}
	return out
}

type leaf struct {
	value  any
	reload Reload
}

func leaves(v reflect.Value, prefix string, out map[string]leaf) {
	for i := range v.NumField() {
		tag, field := v.Type().Field(i).Tag, v.Field(i)
		name := prefix + tag.Get("toml")
		switch value := field.Interface().(type) {
		case []poolTable:
			for _, p := range value {
				leaves(reflect.ValueOf(p), name+"<"+p.Name+">.", out)
			}
		case map[string]backendTable:
			for backend, b := range value {
				leaves(reflect.ValueOf(b), name+"<"+backend+">.", out)
			}
		default:
			if isTable(field.Type()) {
				leaves(field, name+".", out)
				continue
			}
			out[name] = leaf{value, Reload(tag.Get("reload"))}
		}
	}
}
