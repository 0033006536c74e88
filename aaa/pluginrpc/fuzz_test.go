package pluginrpc

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

// FuzzVerdict has a plugin answer with anything. What decodes must be within the
// contract, and must survive the way back.
func FuzzVerdict(f *testing.F) {
	for _, v := range []aaa.Verdict{
		{Result: aaa.Reject, Code: aaa.AuthFailure},
		{Result: aaa.Accept, Policy: &aaa.Policy{Routes: []aaa.Route{{}}, MPPEBits: []int{128}}, Success: "S="},
		{Result: aaa.Challenge, State: []byte{1}}, {Result: aaa.UnknownUser},
	} {
		m, err := verdictToProto(&v)
		if err != nil {
			f.Fatal(err)
		}
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m aaav1.Verdict
		if proto.Unmarshal(b, &m) != nil {
			return
		}
		v, err := verdictFromProto(&m)
		if err != nil {
			return
		}
		if v.Result > aaa.UnknownUser {
			t.Fatalf("result %d", v.Result)
		}
		if k := v.Keys; k != nil && (len(k.Send128)+len(k.Recv128))%16 != 0 {
			t.Fatalf("keys of %d and %d octets", len(k.Send128), len(k.Recv128))
		}
		again, err := verdictToProto(v)
		if err != nil {
			t.Fatalf("verdictToProto() = %v, want nil", err)
		}
		if _, err := verdictFromProto(again); err != nil {
			t.Fatalf("verdictFromProto() on the way back = %v, want nil", err)
		}
	})
}
