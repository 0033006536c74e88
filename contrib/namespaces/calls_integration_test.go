package namespaces

import (
	"fmt"
	"strings"
	"testing"
)

const innerServer = "10.5.17.254"

// every accepts all methods and strengths.
const every = `
pap = true
chap = true
ms-chapv1 = true
ms-chapv2 = true
encryption = "optional"
mppe-key-lengths = [40, 56, 128]
`

// Every method with every strength that it yields keys for, those included
// that no free client knows: 56 bits, and 40 with MS-CHAPv1.
func TestIntegrationMethodsAndStrengths(t *testing.T) {
	h := newHouse(t)
	h.startDaemon(every)
	h.addUsers()
	n := 0
	for _, method := range []dialOptions{{PAP: true}, {CHAP: true}, {V1: true}, {V2: true}} {
		for _, bits := range []int{0, 40, 56, 128} {
			if bits > 0 && !method.V1 && !method.V2 {
				continue // these methods yield no keys
			}
			o := method
			o.User, o.Password, o.Encryption = "jack", "secret", "none"
			want := ""
			if bits > 0 {
				o.Encryption, o.Bits, want = "stateless", []int{bits}, fmt.Sprintf("MPPE %d bit, stateless", bits)
			}
			name := fmt.Sprintf("pap=%v chap=%v v1=%v v2=%v %d bit", o.PAP, o.CHAP, o.V1, o.V2, bits)
			t.Run(name, func(t *testing.T) {
				h.t = t
				c := h.dial(o)
				if c.Up.Error != "" {
					t.Fatalf("dial: %s", c.Up.Error)
				}
				mtu := 1460
				if bits > 0 {
					mtu = 1456
				}
				if c.Up.Encoding != want || c.Up.MTU != mtu || c.Up.Remote != innerServer {
					t.Errorf("up with %+v, want encoding %q and MTU %d", c.Up, want, mtu)
				}
				h.connected(1)
				for _, size := range []int{1, 1372, 4000} {
					if got := h.ping(innerServer, size, 3); got != 3 {
						t.Errorf("ping with %d octets: %d of 3 came back", size, got)
					}
				}
				if l := h.sessions(false); len(l) != 1 || l[0].Encoding != want || l[0].Rx == 0 || l[0].Tx == 0 {
					t.Errorf("sessions list: %+v", l)
				}
				c.hangUp()
				n++
				if e := h.ended(n); e.Cause != "user-request" || e.Refused {
					t.Errorf("ended: %+v", e)
				}
			})
		}
	}
}

// The outer path loses 5 %, repeats and reorders: calls come up, and octets
// arrive as they were sent.
func TestIntegrationImpairedPath(t *testing.T) {
	h := newHouse(t)
	h.startDaemon(every)
	h.addUsers()
	for _, o := range []dialOptions{
		{Encryption: "none"},
		{Encryption: "stateless", Bits: []int{128}},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s seed %d", o.Encryption, seed), func(t *testing.T) {
				h.t = t
				o.User, o.Password, o.V2 = "john", "secret", true
				o.Loss, o.Duplicate, o.Reorder, o.Seed = 0.05, 0.02, 0.05, 100*seed
				c := h.dial(o)
				if c.Up.Error != "" {
					t.Fatalf("dial: %s", c.Up.Error)
				}
				h.connected(1)
				// 5 % each way leave 90 % of the pings.
				if got := h.ping(innerServer, 1000, 100); got < 70 {
					t.Errorf("%d of 100 pings came back, want about 90", got)
				}
				h.transfer(innerServer, 500_000)
				c.hangUp()
			})
		}
	}
}

func TestIntegrationTransfer(t *testing.T) {
	h := newHouse(t)
	h.startDaemon("")
	h.addUsers()
	c := h.dial(dialOptions{User: "john", Password: "secret", V2: true, Encryption: "stateless"})
	if c.Up.Error != "" {
		t.Fatalf("dial: %s", c.Up.Error)
	}
	h.connected(1)
	h.transfer(innerServer, 20_000_000)
	s := h.sessions(false)
	if len(s) != 1 || s[0].Rx < 20_000_000 || s[0].Tx < 20_000_000 {
		t.Errorf("sessions list: %+v, want at least 20,000,000 octets each way", s)
	}
}

func TestIntegrationRefusalsAndEnds(t *testing.T) {
	h := newHouse(t)
	h.startDaemon("remote-address = \"10.5.17.1-10.5.17.2\"")
	h.addUsers()
	good := dialOptions{User: "john", Password: "secret", V2: true, Encryption: "stateless"}
	n := 0
	refused := func(o dialOptions, cause, reason string) {
		t.Helper()
		n++
		if c := h.dial(o); c.Up.Error == "" {
			t.Fatalf("the call came up: %+v", c.Up)
		}
		e := h.ended(n)
		if e.Cause != cause || !strings.Contains(e.Reason, reason) || !e.Refused {
			t.Errorf("ended with %s: %q, want %s: ...%q...", e.Cause, e.Reason, cause, reason)
		}
		if !strings.Contains(h.logText(), reason) {
			t.Errorf("the log does not say %q", reason)
		}
	}
	wrong, unknown, clear := good, good, good
	wrong.Password = "wrong"
	unknown.User = "nobody"
	clear.Encryption = "none"
	refused(wrong, "authentication-rejected", "password")
	refused(unknown, "authentication-rejected", "unknown user")
	refused(clear, "encryption-mismatch", "encryption")

	first, second := h.dial(good), h.dial(dialOptions{User: "jack", Password: "secret", V2: true, Encryption: "stateless", NoDevice: true})
	if first.Up.Error != "" || second.Up.Error != "" {
		t.Fatalf("dial: %q, %q", first.Up.Error, second.Up.Error)
	}
	refused(good, "pool-exhausted", "exhausted")

	second.kill()
	n++
	if e := h.ended(n); e.Cause != "lost-carrier" || e.User != "jack" {
		t.Errorf("killed client: ended %+v, want lost-carrier of jack", e)
	}
	h.pptpac("", "sessions", "terminate", "user=john", "reason=maintenance")
	n++
	if e := h.ended(n); e.Cause != "admin-terminate" || !strings.Contains(e.Reason, "maintenance") {
		t.Errorf("terminated: ended %+v", e)
	}
	if d := first.report(); !strings.Contains(d.Error, "terminated by the administrator") {
		t.Errorf("the terminated client was told %q", d.Error)
	}
}

// kill -9 of the plugin costs at most the call of the moment; users and
// sessions are still there, and a restart of the daemon keeps users and leases.
func TestIntegrationPluginAndDaemonRestart(t *testing.T) {
	h := newHouse(t)
	h.startDaemon("")
	h.addUsers()
	good := dialOptions{User: "john", Password: "secret", V2: true, Encryption: "stateless"}
	first := h.dial(good)
	if first.Up.Error != "" {
		t.Fatalf("dial: %s", first.Up.Error)
	}
	h.connected(1)
	h.killPlugin()
	if got := h.ping(innerServer, 100, 3); got != 3 {
		t.Errorf("%d of 3 pings of the live session came back after the plugin died", got)
	}
	h.eventually("the plugin to come back", func() bool {
		out, err := h.tryPptpac("", "users", "list")
		return err == nil && strings.Contains(out, "john")
	})
	jack := good
	jack.User, jack.NoDevice = "jack", true
	second := h.dial(jack)
	if second.Up.Error != "" {
		t.Fatalf("dial after the plugin came back: %s", second.Up.Error)
	}
	h.stopDaemon()
	if d := first.report(); !strings.Contains(d.Error, "shutting down") {
		t.Errorf("at shutdown the client was told %q", d.Error)
	}
	h.startDaemon("")
	again := h.dial(jack)
	if again.Up.Local != second.Up.Local {
		t.Errorf("after the restart jack got %q, want his old address %s; %s", again.Up.Local, second.Up.Local, again.Up.Error)
	}
}

// A pool grows under a session, which goes on.
func TestIntegrationPoolGrowsUnderSessions(t *testing.T) {
	h := newHouse(t)
	h.startDaemon("remote-address = \"10.5.17.1\"")
	h.addUsers()
	good := dialOptions{User: "john", Password: "secret", V2: true, Encryption: "stateless"}
	first := h.dial(good)
	if first.Up.Error != "" {
		t.Fatalf("dial: %s", first.Up.Error)
	}
	h.connected(1)
	h.configure("remote-address = \"10.5.17.1, 10.6.0.7\"")
	h.pptpac("", "reload")
	second := h.dial(dialOptions{User: "jack", Password: "secret", V2: true, Encryption: "stateless", NoDevice: true})
	if second.Up.Local != "10.6.0.7" {
		t.Errorf("the second client is up with %+v, want the new address", second.Up)
	}
	if got := h.ping(innerServer, 100, 3); got != 3 {
		t.Errorf("%d of 3 pings of the first session came back after the reload", got)
	}
}
