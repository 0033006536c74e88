package ppp

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseOptions(t *testing.T) {
	for _, test := range []struct {
		name string
		in   []byte
		want []option
		bad  bool
	}{
		{name: "none"},
		{name: "boolean and MRU", in: []byte{7, 2, 1, 4, 5, 0xdc}, want: []option{{7, []byte{}}, {1, []byte{5, 0xdc}}}},
		{name: "length 0", in: []byte{1, 0, 5, 0xdc}, bad: true},
		{name: "length 1", in: []byte{1, 1, 5, 0xdc}, bad: true},
		{name: "past the end", in: []byte{1, 5, 5, 0xdc}, bad: true},
		{name: "type alone", in: []byte{7, 2, 8}, bad: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseOptions(test.in)
			if (err != nil) != test.bad {
				t.Fatalf("error %v, want one: %v", err, test.bad)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendOptionsKeepsTheLimit(t *testing.T) {
	opts := []option{{1, make([]byte, 2)}, {99, make([]byte, 20)}, {7, nil}}
	for limit, want := range map[int]int{0: 0, 3: 0, 4: 4, 25: 4, 26: 26, 28: 28, 100: 28} {
		if got := len(appendOptions(nil, opts, limit)); got != want {
			t.Errorf("limit %d: %d octets, want %d", limit, got, want)
		}
	}
	if got := appendOptions(nil, []option{{1, make([]byte, 254)}}, 1000); len(got) != 0 {
		t.Errorf("an option of 256 octets was written as %d", len(got))
	}
}

// opened is a machine whose protocols may judge anything: a server with a
// grant and keys, as after authentication.
func opened(t *testing.T, cfg Config) *Machine {
	t.Helper()
	cfg.Rand = bytes.NewReader(bytes.Repeat([]byte{0x5a, 0x11, 0xc3, 0x07, 0x99}, 4000))
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.resetLCP()
	keys := startKeys()
	m.st.Auth.Keys = &keys
	return m
}

// Every option in every length up to two octets too many: no answer but Ack,
// Nak and Reject, and what a Nak suggests has the length of the RFC.
func TestEveryOptionInEveryLength(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		for _, e := range []Encryption{EncryptionNone, EncryptionOptional, EncryptionRequired, EncryptionStateless} {
			m := opened(t, Config{Role: role, Auth: []AuthMethod{MSCHAPv2}, Encryption: e})
			for _, proto := range []protocol{lcp{}, ccp{}, ipcp{}} {
				for kind := range 256 {
					r := ruleFor(proto.rules(), uint8(kind))
					longest := 4
					if r != nil {
						longest = min(r.max, 40) + 2
					}
					for size := range longest + 1 {
						o := option{uint8(kind), make([]byte, size)}
						a := m.judge(proto.rules(), []option{o}, true)
						name := fmt.Sprintf("role %d, %v, protocol %#x, option %d of %d octets", role, e, proto.number(), kind, size)
						if r == nil && (a.code != codeConfigureReject || !a.opts[0].equal(o)) {
							t.Errorf("%s: unknown option answered by code %d", name, a.code)
						}
						if r != nil && (size < r.min || size > r.max) && a.code == codeConfigureAck {
							t.Errorf("%s: acknowledged", name)
						}
						if a.code != codeConfigureNak {
							continue
						}
						for _, suggested := range a.opts {
							if sr := ruleFor(proto.rules(), suggested.Type); len(suggested.Value) < sr.min || len(suggested.Value) > sr.max {
								t.Errorf("%s: Nak suggests %d octets", name, len(suggested.Value))
							}
						}
						if b := m.judge(proto.rules(), []option{o}, false); b.code == codeConfigureNak {
							t.Errorf("%s: Nak after Max-Failure", name)
						}
					}
					// The same lengths in a Nak of our own request.
					for size := range longest + 1 {
						if r != nil && r.naked != nil {
							r.naked(m, make([]byte, size))
							m.st.Cause = 0
						}
					}
				}
			}
		}
	}
}

func TestOneClassOfReply(t *testing.T) {
	m := opened(t, Config{Auth: []AuthMethod{PAP}})
	mru := func(n byte) option { return option{lcpMRU, []byte{0, n}} }
	for _, test := range []struct {
		name string
		in   []option
		want answer
	}{
		{"reject before nak", []option{mru(1), {99, nil}}, answer{codeConfigureReject, []option{{99, nil}}}},
		{"only the bad ones are nak'd", []option{mru(1), {lcpPFC, nil}}, answer{codeConfigureNak, []option{{lcpMRU, []byte{5, 0xdc}}}}},
		{"a repeated option", []option{mru(200), mru(201)}, answer{codeConfigureReject, []option{mru(201)}}},
		{"callback, MRRU, short sequence numbers", []option{{13, []byte{6}}, {17, []byte{6, 0x4e}}, {18, nil}, {19, []byte{1, 2}}},
			answer{codeConfigureReject, []option{{13, []byte{6}}, {17, []byte{6, 0x4e}}, {18, nil}}}},
		{"a server is not authenticated", []option{{lcpAuth, []byte{0xc0, 0x23}}}, answer{codeConfigureReject, []option{{lcpAuth, []byte{0xc0, 0x23}}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := m.judge(lcpRules, test.in, true)
			if got.code != test.want.code || !sameOptions(got.opts, test.want.opts) {
				t.Errorf("judge = %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestAuthValuesRoundTrip(t *testing.T) {
	for a := PAP; a <= MSCHAPv2; a++ {
		if got, ok := parseAuth(authValue(a)); !ok || got != a {
			t.Errorf("parseAuth(authValue(%d)) = %d, %v", a, got, ok)
		}
	}
	for _, v := range [][]byte{nil, {0xc2}, {0xc2, 0x23}, {0xc2, 0x27}, {0xc2, 0x23, 0x06}, {0xc0, 0x23, 0}, {0xc2, 0x23, 0x81, 0}} {
		if got, ok := parseAuth(v); ok {
			t.Errorf("parseAuth(%x) = %d", v, got)
		}
	}
}
