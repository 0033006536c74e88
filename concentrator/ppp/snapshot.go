package ppp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// SnapshotVersion is the version of the Snapshots this package writes, and the
// only one it reads.
const SnapshotVersion = 1

// ErrSnapshot means that a Snapshot is of another version or damaged.
var ErrSnapshot = errors.New("ppp: unusable snapshot")

// Snapshot is a Machine written out as a value that survives JSON. It shares
// no memory with the machine. It holds the keys of the link, and while
// authentication is going on credentials: keep it as secret as those.
type Snapshot struct {
	Version int
	// State is the machine's own business.
	State json.RawMessage
}

// String tells nothing of the secrets.
func (s Snapshot) String() string { return fmt.Sprintf("<ppp snapshot version %d>", s.Version) }

// GoString tells nothing of the secrets.
func (s Snapshot) GoString() string { return s.String() }

// Snapshot writes the machine out, in any phase. Outputs that Handle has
// returned are not in it.
func (m *Machine) Snapshot() (Snapshot, error) {
	state, err := json.Marshal(&m.st)
	if err != nil {
		return Snapshot{}, fmt.Errorf("ppp: writing the machine out: %w", err)
	}
	return Snapshot{Version: SnapshotVersion, State: state}, nil
}

// Restore makes the machine of a snapshot, to be driven on from where it
// stood. cfg must be what the machine was made with, but for Rand. The error is
// ErrSnapshot, or New's for an invalid cfg.
func Restore(cfg Config, s Snapshot) (*Machine, error) {
	if s.Version != SnapshotVersion {
		return nil, fmt.Errorf("%w: version %d, want %d", ErrSnapshot, s.Version, SnapshotVersion)
	}
	m, err := New(cfg)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(s.State))
	decoder.DisallowUnknownFields()
	var st linkState
	if err := decoder.Decode(&st); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if err := st.check(); err != nil {
		return nil, err
	}
	m.st = st
	return m, nil
}

// check refuses what no machine writes and the code would trip over.
func (st *linkState) check() error {
	for _, a := range []*automaton{&st.LCP.Auto, &st.CCP.Auto, &st.IPCP.Auto} {
		if a.State > Opened {
			return fmt.Errorf("%w: no state %d", ErrSnapshot, a.State)
		}
		for _, o := range a.Request {
			if len(o.Value) > anyLength {
				return fmt.Errorf("%w: option of %d octets", ErrSnapshot, len(o.Value))
			}
		}
	}
	switch {
	case st.Phase > PhaseTerminate:
		return fmt.Errorf("%w: no phase %d", ErrSnapshot, st.Phase)
	case st.LCP.Demand > MSCHAPv2, st.LCP.PeerAuth > MSCHAPv2, st.Auth.Method > MSCHAPv2:
		return fmt.Errorf("%w: unknown authentication method", ErrSnapshot)
	case st.Encryption > EncryptionStateless:
		return fmt.Errorf("%w: unknown encryption policy", ErrSnapshot)
	case st.MTU < minMRU, st.LCP.PeerMRU != 0 && st.LCP.PeerMRU < minMRU:
		return fmt.Errorf("%w: MTU or MRU too small", ErrSnapshot)
	case len(st.Auth.Reply) == 1:
		return fmt.Errorf("%w: reply too short", ErrSnapshot)
	}
	return nil
}
