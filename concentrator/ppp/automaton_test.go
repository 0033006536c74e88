package ppp_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// finished drives a machine's timers until it says Finished, within a minute.
func finished(t *testing.T, m *ppp.Machine, now time.Time, out []ppp.Output) ppp.Finished {
	t.Helper()
	for range 100 {
		for _, o := range out {
			if f, ok := o.(ppp.Finished); ok {
				if again := m.Handle(now, ppp.LowerDown{}); again != nil {
					t.Errorf("after Finished: %v", again)
				}
				if !m.Deadline().IsZero() || m.Phase() != ppp.PhaseDead {
					t.Errorf("after Finished: deadline %v, phase %d", m.Deadline(), m.Phase())
				}
				return f
			}
		}
		if m.Deadline().IsZero() {
			t.Fatalf("no deadline and not finished; phase %d", m.Phase())
		}
		now = m.Deadline()
		out = m.Handle(now, ppp.Tick{})
	}
	t.Fatal("not finished after 100 timers")
	return ppp.Finished{}
}

// frame makes a frame of a control packet.
func frame(protocol uint16, code, id uint8, data ...byte) ppp.Frame {
	b := binary.BigEndian.AppendUint16(nil, protocol)
	b = append(b, code, id)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(data)))
	return ppp.Frame{Data: append(b, data...)}
}

// Peers that never agree do not keep a link for ever, whichever side refuses.
func TestNegotiationEnds(t *testing.T) {
	answerAll := func(protocol uint16, code uint8, value func(request []byte) []byte) func(*ppp.Machine, []ppp.Output, int) []ppp.Output {
		return func(m *ppp.Machine, out []ppp.Output, _ int) (next []ppp.Output) {
			for _, f := range sent(out) {
				if binary.BigEndian.Uint16(f) == protocol && f[2] == 1 {
					next = append(next, m.Handle(start, frame(protocol, code, f[3], value(f[6:])...))...)
				}
			}
			return next
		}
	}
	for _, test := range []struct {
		name string
		cfg  ppp.Config
		open bool // LCP is open
		step func(m *ppp.Machine, out []ppp.Output, i int) []ppp.Output
		want ppp.Cause
	}{
		{"LCP: our magic number is refused for ever", ppp.Config{}, false,
			answerAll(0xc021, 3, func([]byte) []byte { return []byte{5, 6, 1, 2, 3, 4} }), ppp.CauseLCPFailed},
		{"LCP: the peer asks for nonsense for ever", ppp.Config{}, false,
			func(m *ppp.Machine, _ []ppp.Output, i int) []ppp.Output {
				return m.Handle(start, frame(0xc021, 1, uint8(i), 99, 2))
			}, ppp.CauseLCPFailed},
		{"LCP: the server insists on EAP", ppp.Config{Role: ppp.Client, Auth: []ppp.AuthMethod{ppp.MSCHAPv2}}, false,
			func(m *ppp.Machine, _ []ppp.Output, i int) []ppp.Output {
				return m.Handle(start, frame(0xc021, 1, uint8(i), 3, 4, 0xc2, 0x27))
			}, ppp.CauseNoCommonAuth},
		{"IPCP: the peer insists on an address", ppp.Config{}, true,
			func(m *ppp.Machine, _ []ppp.Output, i int) []ppp.Output {
				return m.Handle(start, frame(0x8021, 1, uint8(i), 3, 6, 192, 0, 2, 1))
			}, ppp.CauseIPCPFailed},
		{"IPCP: the peer refuses our address for ever", ppp.Config{}, true,
			answerAll(0x8021, 3, func([]byte) []byte { return []byte{3, 6, 192, 0, 2, 1} }), ppp.CauseIPCPFailed},
		{"IPCP: a client is Nak'd with nothing for ever", ppp.Config{Role: ppp.Client}, true,
			answerAll(0x8021, 3, func([]byte) []byte { return []byte{3, 6, 0, 0, 0, 0} }), ppp.CauseIPCPFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			var m *ppp.Machine
			var out []ppp.Output
			if test.open {
				m, out = lcpOpenWith(t, test.cfg)
				out = append(out, m.Handle(start, ppp.AddressGrant{Local: local, Remote: remote})...)
			} else {
				m, out = drive(t, test.cfg)
			}
			for i := range 60 {
				out = test.step(m, out, i)
				if m.Phase() == ppp.PhaseTerminate {
					break
				}
			}
			if m.Phase() != ppp.PhaseTerminate {
				t.Fatalf("phase %d after 60 rounds, want PhaseTerminate", m.Phase())
			}
			if got := finished(t, m, start, out).Cause; got != test.want {
				t.Errorf("cause %d, want %d", got, test.want)
			}
		})
	}
}

// lcpOpenWith is lcpOpen, and what the machine said when LCP opened.
func lcpOpenWith(t *testing.T, cfg ppp.Config) (*ppp.Machine, []ppp.Output) {
	t.Helper()
	m, out := drive(t, cfg)
	ack := append([]byte{}, sent(out)[0]...)
	ack[2] = 2
	m.Handle(start, ppp.Frame{Data: ack})
	return m, m.Handle(start, frame(0xc021, 1, 1))
}

// Under an optional encryption a CCP that does not converge is given up, and IP
// comes up without it.
func TestOptionalCCPThatDoesNotConverge(t *testing.T) {
	m := lcpOpen(t, ppp.Config{Auth: []ppp.AuthMethod{ppp.MSCHAPv2}, Encryption: ppp.EncryptionOptional}, 1500)
	m.Handle(start, frame(0xc223, 2, 1, append([]byte{49}, make([]byte, 49)...)...))
	keys := testKeys()
	m.Handle(start, ppp.AuthVerdict{Attempt: 1, Accept: true, Message: "S=0000000000000000000000000000000000000000", Keys: &keys})
	for i := range 40 {
		m.Handle(start, frame(0x80fd, 1, uint8(i), 18, 6, 1, 0, 0, 0x20)) // 40 bits, which are not allowed
	}
	out := m.Handle(start, ppp.AddressGrant{Local: local, Remote: remote})
	request := sent(out)[0]
	m.Handle(start, frame(0x8021, 2, request[3], request[6:]...))
	out = m.Handle(start, frame(0x8021, 1, 50, 3, 6, 10, 5, 17, 1))
	want := []ppp.Output{
		ppp.LayerUp{Local: local, Remote: remote, MTU: 1460},
		ppp.SendFrame{Data: frame(0x8021, 2, 50, 3, 6, 10, 5, 17, 1).Data},
	}
	if diff := cmp.Diff(want, out, cmp.Comparer(func(a, b interface{ IsValid() bool }) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

// A Tick before the deadline, an unknown attempt, and an input of the other
// role change nothing.
func TestInputsWithoutEffect(t *testing.T) {
	for _, role := range []ppp.Role{ppp.Server, ppp.Client} {
		m := lcpOpen(t, ppp.Config{Role: role}, 1500)
		before, err := m.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		inputs := []ppp.Input{
			ppp.LowerUp{}, ppp.Tick{}, ppp.AuthVerdict{Attempt: 7, Accept: true}, ppp.CredentialResponse{Attempt: 7},
			ppp.CredentialFailure{Attempt: 7}, ppp.MPPEReset{}, nil, ppp.Alive{},
		}
		if role == ppp.Client {
			inputs = append(inputs, ppp.AddressGrant{Local: local, Remote: remote})
		}
		for _, in := range inputs {
			if out := m.Handle(start.Add(time.Millisecond), in); len(out) != 0 {
				t.Errorf("role %d: %T makes %v", role, in, out)
			}
		}
		after, err := m.Snapshot()
		if err != nil || !bytes.Equal(before.State, after.State) {
			t.Errorf("role %d: the state changed:\n%s\n%s, %v", role, before.State, after.State, err)
		}
	}
}

// A source of randomness that fails ends the link instead of making
// challenges that can be guessed.
func TestNoRandomness(t *testing.T) {
	for octets := range 24 {
		m, err := ppp.New(ppp.Config{Rand: bytes.NewReader(make([]byte, octets)), Auth: []ppp.AuthMethod{ppp.MSCHAPv2}})
		if err != nil {
			t.Fatal(err)
		}
		out := m.Handle(start, ppp.LowerUp{})
		if frames := sent(out); len(frames) > 0 {
			ack := append([]byte{}, frames[0]...)
			ack[2] = 2
			out = append(m.Handle(start, ppp.Frame{Data: ack}), m.Handle(start, frame(0xc021, 1, 1))...)
		}
		challenged := false
		for _, f := range sent(out) {
			challenged = challenged || binary.BigEndian.Uint16(f) == 0xc223
		}
		if want := octets >= 4+16; challenged != want {
			t.Errorf("%d octets of randomness: challenged %v, want %v", octets, challenged, want)
		}
		if !challenged {
			if got := finished(t, m, start, out).Cause; got != ppp.CauseLCPFailed {
				t.Errorf("%d octets of randomness: cause %d, want %d", octets, got, ppp.CauseLCPFailed)
			}
		}
	}
}

func TestCodeRejects(t *testing.T) {
	dialogue(t, "of Echo-Request: no more of them", "set echo 10s\n"+serverUp+`
+ 10s
< lcp EchoReq ...
> raw c0210701000c090100080102030400
+ 100s
`)
	dialogue(t, "of Configure-Request in IPCP", serverUp+`
> raw 8021070100080101000400000000
! LayerDown
< lcp TermReq ...
> lcp TermAck id=$lcp.TermReq.id ""
! Finished cause=IPCPFailed
`)
	dialogue(t, "of nothing, and of what we never sent", serverUp+`
> raw c02107010004
> raw c0210701000563
> raw c0210801000400
> raw c02108010005c0
> lcp ProtoRej id=9 proto=0x0021 data=
> lcp ProtoRej id=9 proto=0x00fd data=
> lcp ProtoRej id=9 proto=0x8057 data=
> lcp ProtoRej id=9 proto=0xc223 data=
`)
}
