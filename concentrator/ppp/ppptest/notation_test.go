package ppptest

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestComposeGoldenBytes(t *testing.T) {
	tests := []struct{ text, want string }{
		{"lcp ConfReq id=0 mru=1400 magic=0x01020304 pcomp accomp callback=06",
			"c021" + "0100" + "0015" + "01040578" + "050601020304" + "0702" + "0802" + "0d0306"},
		{"lcp ConfAck id=255 auth=mschapv2", "c021" + "02ff" + "0009" + "0305c22381"},
		{"lcp ConfNak id=1 auth=pap", "c021" + "0301" + "0008" + "0304c023"},
		{"lcp TermReq id=3 \"bye\"", "c021" + "0503" + "0007" + "627965"},
		{"lcp ProtoRej id=9 proto=0x8057 data=0101", "c021" + "0809" + "0008" + "8057" + "0101"},
		{"lcp EchoReq id=2 magic=0x0000000a data=", "c021" + "0902" + "0008" + "0000000a"},
		{"lcp Ident id=2 magic=0x0000000a \"MSRASV5.20\"", "c021" + "0c02" + "0012" + "0000000a" + hex.EncodeToString([]byte("MSRASV5.20"))},
		{"ccp ConfReq id=4 mppe=0x01000040", "80fd" + "0104" + "000a" + "120601000040"},
		{"ccp ResetReq id=4 data=", "80fd" + "0e04" + "0004"},
		{"ipcp ConfReq id=5 addr=10.0.0.1 dns1=0.0.0.0", "8021" + "0105" + "0010" + "03060a000001" + "810600000000"},
		{"chap Challenge id=1 value=0102 name=\"x y\"", "c223" + "0101" + "000a" + "020102" + "782079"},
		{"pap AuthReq id=1 user=\"ab\" password=\"c\"", "c023" + "0101" + "0009" + "026162" + "0163"},
		{"pap AuthNak id=1 \"no\"", "c023" + "0301" + "0007" + "026e6f"},
		{"nbfcp ConfReq id=6 opt1=00", "803f" + "0106" + "0007" + "010300"},
		{"lcp Code77 id=6 data=aa", "c021" + "4d06" + "0005" + "aa"},
		{"raw c0210101", "c0210101"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, err := Compose(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(got) != test.want {
				t.Errorf("Compose = %x, want %s", got, test.want)
			}
			if got := Describe(got); got != test.text {
				t.Errorf("Describe = %s, want %s", got, test.text)
			}
		})
	}
}

func TestComposeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "lcp", "lcp ConfReq", "lcp ConfReq id=256", "lcp ConfReq id=x", "foo ConfReq id=1", "lcp Foo id=1",
		"lcp ConfReq id=1 foo=1", "ipcp ConfReq id=1 addr=::1", "lcp TermReq id=1 \"x", "raw 0", "lcp ConfReq id=1 mru=70000",
		"lcp EchoReq id=1 foo=1",
	} {
		if got, err := Compose(text); err == nil {
			t.Errorf("Compose(%q) = %x, want an error", text, got)
		}
	}
}

func FuzzDescribeComposeRoundTrip(f *testing.F) {
	for _, seed := range []string{"c0210101000401", "c02101010004", "80fd0104000a120601000040", "c223010100060201", "c0230101000901"} {
		b, _ := hex.DecodeString(seed)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		text := Describe(frame)
		got, err := Compose(text)
		if len(frame) == 0 {
			return // "raw " has no second word
		}
		if err != nil || !bytes.Equal(got, frame) {
			t.Fatalf("%x is described as %q, which composes to %x (%v)", frame, text, got, err)
		}
	})
}
