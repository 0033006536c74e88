package ppp_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// throughJSON saves a machine, writes the snapshot out and restores it.
func throughJSON(t *testing.T, m *ppp.Machine, cfg ppp.Config) *ppp.Machine {
	t.Helper()
	snapshot, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	var read ppp.Snapshot
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	restored, err := ppp.Restore(cfg, read)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	again, err := restored.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(snapshot, again); diff != "" {
		t.Errorf("the snapshot of the restored machine differs: %s", diff)
	}
	return restored
}

// At every step of every dialogue the machine is saved and restored; the
// restored one does in the rest of the dialogue what the first would have done.
func TestSnapshotAtEveryStep(t *testing.T) {
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) {
			for at := 0; at <= len(record.Inputs); at++ {
				m, rng, err := record.NewMachine()
				if err != nil {
					t.Fatal(err)
				}
				for i, in := range record.Inputs {
					if i == at {
						m, rng = restoreAt(t, m, rng, record.Config)
					}
					got := m.Handle(in.At, in.Input)
					if diff := cmp.Diff(texts(record.Outputs[i]), texts(got)); diff != "" {
						t.Fatalf("restored before input %d: input %d, %T, has other outputs (-first +restored):\n%s", at, i, in.Input, diff)
					}
				}
			}
		})
	}
}

func restoreAt(t *testing.T, m *ppp.Machine, rng *ppptest.Random, cfg ppp.Config) (*ppp.Machine, *ppptest.Random) {
	t.Helper()
	deadline, phase := m.Deadline(), m.Phase()
	rng = rng.Clone()
	cfg.Rand = rng
	restored := throughJSON(t, m, cfg)
	if got := restored.Deadline(); !got.Equal(deadline) {
		t.Errorf("deadline %v, want %v", got, deadline)
	}
	if got := restored.Phase(); got != phase {
		t.Errorf("phase %v, want %v", got, phase)
	}
	return restored, rng
}

func texts(outputs []ppp.Output) []string {
	var out []string
	for _, o := range outputs {
		out = append(out, ppptest.DescribeOutput(o))
	}
	return out
}

// Both ends of a running pair are restored in mid-session, and the link goes
// on: echoes, a renegotiation of IPCP and the end.
func TestSnapshotOfARunningPair(t *testing.T) {
	config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionStateless, EchoInterval: 10 * time.Second}
	p := john(t, config, config, 5)
	p.Start()
	run(t, p, time.Minute)
	check(t, p, agreement{up: true, encoding: ppp.Encoding{Bits: 128, Stateless: true}})
	for i, e := range []*ppptest.End{p.Server, p.Client} {
		cfg := config
		cfg.Role = ppp.Role(i)
		cfg.Rand = ppptest.NewRandom(99)
		if cfg.Role == ppp.Client {
			cfg.Name = "john"
		}
		e.Machine = throughJSON(t, e.Machine, cfg)
	}
	if err := p.Run(time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	if !p.BothUp() {
		t.Fatalf("not up after an hour; server %+v, client %+v", p.Server.Finished, p.Client.Finished)
	}
	p.Inject(p.Server, ppp.Terminate{Reason: "enough"})
	runToEnd(t, p, time.Minute)
	check(t, p, agreement{server: []ppp.Cause{ppp.CauseClosed}, client: []ppp.Cause{ppp.CausePeerTerminated}})
}

func TestRestoreRefuses(t *testing.T) {
	cfg := ppp.Config{Role: ppp.Server, Rand: ppptest.NewRandom(1), Auth: auth(ppp.MSCHAPv2)}
	m, err := ppp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	good, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*ppp.Snapshot)
	}{
		{"a later version", func(s *ppp.Snapshot) { s.Version = 1 << 20 }},
		{"no version", func(s *ppp.Snapshot) { s.Version = 0 }},
		{"no state", func(s *ppp.Snapshot) { s.State = nil }},
		{"a cut state", func(s *ppp.Snapshot) { s.State = s.State[:len(s.State)/2] }},
		{"another type", func(s *ppp.Snapshot) { s.State = json.RawMessage(`[1,2]`) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := good
			test.change(&s)
			if got, err := ppp.Restore(cfg, s); err == nil {
				t.Errorf("Restore = %v, want an error", got.Phase())
			}
		})
	}
}
