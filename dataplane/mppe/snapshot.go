package mppe

import (
	"errors"
	"fmt"
)

// snapshotVersion is written into snapshots; others are refused.
const snapshotVersion = 1

// maxUsed bounds the part of a key stream that Restore passes over, octets: what
// 256 packets of the largest size use.
const maxUsed = 256 * 0x10000

// ErrSnapshot is returned for a snapshot that this version cannot restore.
var ErrSnapshot = errors.New("mppe: snapshot not understood")

// Snapshot is an Encryptor or a Decryptor written out. It contains keys: it is a
// secret, and String and GoString do not print them.
type Snapshot struct {
	Version        int       `json:"version"`
	Bits           int       `json:"bits"`
	Stateless      bool      `json:"stateless"`
	StartKey       []byte    `json:"start_key"`
	Key            []byte    `json:"key"` // of the last packet
	Next           uint64    `json:"next"`
	Used           uint64    `json:"used,omitempty"`             // stateful: octets of the key stream
	Flush          bool      `json:"flush,omitempty"`            // encryptor
	ChangesOnFlush bool      `json:"changes_on_flush,omitempty"` // decryptor
	Late           []LateKey `json:"late,omitempty"`             // decryptor
}

// LateKey is the key of a packet that is missing.
type LateKey struct {
	Number uint64 `json:"number"`
	Key    []byte `json:"key"`
}

// String hides the keys.
func (s Snapshot) String() string {
	return Params{Bits: s.Bits, Stateless: s.Stateless}.String()
}

// GoString hides the keys.
func (s Snapshot) GoString() string { return s.String() }

// String hides the key.
func (k LateKey) String() string { return fmt.Sprintf("key of packet %d", k.Number) }

// GoString hides the key.
func (k LateKey) GoString() string { return k.String() }

// Snapshot writes the encryptor out.
func (e *Encryptor) Snapshot() Snapshot {
	s := e.keys.snapshot(e.params, &e.key)
	s.Next, s.Used, s.Flush = e.next, e.used, e.flush
	if e.params.Stateless {
		s.Used = 0
	}
	return s
}

// RestoreEncryptor continues from a snapshot; see Skip.
func RestoreEncryptor(s Snapshot) (*Encryptor, error) {
	keys, key, err := s.restore()
	if err != nil {
		return nil, err
	}
	e := &Encryptor{
		params: Params{Bits: s.Bits, Stateless: s.Stateless},
		keys:   keys, key: key, next: s.Next, flush: s.Flush && !s.Stateless,
	}
	if !s.Stateless {
		e.restart()
		e.used = s.Used
		pass(e.stream, s.Used)
	}
	return e, nil
}

// Snapshot writes the decryptor out. A packet that was opened but not committed is
// not part of it.
func (d *Decryptor) Snapshot() Snapshot {
	s := d.keys.snapshot(d.params, &d.key)
	s.Next, s.Used, s.ChangesOnFlush = d.next, d.used, d.changesOnFlush
	for _, l := range d.late.list {
		s.Late = append(s.Late, LateKey{l.number, d.keys.octets(&l.key)})
	}
	return s
}

// RestoreDecryptor continues from a snapshot. It needs no jump: a stateless
// decryptor follows its peer, a stateful one asks it for a flushed packet.
func RestoreDecryptor(s Snapshot) (*Decryptor, error) {
	keys, key, err := s.restore()
	if err != nil {
		return nil, err
	}
	d, err := NewDecryptor(Params{Bits: s.Bits, Stateless: s.Stateless, StartKey: s.StartKey})
	if err != nil {
		return nil, err
	}
	d.key, d.next, d.changesOnFlush = key, s.Next, s.ChangesOnFlush
	for _, l := range s.Late {
		if len(l.Key) != keys.length || len(d.late.list) == LateKeys {
			return nil, fmt.Errorf("%w: keys of missing packets", ErrSnapshot)
		}
		var k sessionKey
		copy(k[:], l.Key)
		d.late.add(l.Number, k)
	}
	if !s.Stateless {
		d.stream, d.used = keys.cipher(&key), s.Used
		pass(d.stream, s.Used)
	}
	return d, nil
}

func (s *schedule) snapshot(p Params, key *sessionKey) Snapshot {
	return Snapshot{
		Version: snapshotVersion, Bits: p.Bits, Stateless: p.Stateless,
		StartKey: s.octets(&s.start), Key: s.octets(key),
	}
}

func (s *schedule) octets(key *sessionKey) []byte {
	return append([]byte(nil), key[:s.length]...)
}

// restore checks what snapshots of both kinds have in common.
func (s *Snapshot) restore() (keys schedule, key sessionKey, err error) {
	if s.Version != snapshotVersion {
		return keys, key, fmt.Errorf("%w: version %d", ErrSnapshot, s.Version)
	}
	keys, err = newSchedule(Params{Bits: s.Bits, StartKey: s.StartKey})
	if err != nil {
		return keys, key, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if len(s.Key) != keys.length || s.Used > maxUsed {
		return keys, key, fmt.Errorf("%w: key of %d octets, %d used", ErrSnapshot, len(s.Key), s.Used)
	}
	copy(key[:], s.Key)
	return keys, key, nil
}
