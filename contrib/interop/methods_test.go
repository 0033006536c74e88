package interop

import (
	"fmt"
	"strings"
	"testing"
)

// Every method with every encryption that pppd can do, over both sizes of
// packets. 56 bit pppd does not know, and it refuses 40 bit with MS-CHAPv1.
func TestInteropMethods(t *testing.T) {
	const all = "pap = true\nchap = true\nms-chapv1 = true\nms-chapv2 = true\nmppe-key-lengths = [40, 56, 128]\n"
	const keyed = "ms-chapv1 = true\nms-chapv2 = true\nmppe-key-lengths = [40, 56, 128]\n"
	type one struct {
		auth     string
		mppe     string
		propose  bool   // pppd proposes stateful
		encoding string // as sessions list has it
	}
	for _, tt := range []struct {
		name  string
		lines string
		mtu   int
		calls []one
	}{
		{"no encryption", all + `encryption = "none"`, 1460, []one{
			{"pap", "none", false, ""},
			{"chap", "none", false, ""},
			{"ms-chapv1", "none", false, ""},
			{"ms-chapv2", "none", false, ""},
		}},
		{"optional encryption", all + `encryption = "optional"`, 1400, []one{
			{"chap", "none", false, ""},
			{"ms-chapv2", "none", false, ""},
			{"ms-chapv1", "128", false, "MPPE 128 bit, stateless"},
			{"ms-chapv2", "40", false, "MPPE 40 bit, stateless"},
			{"ms-chapv2", "128", false, "MPPE 128 bit, stateless"},
			{"ms-chapv2", "128", true, "MPPE 128 bit"},
		}},
		{"required encryption", keyed + `encryption = "required"`, 1460, []one{
			{"ms-chapv1", "128", false, "MPPE 128 bit, stateless"},
			{"ms-chapv1", "128", true, "MPPE 128 bit"},
			{"ms-chapv2", "40", false, "MPPE 40 bit, stateless"},
			{"ms-chapv2", "40", true, "MPPE 40 bit"},
			{"ms-chapv2", "128", false, "MPPE 128 bit, stateless"},
			{"ms-chapv2", "128", true, "MPPE 128 bit"},
		}},
		{"stateless encryption", keyed + `encryption = "stateless"`, 1400, []one{
			{"ms-chapv2", "40", false, "MPPE 40 bit, stateless"},
			{"ms-chapv2", "128", false, "MPPE 128 bit, stateless"},
			// Our Nak convinces pppd, and its Naks convince us.
			{"ms-chapv2", "128", true, "rx MPPE 128 bit; tx MPPE 128 bit, stateless"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.lines, fmt.Sprintf("mtu = %d\nmru = %d", tt.mtu, tt.mtu))
			port := bulkServer(t)
			for i, c := range tt.calls {
				name := c.auth + " " + c.mppe
				if c.propose {
					name += " stateful"
				}
				t.Run(name, func(t *testing.T) {
					call := dial(t, Dial{Name: fmt.Sprintf("call%d", i), Auth: c.auth, MPPE: c.mppe, Stateful: c.propose, MTU: tt.mtu, MRU: tt.mtu})
					t.Logf("up in %v", call.Setup)
					wantEncryption(t, call, c.mppe, c.propose && !strings.Contains(c.encoding, "stateless"))
					got := session(t, s, call)
					if got.Encoding != c.encoding || got.User != user || got.Caller != ClientAddr.String() || got.Server != "pptp-dynamic-server" {
						t.Errorf("session = %+v, want user %s, caller %v, encoding %q", got, user, ClientAddr, c.encoding)
					}
					for _, size := range []int{1, 1372, 4000} {
						ping(t, call, size)
					}
					transfer(t, call, "send", port, 300_000, transferTimeout)
					transfer(t, call, "receive", port, 300_000, transferTimeout)
					hangUp(t, call)
					endedWith(t, s, i+1, "user-request")
				})
			}
		})
	}
}

// wantEncryption looks in pppd's log for what pppd itself believes.
func wantEncryption(t *testing.T, call Call, mppe string, stateful bool) {
	t.Helper()
	if mppe == "none" {
		if strings.Contains(call.Log, "compression enabled") {
			t.Errorf("pppd's log has encryption, want none:\n%s", call.Log)
		}
		return
	}
	want := "MPPE " + mppe + "-bit stateless compression enabled"
	if stateful {
		want = "MPPE " + mppe + "-bit stateful compression enabled"
	}
	if !strings.Contains(call.Log, want) {
		t.Errorf("pppd's log lacks %q:\n%s", want, call.Log)
	}
}
