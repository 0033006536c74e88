package concentrator

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/pool"
)

func TestCallComesUp(t *testing.T) {
	b := startServer(t, func(c *Config) {
		c.Dynamic.DNS = []netip.Addr{netip.MustParseAddr("10.5.17.253")}
	})
	client, up := b.dial(b.client(func(c *ClientConfig) { c.WantDNS = true }))
	want := ClientUp{
		Local: netip.MustParseAddr("10.5.17.1"), Remote: netip.MustParseAddr("10.5.17.254"),
		DNS: []netip.Addr{netip.MustParseAddr("10.5.17.253")}, MTU: 1456, Encoding: "MPPE 128 bit, stateless", Setup: up.Setup,
	}
	if !equalUp(up, want) {
		t.Errorf("client is up with %+v, want %+v", up, want)
	}
	b.eventually("the session", func() bool {
		l := b.server.Sessions()
		return len(l) == 1 && l[0].Stage == StageConnected
	})
	s := b.server.Sessions()[0]
	if s.User != "john" || s.Remote != want.Local || s.Local != want.Remote || s.Encoding != want.Encoding ||
		s.Method != aaa.MSCHAPv2 || s.Server != "pptp-dynamic-server" || s.Interface != "pptpac0" || s.MTU != 1456 {
		t.Errorf("session %+v", s)
	}
	client.Close()
	e := b.ended(1)
	if e.Cause != CauseUserRequest || e.Refused {
		t.Errorf("ended with %s (refused: %v), want %s", e.Cause, e.Refused, CauseUserRequest)
	}
	b.eventually("the accounting records", func() bool { return len(b.aaa.recordsOf(s.ID)) == 2 })
	records := b.aaa.recordsOf(s.ID)
	if records[0].Type != aaa.Start || records[1].Type != aaa.Stop || records[1].TerminateCause != aaa.UserRequest {
		t.Errorf("records %v %v with cause %d, want start, stop with cause %d", records[0].Type, records[1].Type, records[1].TerminateCause, aaa.UserRequest)
	}
	if st := b.pools.Pools(); st[slices.IndexFunc(st, func(p pool.Stats) bool { return p.Name == "pool" })].Leased != 0 {
		t.Error("the address is still leased")
	}
	if sessions, starting := b.server.limits.inUse(); sessions+starting != 0 {
		t.Errorf("limits count %d sessions, %d starting, want none", sessions, starting)
	}
}

func equalUp(a, b ClientUp) bool {
	return a.Local == b.Local && a.Remote == b.Remote && slices.Equal(a.DNS, b.DNS) && a.MTU == b.MTU && a.Encoding == b.Encoding
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name    string
		server  func(*Config)
		client  func(*ClientConfig)
		secret  credentials
		prepare func(*bench)
		cause   Cause  // on the server
		reason  string // part of the one plain reason
	}{
		{name: "wrong password", secret: "wrong", cause: CauseAuthRejected, reason: `user "john": wrong password (E=691)`},
		{name: "unknown user", client: func(c *ClientConfig) { c.User = "nobody" }, cause: CauseAuthRejected, reason: `user "nobody": unknown user (E=691)`},
		{name: "backend fault", prepare: func(b *bench) {
			b.aaa.before = func(context.Context) error { return errors.New("database is locked") }
		}, cause: CauseAuthUnavailable, reason: "database is locked"},
		{name: "backend hangs", server: func(c *Config) { c.Server.AuthTimeout = 50 * time.Millisecond }, prepare: func(b *bench) {
			b.aaa.before = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		}, cause: CauseAuthUnavailable, reason: "deadline"},
		{name: "no encryption", client: func(c *ClientConfig) { c.Encryption = ppp.EncryptionNone }, cause: CauseEncryption, reason: "encryption"},
		{name: "no common key length", server: func(c *Config) { c.Dynamic.KeyLengths = ppp.Key40 }, cause: CauseEncryption, reason: "encryption"},
		{name: "no common method", client: func(c *ClientConfig) { c.MSCHAPv2, c.PAP, c.Encryption = false, true, ppp.EncryptionNone }, cause: CauseNoCommonAuth, reason: "authentication"},
		{name: "pool exhausted", server: func(c *Config) { c.Dynamic.RemotePool = "tiny" }, prepare: func(b *bench) {
			b.dial(b.client(nil))
			b.dial(b.client(nil))
		}, cause: CausePoolExhausted, reason: "exhausted"},
		{name: "only one", prepare: func(b *bench) {
			b.aaa.policies["john"] = &aaa.Policy{MaxSessions: 1}
			b.dial(b.client(nil))
		}, cause: CauseOnlyOne, reason: "already has"},
		{name: "fixed address in use", prepare: func(b *bench) {
			b.aaa.policies["john"] = &aaa.Policy{RemoteAddress: netip.MustParseAddr("10.77.0.1")}
			b.dial(b.client(nil))
		}, cause: CauseAddress, reason: "in use"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := startServer(t, test.server)
			if test.prepare != nil {
				test.prepare(b)
			}
			o := b.client(test.client)
			if test.secret != "" {
				o.Credentials = test.secret
			}
			err := b.dialError(o)
			e := b.ended(1)
			if e.Cause != test.cause || !strings.Contains(e.Reason, test.reason) || !e.Refused {
				t.Errorf("ended with %s: %q (refused: %v), want %s: ...%q...; the client says %v", e.Cause, e.Reason, e.Refused, test.cause, test.reason, err)
			}
			if n := len(b.aaa.recordsOf(e.ID)); n != 0 {
				t.Errorf("%d accounting records of a refused call, want none", n)
			}
		})
	}
}

// An inner address that is an outer one would carry the tunnel into itself.
func TestLoopGuard(t *testing.T) {
	outerClient, outerServer := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")
	local, remote := netip.MustParseAddr("10.5.17.254"), netip.MustParseAddr("10.5.17.1")
	s := &session{info: SessionInfo{CallerID: outerClient, CalledID: outerServer}}
	if e := s.loopGuard(local, remote); e != nil {
		t.Errorf("good addresses refused: %s", e.detail)
	}
	for _, bad := range [][2]netip.Addr{{local, outerClient}, {local, outerServer}, {outerClient, remote}, {outerServer, remote}, {local, local}} {
		if e := s.loopGuard(bad[0], bad[1]); e == nil || e.cause != CauseAddress {
			t.Errorf("local %s, remote %s: %+v, want a refusal", bad[0], bad[1], e)
		}
	}
}

func TestEnds(t *testing.T) {
	tests := []struct {
		name   string
		server func(*Config)
		policy *aaa.Policy
		end    func(*bench, *Client)
		cause  Cause
		radius aaa.TerminateCause
		client string // part of what the client is told
	}{
		{name: "client hangs up", end: func(_ *bench, c *Client) { c.Close() }, cause: CauseUserRequest, radius: aaa.UserRequest},
		{name: "client vanishes", end: func(_ *bench, c *Client) { c.Drop() }, cause: CauseLostCarrier, radius: aaa.LostCarrier},
		{name: "administrator", end: func(b *bench, _ *Client) {
			if err := b.server.Terminate(b.server.Sessions()[0].ID, "unpaid"); err != nil {
				b.t.Error(err)
			}
		}, cause: CauseAdmin, radius: aaa.AdminReset, client: "terminated by the administrator"},
		{name: "session-timeout", server: func(c *Config) { c.Dynamic.SessionTimeout = 300 * time.Millisecond }, cause: CauseSessionTimeout, radius: aaa.SessionTimeout, client: "session timeout"},
		{name: "session-timeout of the user", policy: &aaa.Policy{SessionTimeout: 300 * time.Millisecond}, cause: CauseSessionTimeout, radius: aaa.SessionTimeout, client: "session timeout"},
		{name: "idle-timeout", server: func(c *Config) { c.Dynamic.IdleTimeout = 300 * time.Millisecond }, cause: CauseIdleTimeout, radius: aaa.IdleTimeout, client: "idle timeout"},
		{name: "shutdown", end: func(b *bench, _ *Client) { b.stop() }, cause: CauseShutdown, radius: aaa.AdminReboot, client: "server is shutting down"},
		{name: "server disabled", end: func(b *bench, _ *Client) {
			cfg := *b.server.Config()
			cfg.Dynamic.Enabled = false
			if err := b.server.Reconfigure(cfg); err != nil {
				b.t.Error(err)
			}
		}, cause: CauseDisabled, radius: aaa.AdminReset, client: "server disabled"},
		{name: "replaced", policy: &aaa.Policy{MaxSessions: 1, ReplaceOldest: true}, end: func(b *bench, _ *Client) {
			b.dial(b.client(nil))
		}, cause: CauseReplaced, radius: aaa.PortPreempted, client: "replaced by a newer session"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := startServer(t, test.server)
			b.aaa.policies["john"] = test.policy
			client, _ := b.dial(b.client(nil))
			b.eventually("the session", func() bool {
				l := b.server.Sessions()
				return len(l) == 1 && l[0].Stage == StageConnected || len(b.server.Ended()) > 0
			})
			if test.end != nil {
				test.end(b, client)
			}
			e := b.ended(1)
			if e.Cause != test.cause || e.Refused || e.Reason == "" {
				t.Errorf("ended with %s: %q (refused: %v), want %s", e.Cause, e.Reason, e.Refused, test.cause)
			}
			b.eventually("the stop record", func() bool { return len(b.aaa.recordsOf(e.ID)) == 2 })
			if r := b.aaa.recordsOf(e.ID)[1]; r.Type != aaa.Stop || r.TerminateCause != test.radius || r.Reason != e.Reason {
				t.Errorf("second record %v, cause %d, reason %q; want stop, %d, %q", r.Type, r.TerminateCause, r.Reason, test.radius, e.Reason)
			}
			if test.client != "" {
				<-client.Done()
				if err := client.Err(); !strings.Contains(err.Reason, test.client) {
					t.Errorf("the client was told %q, want ...%q...", err.Reason, test.client)
				}
			}
		})
	}
}
