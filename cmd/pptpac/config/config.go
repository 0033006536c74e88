// Package config reads the configuration file: TOML in, the Config structs of
// the concentrator, the pools and the AAA backends out. It is the only package
// that knows TOML, and the place where an administrator's mistakes are told
// apart: unknown keys, bad values and contradictions are all reported at once,
// each with file, line, key, value and what is allowed.
//
// It reads and checks; it opens no socket, starts nothing, and never prints.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/pool"
)

// Config is a whole configuration, checked and with its defaults.
type Config struct {
	StateDir     string // absolute
	Admin        Admin
	Log          Log
	Concentrator concentrator.Config
	// Pools are the [[pool]]s, and those that remote-address and local-address
	// of the dynamic server make: RemotePool and LocalPool.
	Pools []pool.Config
	AAA   AAA

	source source
}

// Admin is [admin].
type Admin struct {
	Socket        string // absolute path of the unix socket
	Group         string // its members may do everything; "": only root
	ReadOnlyGroup string // its members may look; "": nobody
}

// Log is [log].
type Log struct {
	Level  string // trace, debug, info, warn, error
	Format string // console, json
}

// AAA is [aaa].
type AAA struct {
	Authentication []string // names of Backends, in the order they are asked
	Accounting     []string // names of Backends; each gets every record
	// FaultsFallThrough asks the next backend when one is at fault; otherwise
	// the call is refused.
	FaultsFallThrough bool
	Timeout           time.Duration // for one answer of a backend
	Backends          []Backend     // by name
}

// Backend is [aaa.backend.NAME]: one of Plugin and Command is set.
type Backend struct {
	Name    string
	Plugin  string          // name of a shipped plugin
	Command []string        // path of another, and its arguments
	Config  json.RawMessage // its own table as a JSON object; "{}" if there is none
}

// source is what a Config was made of.
type source struct {
	name  string
	at    positions
	pools map[string]path // where the ranges of each pool stand
}

// Load reads and checks a file. The error is of type Problems if the file can
// be read but not be used; it is a fs.ErrNotExist if there is none.
func Load(path string) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, text)
}

// maxFile bounds a configuration file, octets: a slip of the hand names a disk
// as easily.
const maxFile = 1 << 20

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s: larger than a configuration may be, %d bytes", path, maxFile)
	}
	return text, err
}

// Parse is Load for a text that is already there; name stands in errors.
func Parse(name string, text []byte) (*Config, error) {
	f := &findings{file: name, bad: map[string]bool{}}
	var tree map[string]any
	if _, err := toml.Decode(string(text), &tree); err != nil {
		p := Problem{File: name, Text: "not TOML: " + err.Error()}
		if syntax, ok := errors.AsType[toml.ParseError](err); ok {
			p.Line, p.Key, p.Text = syntax.Position.Line, syntax.LastKey, "not TOML: "+syntax.Message
		}
		return nil, Problems{p}
	}
	f.at = findPositions(string(text))
	schema := defaultFile()
	f.decode(tree, reflect.ValueOf(&schema).Elem(), nil)
	c := f.build(schema)
	if err := f.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// Default is the configuration without a file.
func Default() *Config {
	f := &findings{file: "built-in defaults", at: positions{}, bad: map[string]bool{}}
	c := f.build(defaultFile())
	if err := f.err(); err != nil {
		panic("BUG: " + err.Error())
	}
	return c
}
