package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

var (
	errNoSession = errors.New("no such session")
	errNoUser    = errors.New("no such user")
)

func at(clock string) *timestamppb.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, "2026-03-01T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return timestamppb.New(t)
}

func seconds(s float64) *durationpb.Duration {
	return durationpb.New(time.Duration(s * float64(time.Second)))
}

// exampleSessions are a session under way and one that has only begun.
func exampleSessions() []*adminv1.Session {
	return []*adminv1.Session{
		{
			Id: "0000000700000001", Stage: "connected", User: "john", Server: "pptp-dynamic-server", Interface: "pptpac0",
			Caller: "192.0.2.7", CallerPort: 49152, Called: "192.0.2.1", ClientVendor: "Microsoft", ClientIdent: "MSRASV5.20",
			LocalCallId: 4711, PeerCallId: 0, Address: "10.5.17.1", LocalAddress: "10.5.17.254",
			Dns: []string{"192.0.2.53", "192.0.2.54"}, Method: "ms-chapv2", Backend: "local", Encoding: "MPPE 128 bit, stateless", Mtu: 1396,
			Started: at("10:00:00.5"), Connected: at("10:00:01"), Uptime: seconds(14435.25), Idle: seconds(3),
			IdleTimeout: seconds(600), RxOctets: 1536, RxPackets: 12, TxOctets: 5 << 30, TxPackets: 1 << 22, Lost: 1,
			Drops: map[string]uint64{"spoofed": 2, "malformed": 1},
		},
		{Id: "0000000700000002", Stage: "link", Server: "pptp-dynamic-server", Caller: "192.0.2.8", Started: at("10:00:05")},
	}
}

func exampleEnded() *adminv1.Session {
	return &adminv1.Session{
		Id: "0000000700000003", User: "jane", Server: "pptp-dynamic-server", Caller: "192.0.2.9", Started: at("10:00:05"),
		Ended: at("10:01:05"), Cause: "authentication-rejected", Reason: `user "jane": wrong password`, Refused: true,
	}
}

// lines compares outputs without blanks at line ends.
func lines(s string) []string {
	var list []string
	for line := range strings.Lines(s) {
		list = append(list, strings.TrimRight(line, " \n"))
	}
	return list
}

func expect(t *testing.T, o outcome, want string) {
	t.Helper()
	o.check(t, 0, "")
	if diff := cmp.Diff(lines(strings.TrimPrefix(want, "\n")), lines(o.out)); diff != "" {
		t.Errorf("output (-want +got):\n%s\nall of it:\n%s", diff, o.out)
	}
}

func TestSessionsList(t *testing.T) {
	f := newFakeDaemon(t)
	f.sessions, f.ended = exampleSessions(), []*adminv1.Session{exampleEnded()}
	t.Run("table", func(t *testing.T) {
		expect(t, on(f.socket, "", "sessions", "list"), `
ID                USER  SERVER               CALLER     ADDRESS    UPTIME  IDLE  ENCODING                 RX       TX
0000000700000001  john  pptp-dynamic-server  192.0.2.7  10.5.17.1  4h35s   3s    MPPE 128 bit, stateless  1.5 KiB  5.0 GiB
0000000700000002  -     pptp-dynamic-server  192.0.2.8  -          0s      0s    -                        0 B      0 B
`)
	})
	t.Run("ended", func(t *testing.T) {
		expect(t, on(f.socket, "", "sessions", "list", "--ended"), `
ID                ENDED                USER  CALLER     ADDRESS  UPTIME  RX   TX   CAUSE                    REASON
0000000700000003  2026-03-01 10:01:05  jane  192.0.2.9  -        0s      0 B  0 B  authentication-rejected  user "jane": wrong password
`)
	})
	t.Run("wide has all columns", func(t *testing.T) {
		o := on(f.socket, "", "sessions", "list", "-o", "wide")
		o.check(t, 0, "")
		head := lines(o.out)[0]
		for _, c := range liveColumns {
			if !strings.Contains(head, strings.ToUpper(c.name)) {
				t.Errorf("wide table lacks %s", c.name)
			}
		}
		if !strings.Contains(o.out, "malformed 1, spoofed 2") {
			t.Errorf("no drops in:\n%s", o.out)
		}
	})
}

func TestSessionsListJSON(t *testing.T) {
	f := newFakeDaemon(t)
	f.sessions, f.ended = exampleSessions(), []*adminv1.Session{exampleEnded()}
	expect(t, on(f.socket, "", "sessions", "list", "user=john", "-o", "json"), `
[
  {
    "id": "0000000700000001",
    "user": "john",
    "server": "pptp-dynamic-server",
    "caller": "192.0.2.7",
    "address": "10.5.17.1",
    "uptime": 14435.25,
    "idle": 3,
    "encoding": "MPPE 128 bit, stateless",
    "rx": 1536,
    "tx": 5368709120,
    "stage": "connected",
    "interface": "pptpac0",
    "local-address": "10.5.17.254",
    "called": "192.0.2.1",
    "caller-port": 49152,
    "local-call-id": 4711,
    "peer-call-id": 0,
    "method": "ms-chapv2",
    "backend": "local",
    "mtu": 1396,
    "dns": [
      "192.0.2.53",
      "192.0.2.54"
    ],
    "wins": [],
    "client-host": "",
    "client-vendor": "Microsoft",
    "client-ident": "MSRASV5.20",
    "started": "2026-03-01T10:00:00.5Z",
    "connected": "2026-03-01T10:00:01Z",
    "idle-timeout": 600,
    "session-timeout": 0,
    "rx-packets": 12,
    "tx-packets": 4194304,
    "lost": 1,
    "reordered": 0,
    "duplicates": 0,
    "mppe-resets": 0,
    "drops": {
      "malformed": 1,
      "spoofed": 2
    }
  },
  {
    "id": "0000000700000002",
    "user": "",
    "server": "pptp-dynamic-server",
    "caller": "192.0.2.8",
    "address": "",
    "uptime": 0,
    "idle": 0,
    "encoding": "",
    "rx": 0,
    "tx": 0,
    "stage": "link",
    "interface": "",
    "local-address": "",
    "called": "",
    "caller-port": 0,
    "local-call-id": 0,
    "peer-call-id": 0,
    "method": "",
    "backend": "",
    "mtu": 0,
    "dns": [],
    "wins": [],
    "client-host": "",
    "client-vendor": "",
    "client-ident": "",
    "started": "2026-03-01T10:00:05Z",
    "connected": null,
    "idle-timeout": 0,
    "session-timeout": 0,
    "rx-packets": 0,
    "tx-packets": 0,
    "lost": 0,
    "reordered": 0,
    "duplicates": 0,
    "mppe-resets": 0,
    "drops": {}
  }
]
`)
	if got := f.filter.GetUser(); got != "john" {
		t.Errorf("filter user=%q, want john", got)
	}
}

// TestJSONHasTheNamesOfTheTables: what a wide table shows JSON has, by the same
// name, and every fact of a live session is there for an ended one.
func TestJSONHasTheNamesOfTheTables(t *testing.T) {
	f := newFakeDaemon(t)
	f.sessions, f.ended = exampleSessions()[:1], []*adminv1.Session{exampleEnded()}
	f.users, f.pools, f.leases = []*adminv1.User{{}}, []*adminv1.Pool{{}}, []*adminv1.Lease{{}}
	keysOf := func(args ...string) map[string]bool {
		var rows []map[string]any
		o := on(f.socket, "", append(args, "-o", "json")...)
		if err := json.Unmarshal([]byte(o.out), &rows); err != nil || len(rows) != 1 {
			t.Fatalf("%v: %v in %q", args, err, o.out)
		}
		keys := make(map[string]bool)
		for k := range rows[0] {
			keys[strings.ToUpper(k)] = true
		}
		head := strings.Fields(lines(on(f.socket, "", append(args, "-o", "wide")...).out)[0])
		if len(head) != len(keys) {
			t.Errorf("%v: %d columns, %d keys", args, len(head), len(keys))
		}
		for _, name := range head {
			if !keys[name] {
				t.Errorf("%v: JSON lacks %s", args, name)
			}
		}
		return keys
	}
	live := keysOf("sessions", "list")
	ended := keysOf("sessions", "list", "--ended")
	for k := range live {
		if !ended[k] {
			t.Errorf("an ended session lacks %s", k)
		}
	}
	keysOf("users", "list")
	keysOf("pools", "list")
	keysOf("pools", "leases")
}

func TestEmptyListings(t *testing.T) {
	f := newFakeDaemon(t)
	for _, args := range []string{"sessions list", "sessions list --ended", "users list", "pools list", "pools leases"} {
		t.Run(args, func(t *testing.T) {
			expect(t, on(f.socket, "", append(strings.Fields(args), "-o", "json")...), "[]\n")
			o := on(f.socket, "", strings.Fields(args)...)
			if o.check(t, 0, ""); len(lines(o.out)) != 1 {
				t.Errorf("not only a head:\n%s", o.out)
			}
		})
	}
}

// TestClientsCannotPlayWithTheTerminal: host name, vendor, identification, user
// name and reasons are what a client sent.
func TestClientsCannotPlayWithTheTerminal(t *testing.T) {
	const evil = "a\x1b[2J\x07\r\n\tb\x7fc\u009b31md\u202ee\u200bf\ufefft\U000e0041<&>"
	f := newFakeDaemon(t)
	s := exampleSessions()[0]
	s.User, s.ClientHost, s.ClientVendor, s.ClientIdent = evil, evil, evil, evil
	ended := exampleEnded()
	ended.User, ended.Reason, ended.ClientHost = evil, evil, evil
	f.sessions, f.ended = []*adminv1.Session{s}, []*adminv1.Session{ended}
	f.leases = []*adminv1.Lease{{User: evil}}
	f.users = []*adminv1.User{{LastFailedReason: evil}}
	for _, args := range []string{
		"sessions list", "sessions list --ended", "sessions show " + s.GetId(), "sessions show " + ended.GetId(), "pools leases", "users list",
	} {
		for _, format := range []string{"table", "wide", "json"} {
			t.Run(args+" "+format, func(t *testing.T) {
				o := on(f.socket, "", append(strings.Fields(args), "-o", format)...)
				o.check(t, 0, "")
				for _, r := range o.out {
					if r != '\n' && !unicode.IsPrint(r) {
						t.Errorf("%U reaches the terminal", r)
					}
				}
				if format == "table" && strings.HasSuffix(args, "list") && len(lines(o.out)) != 2 {
					t.Errorf("a row is more than a line:\n%s", o.out)
				}
			})
		}
	}
	t.Run("JSON keeps the text", func(t *testing.T) {
		var rows []struct{ User string }
		if err := json.Unmarshal([]byte(on(f.socket, "", "sessions", "list", "-o", "json").out), &rows); err != nil {
			t.Fatal(err)
		}
		if rows[0].User != evil {
			t.Errorf("user %q, want %q", rows[0].User, evil)
		}
	})
	t.Run("errors", func(t *testing.T) {
		if got, want := cleanLines("a\x1bb\nc\td"), "a?b\nc?d"; got != want {
			t.Errorf("cleanLines = %q, want %q", got, want)
		}
	})
}

func TestOctets(t *testing.T) {
	for _, tt := range []struct {
		n    uint64
		want string
	}{
		{0, "0 B"}, {1023, "1023 B"}, {1024, "1.0 KiB"}, {1536, "1.5 KiB"}, {1 << 20, "1.0 MiB"}, {5 << 30, "5.0 GiB"},
		{1 << 40, "1.0 TiB"}, {1 << 50, "1.0 PiB"}, {1<<64 - 1, "16384.0 PiB"},
	} {
		if got := octets(tt.n); got != tt.want {
			t.Errorf("octets(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
}
