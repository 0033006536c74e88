package config

import "reflect"

// Reload says when a changed key takes effect.
type Reload string

// Reload classes.
const (
	Live        Reload = "live"         // at once
	NewSessions Reload = "new-sessions" // for calls to come
	Idle        Reload = "idle"         // refused while a session is up
	Restart     Reload = "restart"      // of the daemon
)

// Key is a key of the configuration file.
type Key struct {
	// Name is the path of the key. Tables of which there may be several are
	// written with empty angle brackets: pool<>.ranges, aaa.backend<>.plugin.
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
