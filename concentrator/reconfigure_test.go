package concentrator

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

func TestReconfigure(t *testing.T) {
	failure := errors.New("no /dev/net/tun")
	tests := []struct {
		name    string
		session bool // one is up
		change  func(*Config)
		prepare func(*bench)
		refused string // part of the error
		device  string // afterwards; "": none
		ends    bool   // the session
	}{
		{name: "nothing", session: true, change: func(*Config) {}, device: "pptpac0"},
		{name: "limits", session: true, change: func(c *Config) { c.Server.MaxSessions = 1 }, device: "pptpac0"},
		{name: "words of links", session: true, change: func(c *Config) { c.Dynamic.IdleTimeout, c.Dynamic.PAP = time.Minute, true }, device: "pptpac0"},
		{name: "listen", change: func(c *Config) { c.Server.Listen = nil }, refused: "server.listen", device: "pptpac0"},
		{name: "device", change: func(c *Config) { c.Dynamic.Device = "other0" }, device: "other0"},
		{name: "device with a session", session: true, change: func(c *Config) { c.Dynamic.Device = "other0" }, refused: "pptp-dynamic-server.device: cannot change while 1 sessions are up", device: "pptpac0"},
		{name: "mtu with a session", session: true, change: func(c *Config) { c.Dynamic.MTU = 1400 }, refused: "pptp-dynamic-server.mtu", device: "pptpac0"},
		{name: "local-address with a session", session: true, change: func(c *Config) { c.Dynamic.LocalAddress = nil }, refused: "local-address", device: "pptpac0"},
		{name: "remote-address with a session", session: true, change: func(c *Config) { c.Dynamic.Routes = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")} }, device: "pptpac0"},
		{name: "device that cannot be opened", change: func(c *Config) { c.Dynamic.Device = "other0" }, prepare: func(b *bench) { b.plane.openDevice.Store(&failure) }, refused: "no /dev/net/tun"},
		{name: "device per session", change: func(c *Config) { c.Dynamic.InterfacePerSession = true }},
		{name: "disabled", change: func(c *Config) { c.Dynamic.Enabled = false }},
		{name: "disabled with a session", session: true, change: func(c *Config) { c.Dynamic.Enabled = false }, ends: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := startServer(t, nil)
			var h *heldClient
			if test.session {
				h = b.dialHeld(b.client(nil))
			}
			if test.prepare != nil {
				test.prepare(b)
			}
			old := b.server.Config()
			cfg := *old
			test.change(&cfg)
			err := b.server.Reconfigure(cfg)
			if (err != nil) != (test.refused != "") || err != nil && !strings.Contains(err.Error(), test.refused) {
				t.Fatalf("error %v, want ...%q...", err, test.refused)
			}
			if (b.server.Config() == old) != (err != nil) {
				t.Error("the configuration in force is not the one it should be")
			}
			_, open := b.wire.Left.Devices()[test.device]
			if n := len(b.wire.Left.Devices()); test.device == "" && n != 0 || test.device != "" && (n != 1 || !open) {
				t.Errorf("devices %v, want %q", b.wire.Left.Devices(), test.device)
			}
			if spec := b.wire.Left.Devices()[test.device]; test.device != "" && !slices.Equal(spec.Routes, b.server.Config().Dynamic.Routes) {
				t.Errorf("%s has the routes %v, want %v", test.device, spec.Routes, b.server.Config().Dynamic.Routes)
			}
			if test.ends {
				if e := b.ended(1); e.Cause != CauseDisabled {
					t.Errorf("the session ended with %s", e.Cause)
				}
				b.idleCalls()
				if err := b.server.Reconfigure(*old); err != nil {
					t.Errorf("enabling again: %v", err)
				}
				b.works()
			} else if h != nil && h.Err() != nil {
				t.Errorf("the session ended: %v", h.Err())
			}
		})
	}
}

// A limit that a reload lowers holds for the next call.
func TestLimitsAreLive(t *testing.T) {
	b := startServer(t, nil)
	b.dialHeld(b.client(nil))
	cfg := *b.server.Config()
	cfg.Server.MaxSessions, cfg.Server.EndedSessions = 1, 0
	if err := b.server.Reconfigure(cfg); err != nil {
		t.Fatal(err)
	}
	r := b.raw()
	r.start()
	r.send(callRequest(2))
	if m := reply[pptp.OutgoingCallReply](r); m.Result != pptp.CallBusy {
		t.Errorf("second call: %s, want %s", m.Result, pptp.CallBusy)
	}
}
