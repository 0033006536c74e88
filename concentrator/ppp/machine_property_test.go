package ppp_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// play feeds a record to a new machine, calling before and after around each
// input, and fails where its outputs are not those of the record.
func play(t *testing.T, record *ppptest.Record, before func(m *ppp.Machine, i int), after func(in ppp.Input, outputs []ppp.Output)) {
	t.Helper()
	m, _, err := record.NewMachine()
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range record.Inputs {
		before(m, i)
		got := m.Handle(in.At, copied(in.Input))
		if diff := cmp.Diff(texts(record.Outputs[i]), texts(got)); diff != "" {
			t.Fatalf("input %d, %T, has other outputs (-first +now):\n%s", i, in.Input, diff)
		}
		after(in.Input, got)
	}
}

// copied is the input with a frame of its own.
func copied(in ppp.Input) ppp.Input {
	if frame, ok := in.(ppp.Frame); ok {
		return ppp.Frame{Data: append([]byte(nil), frame.Data...)}
	}
	return in
}

func doNothing(*ppp.Machine, int) {}

// "The same inputs always give the same outputs" (package comment).
func TestSameInputsSameOutputs(t *testing.T) {
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) { play(t, record, doNothing, func(ppp.Input, []ppp.Output) {}) })
	}
}

// "A Tick before the deadline changes nothing."
func TestEarlyTickChangesNothing(t *testing.T) {
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) {
			play(t, record, func(m *ppp.Machine, i int) {
				at := record.Inputs[i].At
				if d := m.Deadline(); !d.IsZero() && !at.Before(d) {
					at = d.Add(-1)
				}
				if i > 0 && at.Before(record.Inputs[i-1].At) {
					return
				}
				before := m.Deadline()
				if got := m.Handle(at, ppp.Tick{}); len(got) != 0 {
					t.Fatalf("before input %d: %v", i, texts(got))
				}
				if after := m.Deadline(); !after.Equal(before) {
					t.Fatalf("before input %d the deadline moved from %v to %v", i, before, after)
				}
			}, func(ppp.Input, []ppp.Output) {})
		})
	}
}

// "The Machine keeps no reference to Data"; "The data belongs to the receiver
// of the output": what the surroundings do to either changes nothing.
func TestNothingIsShared(t *testing.T) {
	scribble := func(b []byte) {
		for i := range b {
			b[i] ^= 0x5a
		}
	}
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) {
			m, _, err := record.NewMachine()
			if err != nil {
				t.Fatal(err)
			}
			for i, in := range record.Inputs {
				input := copied(in.Input)
				got := m.Handle(in.At, input)
				if diff := cmp.Diff(texts(record.Outputs[i]), texts(got)); diff != "" {
					t.Fatalf("input %d, %T, has other outputs (-first +now):\n%s", i, in.Input, diff)
				}
				if frame, ok := input.(ppp.Frame); ok {
					scribble(frame.Data)
				}
				for _, out := range got {
					switch out := out.(type) {
					case ppp.SendFrame:
						scribble(out.Data)
					case ppp.NeedAuth:
						scribble(out.Challenge)
						scribble(out.Response)
					case ppp.NeedCredential:
						scribble(out.Challenge)
						scribble(out.PeerChallenge)
					case ppp.ArmReceive:
						scribble(out.Key.StartKey)
					case ppp.ArmTransmit:
						scribble(out.Key.StartKey)
					}
				}
			}
		})
	}
}

// Answers to questions that were not asked, or are answered already, and inputs
// out of order change nothing.
func TestAnswersNobodyAskedFor(t *testing.T) {
	stray := []ppp.Input{
		ppp.AuthVerdict{Attempt: 1000, Accept: true},
		ppp.AuthVerdict{Attempt: 1000},
		ppp.CredentialResponse{Attempt: 1000, Response: []byte("x")},
		ppp.CredentialFailure{Attempt: 1000},
		ppp.LowerUp{},
	}
	for name, record := range records(t) {
		t.Run(name, func(t *testing.T) {
			play(t, record, func(m *ppp.Machine, i int) {
				if i == 0 {
					return
				}
				for _, in := range stray {
					if got := m.Handle(record.Inputs[i-1].At, in); len(got) != 0 {
						t.Fatalf("before input %d %T has outputs %v", i, in, texts(got))
					}
				}
			}, func(ppp.Input, []ppp.Output) {})
		})
	}
}

// Nothing is said and no deadline is set before LowerUp; a machine that ends
// before it began says so and no more.
func TestBeforeLowerUp(t *testing.T) {
	for _, in := range []ppp.Input{
		ppp.Tick{}, ppp.Frame{Data: ppptest.Packet(ppptest.ProtoLCP, 1, 1, nil)}, ppp.AuthVerdict{Accept: true},
		ppp.AddressGrant{}, ppp.MPPEReset{}, ppp.CredentialResponse{}, ppp.CredentialFailure{},
	} {
		m, err := ppp.New(ppp.Config{Rand: ppptest.NewRandom(1)})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Handle(ppptest.Epoch, in); len(got) != 0 {
			t.Errorf("%T: %v", in, texts(got))
		}
		if d := m.Deadline(); !d.IsZero() {
			t.Errorf("%T: a deadline, %v", in, d)
		}
	}
	for _, in := range []ppp.Input{ppp.Terminate{Reason: "x"}, ppp.LowerDown{}} {
		m, err := ppp.New(ppp.Config{Rand: ppptest.NewRandom(1)})
		if err != nil {
			t.Fatal(err)
		}
		got := m.Handle(ppptest.Epoch, in)
		if len(got) != 1 {
			t.Fatalf("%T: %v, want Finished", in, texts(got))
		}
		if _, ok := got[0].(ppp.Finished); !ok {
			t.Errorf("%T: %v, want Finished", in, texts(got))
		}
		if got := m.Handle(ppptest.Epoch, ppp.LowerUp{}); len(got) != 0 {
			t.Errorf("after the end LowerUp: %v", texts(got))
		}
	}
}

// Every single frame of a set-up is lost, doubled or held back in turn; the
// outcome is the same.
func TestEverySingleFrame(t *testing.T) {
	config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionStateless}
	want := agreement{up: true, encoding: ppp.Encoding{Bits: 128, Stateless: true}}
	kinds := []struct {
		name string
		fate ppptest.Fate
	}{
		{"lost", ppptest.Fate{}},
		{"twice", ppptest.Fate{0, 0}},
		{"twice, late", ppptest.Fate{0, 500 * time.Millisecond}},
		{"late", ppptest.Fate{45 * time.Millisecond}},
	}
	for _, kind := range kinds {
		for _, method := range []ppp.AuthMethod{ppp.PAP, ppp.CHAPMD5, ppp.MSCHAPv1, ppp.MSCHAPv2} {
			t.Run(kind.name+"/"+methodName(method), func(t *testing.T) {
				c, w := config, want
				c.Auth = auth(method)
				if !yieldsKeys(method) {
					c.Encryption, w.encoding = ppp.EncryptionOptional, ppp.Encoding{}
				}
				for toServer := range 2 {
					for n := 1; n <= 16; n++ {
						p := john(t, c, c, 3)
						p.ToServer.Delay, p.ToClient.Delay = 10*time.Millisecond, 10*time.Millisecond
						pipe := &p.ToClient
						if toServer == 1 {
							pipe = &p.ToServer
						}
						pipe.Special = map[int]ppptest.Fate{n: kind.fate}
						p.Start()
						settle(t, p)
						check(t, p, w)
						if t.Failed() {
							t.Fatalf("frame %d, to server: %v", n, toServer == 1)
						}
						if took := p.Now().Sub(ppptest.Epoch); took > 45*time.Second {
							t.Errorf("frame %d, to server %v: it took %v", n, toServer == 1, took)
						}
					}
				}
			})
		}
	}
}
