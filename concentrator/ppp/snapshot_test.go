package ppp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa/mschap"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

func testKeys() mschap.StartKeys {
	return mschap.StartKeys{Send128: make([]byte, 16), Recv128: make([]byte, 16), Send64: make([]byte, 8), Recv64: make([]byte, 8)}
}

// phases are machines stopped in every phase, each with what comes next.
func phases(t *testing.T) map[string]struct {
	m    *ppp.Machine
	want ppp.Phase
	next []ppp.Input
} {
	t.Helper()
	type stop = struct {
		m    *ppp.Machine
		want ppp.Phase
		next []ppp.Input
	}
	stops := map[string]stop{}
	cfg := snapshotConfig
	cfg.Rand = ppptest.NewRandom(1)
	dead, err := ppp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	stops["dead"] = stop{dead, ppp.PhaseDead, []ppp.Input{ppp.LowerUp{}, ppp.Terminate{Reason: "x"}}}
	establish, _ := drive(t, snapshotConfig)
	stops["establish"] = stop{establish, ppp.PhaseEstablish, []ppp.Input{ppp.Tick{}, ppp.Terminate{Reason: "x"}}}
	authenticate := lcpOpen(t, snapshotConfig, 1400)
	response := ppp.Frame{Data: append(append([]byte{0xc2, 0x23, 2, 1, 0, 58, 49}, make([]byte, 49)...), "john"...)}
	stops["authenticate"] = stop{authenticate, ppp.PhaseAuthenticate, []ppp.Input{ppp.Tick{}, response}}
	keys := testKeys()
	verdict := ppp.AuthVerdict{Attempt: 1, Accept: true, Message: "S=0000000000000000000000000000000000000000", Keys: &keys}
	judging := lcpOpen(t, snapshotConfig, 1400)
	judging.Handle(start, response)
	stops["judging"] = stop{judging, ppp.PhaseAuthenticate, []ppp.Input{response, verdict}}
	network := lcpOpen(t, snapshotConfig, 1400)
	network.Handle(start, response)
	ccp := sent(network.Handle(start, verdict))[1]
	early := ppp.Frame{Data: []byte{0x80, 0x21, 1, 7, 0, 10, 3, 6, 0, 0, 0, 0}}
	network.Handle(start, early)
	ack := append([]byte{}, ccp...)
	ack[2] = 2
	stops["network, a request held"] = stop{network, ppp.PhaseNetwork, []ppp.Input{
		ppp.Frame{Data: ccp}, ppp.Frame{Data: ack}, ppp.AddressGrant{Local: local, Remote: remote}}}
	running := lcpOpen(t, snapshotConfig, 1400)
	running.Handle(start, response)
	running.Handle(start, verdict)
	running.Handle(start, ppp.Frame{Data: ccp})
	running.Handle(start, ppp.Frame{Data: ack})
	ipcp := sent(running.Handle(start, ppp.AddressGrant{Local: local, Remote: remote}))[0]
	ipcpAck := append([]byte{}, ipcp...)
	ipcpAck[2] = 2
	running.Handle(start, ppp.Frame{Data: ipcpAck})
	running.Handle(start, ppp.Frame{Data: []byte{0x80, 0x21, 1, 8, 0, 10, 3, 6, 10, 5, 17, 1}})
	stops["running"] = stop{running, ppp.PhaseRunning, []ppp.Input{
		ppp.Frame{Data: []byte{0x80, 0xfd, 14, 1, 0, 4}}, response, ppp.MPPEReset{}, ppp.Tick{}, ppp.LowerDown{}}}
	terminate := lcpOpen(t, snapshotConfig, 1400)
	terminate.Handle(start, ppp.Terminate{Reason: "bye"})
	stops["terminate"] = stop{terminate, ppp.PhaseTerminate, []ppp.Input{ppp.Tick{}, ppp.Tick{}, ppp.Tick{}}}
	return stops
}

var snapshotConfig = ppp.Config{
	Auth: []ppp.AuthMethod{ppp.MSCHAPv2}, Encryption: ppp.EncryptionStateless, EchoInterval: time.Minute, Name: "pptpac",
}

// A restored machine says what the original would have said, in every phase.
func TestSnapshotRoundTripInEveryPhase(t *testing.T) {
	for name, stop := range phases(t) {
		t.Run(name, func(t *testing.T) {
			if got := stop.m.Phase(); got != stop.want {
				t.Fatalf("phase %d, want %d", got, stop.want)
			}
			s, err := stop.m.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var read ppp.Snapshot
			if err := json.Unmarshal(written, &read); err != nil {
				t.Fatal(err)
			}
			// Both continue with the same randomness.
			cfg := snapshotConfig
			cfg.Rand = ppptest.NewRandom(9)
			original, err := ppp.Restore(cfg, s)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Rand = ppptest.NewRandom(9)
			restored, err := ppp.Restore(cfg, read)
			if err != nil {
				t.Fatal(err)
			}
			if !restored.Deadline().Equal(stop.m.Deadline()) || restored.Phase() != stop.want {
				t.Errorf("deadline %v, phase %d; want %v, %d", restored.Deadline(), restored.Phase(), stop.m.Deadline(), stop.want)
			}
			again, err := restored.Snapshot()
			if diff := cmp.Diff(s, again); err != nil || diff != "" {
				t.Errorf("%v: the snapshot of the restored machine differs: %s", err, diff)
			}
			now := start
			for i, in := range stop.next {
				if _, ok := in.(ppp.Tick); ok {
					now = restored.Deadline()
				}
				want, got := describe(original.Handle(now, in)), describe(restored.Handle(now, in))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("input %d: %s", i, diff)
				}
				if name != "running" && name != "terminate" && len(got) == 0 && i == len(stop.next)-1 {
					t.Errorf("the last input had no effect: the test shows nothing")
				}
			}
		})
	}
}

func describe(out []ppp.Output) (lines []string) {
	for _, o := range out {
		lines = append(lines, fmt.Sprintf("%T%+v", o, o))
	}
	return lines
}

func TestRestoreRefusesDamage(t *testing.T) {
	m := lcpOpen(t, snapshotConfig, 1400)
	s, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	cfg := snapshotConfig
	cfg.Rand = ppptest.NewRandom(1)
	good := string(s.State)
	for _, test := range []struct{ name, old, new string }{
		{"automaton", `"LCP":{"Auto":{"State":9`, `"LCP":{"Auto":{"State":10`},
		{"phase", `{"Phase":2`, `{"Phase":9`},
		{"method", `"Auth":{"Method":4`, `"Auth":{"Method":5`},
		{"unknown field", `{"Phase":2`, `{"Surprise":1,"Phase":2`},
		{"cut", `}}`, `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			bad := strings.Replace(good, test.old, test.new, 1)
			if bad == good {
				t.Fatalf("%s is not in %s", test.old, good)
			}
			if _, err := ppp.Restore(cfg, ppp.Snapshot{Version: s.Version, State: []byte(bad)}); !errors.Is(err, ppp.ErrSnapshot) {
				t.Errorf("error %v, want %v", err, ppp.ErrSnapshot)
			}
		})
	}
	if _, err := ppp.Restore(cfg, ppp.Snapshot{Version: s.Version + 1, State: s.State}); !errors.Is(err, ppp.ErrSnapshot) {
		t.Errorf("another version: error %v, want %v", err, ppp.ErrSnapshot)
	}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "Challenge") {
		t.Errorf("printing a snapshot shows what is in it: %s", text)
	}
}
