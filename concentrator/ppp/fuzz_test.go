package ppp_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pptpac/pptpac/aaa/mschap"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// Kinds of input in a fuzzed sequence: one octet of kind, one of length or
// argument, then the data of a frame.
const (
	fuzzFrame = iota
	fuzzTick
	fuzzWait
	fuzzAnswer // the honest answer to the last question
	fuzzVerdict
	fuzzTerminate
	fuzzDown
	fuzzReset
	fuzzKinds
)

// fuzzConfigs are the machines that a fuzzed sequence is fed to.
var fuzzConfigs = []ppp.Config{
	{Role: ppp.Server, Auth: []ppp.AuthMethod{ppp.MSCHAPv2, ppp.MSCHAPv1}, Encryption: ppp.EncryptionStateless, KeyLengths: ppp.Key40 | ppp.Key56 | ppp.Key128, AuthRetries: 1},
	{Role: ppp.Server, Auth: []ppp.AuthMethod{ppp.CHAPMD5, ppp.PAP}, Encryption: ppp.EncryptionOptional, EchoInterval: 10 * time.Second},
	{Role: ppp.Server},
	{Role: ppp.Client, Auth: []ppp.AuthMethod{ppp.MSCHAPv2, ppp.CHAPMD5, ppp.PAP}, Name: "john", Encryption: ppp.EncryptionRequired, WantDNS: true, WantNBNS: true, Identification: "x"},
	{Role: ppp.Client, Name: "john"},
}

// encodeSequence turns a recorded dialogue into a seed.
func encodeSequence(config byte, inputs []ppptest.TimedInput) []byte {
	b := []byte{config}
	for i, in := range inputs {
		if i > 0 && in.At.After(inputs[i-1].At) {
			b = append(b, fuzzWait, byte(in.At.Sub(inputs[i-1].At)/time.Second))
		}
		switch x := in.Input.(type) {
		case ppp.Frame:
			if len(x.Data) > 255 {
				continue
			}
			b = append(append(b, fuzzFrame, byte(len(x.Data))), x.Data...)
		case ppp.Tick:
			b = append(b, fuzzTick, 0)
		case ppp.AuthVerdict, ppp.AddressGrant, ppp.CredentialResponse:
			b = append(b, fuzzAnswer, 0)
		case ppp.Terminate:
			b = append(b, fuzzTerminate, 0)
		case ppp.LowerDown:
			b = append(b, fuzzDown, 0)
		case ppp.MPPEReset:
			b = append(b, fuzzReset, 0)
		}
	}
	return b
}

// fuzzed feeds one sequence to a machine.
type fuzzed struct {
	t         *testing.T
	m         *ppp.Machine
	now       time.Time
	watch     ppptest.Watch
	user      ppptest.User
	questions []ppp.Output
}

func (f *fuzzed) handle(in ppp.Input) {
	outputs := f.m.Handle(f.now, in)
	if frame, ok := in.(ppp.Frame); ok {
		for i := range frame.Data { // the machine keeps no reference
			frame.Data[i] ^= 0xa5
		}
	}
	if err := f.watch.Check(f.m, outputs); err != nil {
		f.t.Fatalf("%T: %v", in, err)
	}
	for _, out := range outputs {
		switch out.(type) {
		case ppp.NeedAuth, ppp.NeedCredential, ppp.NeedAddress:
			f.questions = append(f.questions, out)
		}
	}
}

func (f *fuzzed) answer() {
	if len(f.questions) == 0 {
		f.handle(ppptest.DefaultAddresses().Grant())
		return
	}
	q := f.questions[0]
	f.questions = f.questions[1:]
	switch q := q.(type) {
	case ppp.NeedAuth:
		f.handle(f.user.Judge(q))
	case ppp.NeedCredential:
		f.handle(f.user.Respond(q))
	case ppp.NeedAddress:
		f.handle(ppptest.DefaultAddresses().Grant())
	}
}

// lie answers whatever was asked with something odd.
func (f *fuzzed) lie(arg byte) {
	attempt := uint32(arg >> 4)
	keys := &mschap.StartKeys{Send128: make([]byte, arg), Recv128: make([]byte, 16)}
	switch arg % 6 {
	case 0:
		f.handle(ppp.AuthVerdict{Attempt: attempt, Accept: true, Message: "x", Keys: keys, MTU: uint16(arg)})
	case 1:
		f.handle(ppp.AuthVerdict{Attempt: attempt, Message: string(make([]byte, 2000)), Code: int(arg) << 20})
	case 2:
		f.handle(ppp.AddressGrant{Local: netip.IPv6Loopback(), Remote: netip.IPv4Unspecified()})
	case 3:
		f.handle(ppp.CredentialResponse{Attempt: attempt, Response: make([]byte, int(arg)*4), Keys: keys})
	case 4:
		f.handle(ppp.CredentialFailure{Attempt: attempt})
	case 5:
		f.handle(ppp.LowerUp{})
	}
}

func (f *fuzzed) play(b []byte) {
	f.handle(ppp.LowerUp{})
	for steps := 0; len(b) >= 2 && steps < 400; steps++ {
		kind, arg := b[0]%fuzzKinds, b[1]
		b = b[2:]
		switch kind {
		case fuzzFrame:
			n := min(int(arg), len(b))
			f.handle(ppp.Frame{Data: append([]byte(nil), b[:n]...)})
			b = b[n:]
		case fuzzTick:
			if d := f.m.Deadline(); d.After(f.now) {
				f.now = d
			}
			f.handle(ppp.Tick{})
		case fuzzWait:
			f.now = f.now.Add(time.Duration(arg) * time.Second)
			f.handle(ppp.Tick{})
		case fuzzAnswer:
			f.answer()
		case fuzzVerdict:
			f.lie(arg)
		case fuzzTerminate:
			f.handle(ppp.Terminate{Reason: string(make([]byte, int(arg)*8))})
		case fuzzDown:
			f.handle(ppp.LowerDown{})
		case fuzzReset:
			f.handle(ppp.MPPEReset{})
		}
	}
	f.drain()
}

// drain ends the link: whatever happened, deadlines end.
func (f *fuzzed) drain() {
	f.handle(ppp.Terminate{Reason: "end"})
	for range 20 {
		d := f.m.Deadline()
		if d.IsZero() {
			break
		}
		if d.After(f.now) {
			f.now = d
		}
		f.handle(ppp.Tick{})
	}
	if d := f.m.Deadline(); !d.IsZero() {
		f.t.Fatalf("20 deadlines after Terminate there is still one, %v", d)
	}
}

func FuzzMachine(f *testing.F) {
	for _, r := range records(f) {
		for i, c := range fuzzConfigs {
			if c.Role == r.Config.Role {
				f.Add(encodeSequence(byte(i), r.Inputs))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		cfg := fuzzConfigs[int(b[0])%len(fuzzConfigs)]
		cfg.Rand = ppptest.NewRandom(uint64(len(b)))
		m, err := ppp.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		fz := &fuzzed{t: t, m: m, now: ppptest.Epoch, user: ppptest.User{Name: "john", Password: "secret"}}
		fz.play(b[1:])
	})
}

// FuzzDialogue replaces one frame in the middle of a good dialogue: states that
// are hard to reach by chance.
func FuzzDialogue(f *testing.F) {
	all := records(f)
	names := []string{"windows10", "stateful-peer", "client-rras", "pap", "auth-retransmissions"}
	for i := range names {
		f.Add(byte(i), byte(9), []byte{0x80, 0xfd, 1, 9, 0, 10, 18, 6, 1, 0, 0, 0x60})
		f.Add(byte(i), byte(20), []byte{0x80, 0x21, 1, 9, 0, 10, 3, 6, 0, 0, 0, 0})
		f.Add(byte(i), byte(5), binary.BigEndian.AppendUint32([]byte{0xc0, 0x21, 4, 1, 0, 10}, 0x05060000))
	}
	f.Fuzz(func(t *testing.T, which, at byte, frame []byte) {
		r := all[names[int(which)%len(names)]]
		m, _, err := r.NewMachine()
		if err != nil {
			t.Fatal(err)
		}
		var watch ppptest.Watch
		for i, in := range r.Inputs {
			if i == int(at)%len(r.Inputs) {
				if err := watch.Check(m, m.Handle(in.At, ppp.Frame{Data: frame})); err != nil {
					t.Fatal(err)
				}
			}
			if err := watch.Check(m, m.Handle(in.At, in.Input)); err != nil {
				t.Fatalf("input %d: %v", i, err)
			}
		}
	})
}
