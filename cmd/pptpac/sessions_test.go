package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

func TestSessionsShow(t *testing.T) {
	f := newFakeDaemon(t)
	f.sessions, f.ended = exampleSessions(), []*adminv1.Session{exampleEnded()}
	t.Run("live", func(t *testing.T) {
		o := on(f.socket, "", "sessions", "show", "0000000700000001")
		o.check(t, 0, "")
		if got, want := len(lines(o.out)), len(liveColumns); got != want {
			t.Errorf("%d lines, want %d", got, want)
		}
		for _, want := range []string{"encoding: ", "MPPE 128 bit, stateless\n", "uptime: ", "4h35s\n", "dns: ", "192.0.2.53,192.0.2.54\n"} {
			if !strings.Contains(o.out, want) {
				t.Errorf("no %q in:\n%s", want, o.out)
			}
		}
	})
	t.Run("ended", func(t *testing.T) {
		o := on(f.socket, "", "sessions", "show", "0000000700000003")
		o.check(t, 0, "")
		if !strings.Contains(o.out, `user "jane": wrong password`) {
			t.Errorf("no reason in:\n%s", o.out)
		}
	})
	t.Run("json", func(t *testing.T) {
		o := on(f.socket, "", "sessions", "show", "0000000700000003", "-o", "json")
		o.check(t, 0, "")
		if !strings.HasPrefix(o.out, "{\n") || !strings.Contains(o.out, `"refused": true`) {
			t.Errorf("not an object:\n%s", o.out)
		}
	})
	t.Run("none", func(t *testing.T) {
		on(f.socket, "", "sessions", "show", "1").check(t, 1, "no such session")
	})
}

func TestSessionsTerminate(t *testing.T) {
	for _, tt := range []struct {
		args string
		want *adminv1.TerminateSessionsRequest
	}{
		{"a b", &adminv1.TerminateSessionsRequest{Filter: &adminv1.SessionFilter{Id: []string{"a", "b"}}}},
		{"user=john reason=lunch", &adminv1.TerminateSessionsRequest{Filter: &adminv1.SessionFilter{User: "john"}, Reason: "lunch"}},
		{"caller=192.0.2.7 address=10.5.17.1 server=x", &adminv1.TerminateSessionsRequest{
			Filter: &adminv1.SessionFilter{Caller: "192.0.2.7", Address: "10.5.17.1", Server: "x"}}},
		{"--all", &adminv1.TerminateSessionsRequest{Filter: &adminv1.SessionFilter{}, All: true}},
	} {
		t.Run(tt.args, func(t *testing.T) {
			f := newFakeDaemon(t)
			f.terminated = []string{"a", "b"}
			o := on(f.socket, "", append([]string{"sessions", "terminate"}, strings.Fields(tt.args)...)...)
			expect(t, o, "terminated 2 session(s): a b\n")
			if diff := cmp.Diff(tt.want, f.terminate, protocmp.Transform()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("nothing matches", func(t *testing.T) {
		on(newFakeDaemon(t).socket, "", "sessions", "terminate", "user=nobody").check(t, 1, "no live session matches")
	})
}

func TestPools(t *testing.T) {
	f := newFakeDaemon(t)
	f.pools = []*adminv1.Pool{{Name: "big", Ranges: "10.5.17.1-10.5.17.50", Size: 50, Leased: 2, Quarantined: 1, Free: 47, NextPool: "more"}}
	f.leases = []*adminv1.Lease{{Pool: "big", Address: "10.5.17.1", State: "leased", User: "john", Owner: "0000000700000001", Since: at("10:00:01")}}
	expect(t, on(f.socket, "", "pools", "list"), `
NAME  RANGES                SIZE  LEASED  QUARANTINED  FREE  NEXT-POOL
big   10.5.17.1-10.5.17.50  50    2       1            47    more
`)
	expect(t, on(f.socket, "", "pool", "leases", "big"), `
POOL  ADDRESS    STATE   USER  SESSION           SINCE                UNTIL
big   10.5.17.1  leased  john  0000000700000001  2026-03-01 10:00:01  -
`)
	if f.pool != "big" {
		t.Errorf("leases of %q were asked for, want big", f.pool)
	}
}

func TestVersionAndReload(t *testing.T) {
	f := newFakeDaemon(t)
	o := on(f.socket, "", "version")
	o.check(t, 0, "")
	if !strings.Contains(o.out, "3 session(s), listening on 192.0.2.1:1723, 192.0.2.2:1723\n") {
		t.Errorf("version printed %q", o.out)
	}
	on(f.socket, "", "reload").check(t, 0, "")
	f.warnings = []string{"the sky is grey"}
	on(f.socket, "", "reload").check(t, 0, "warning: the sky is grey\n")
}
