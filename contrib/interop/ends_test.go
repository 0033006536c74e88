package interop

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Every refusal and every end has one cause, which the list of ended sessions
// and the log both tell.
func TestInteropRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  string
		before func(t *testing.T) // with the server up
		dial   Dial
		cause  string
		client string // in pppd's log
	}{
		{"wrong password", `encryption = "stateless"`, nil,
			Dial{User: user, Password: "not it"}, "authentication-rejected", "CHAP authentication failed"},
		{"unknown user", `encryption = "stateless"`, nil,
			Dial{User: "nobody", Password: password}, "authentication-rejected", "CHAP authentication failed"},
		{"wrong password with pap", "pap = true\nencryption = \"none\"", nil,
			Dial{User: user, Password: "not it", Auth: "pap"}, "authentication-rejected", "PAP authentication failed"},
		{"wrong password with chap", "chap = true\nencryption = \"none\"", nil,
			Dial{User: user, Password: "not it", Auth: "chap"}, "authentication-rejected", "CHAP authentication failed"},
		{"exhausted pool", `remote-address = "10.5.17.7"`,
			func(t *testing.T) { dial(t, Dial{Name: "holder", MPPE: "128"}) },
			Dial{}, "pool-exhausted", ""},
		{"client without encryption", `encryption = "required"`, nil,
			Dial{MPPE: "none"}, "encryption-mismatch", ""},
		// pppd itself hangs up, and its words complete the reason.
		{"client with too weak encryption", `encryption = "required"`, nil,
			Dial{MPPE: "40"}, "encryption-mismatch", "MPPE required but peer negotiation failed"},
		{"method not allowed", `encryption = "stateless"`, nil,
			Dial{Auth: "pap"}, "no-common-authentication", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.lines)
			if tt.before != nil {
				tt.before(t)
			}
			tt.dial.Name = "refused"
			call := try(t, tt.dial)
			if !strings.HasPrefix(call.Outcome, "exit ") {
				t.Fatalf("call: %s, want that pppd ends; its log:\n%s", call.Outcome, call.Log)
			}
			endedWith(t, s, 1, tt.cause)
			if !strings.Contains(call.Log, tt.client) {
				t.Errorf("pppd's log lacks %q:\n%s", tt.client, call.Log)
			}
		})
	}
}

// The call of a client that demands encryption of a server without it ends; it is
// the client who says so, and the cause tells what about.
func TestInteropClientDemandsEncryption(t *testing.T) {
	s := serve(t, `encryption = "none"`)
	call := try(t, Dial{Name: "demanding", MPPE: "128"})
	if !strings.HasPrefix(call.Outcome, "exit ") || !strings.Contains(call.Log, "MPPE required but peer negotiation failed") {
		t.Fatalf("call: %s, want that pppd demands MPPE and ends; its log:\n%s", call.Outcome, call.Log)
	}
	endedWith(t, s, 1, "encryption-mismatch")
}

func TestInteropEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  string
		end    func(t *testing.T, s *Server, call Call)
		cause  string
		gone   bool   // the client cannot notice
		client string // in pppd's log
	}{
		{"client hangs up", "", func(t *testing.T, _ *Server, call Call) {
			hangUp(t, call)
		}, "user-request", false, "Connection terminated"},
		{"idle-timeout", `idle-timeout = "3s"`, func(*testing.T, *Server, Call) {},
			"idle-timeout", false, "LCP terminated by peer"},
		{"session-timeout", `session-timeout = "3s"`, func(*testing.T, *Server, Call) {},
			"session-timeout", false, "LCP terminated by peer"},
		{"administrator", "", func(t *testing.T, s *Server, call Call) {
			if _, err := s.CLI(t.Context(), "", "sessions", "terminate", session(t, s, call).ID); err != nil {
				t.Fatal(err)
			}
		}, "admin-terminate", false, "LCP terminated by peer"},
		{"client killed", "", func(t *testing.T, _ *Server, call Call) {
			if _, err := guest.Ended(t.Context(), call.Name, "KILL", 20*time.Second); err != nil {
				t.Fatal(err)
			}
		}, "lost-carrier", false, ""},
		{"client vanished", "lcp-echo-interval = \"1s\"\nlcp-echo-failure = 3", func(t *testing.T, _ *Server, _ Call) {
			if err := guest.Netem(t.Context(), "loss 100%"); err != nil {
				t.Fatal(err)
			}
		}, "echo-failure", true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.lines)
			call := dial(t, Dial{Name: "call", MPPE: "128"})
			ping(t, call, 56)
			tt.end(t, s, call)
			endedWith(t, s, 1, tt.cause)
			if tt.gone {
				return
			}
			log, err := guest.Ended(t.Context(), call.Name, "", 30*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log, tt.client) {
				t.Errorf("pppd's log lacks %q:\n%s", tt.client, log)
			}
			list, err := s.Sessions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != 0 {
				t.Errorf("sessions list = %+v, want none", list)
			}
		})
	}
}

// A session that passes traffic is not idle, however long it lasts.
func TestInteropIdleTimeoutSparesTheBusy(t *testing.T) {
	s := serve(t, `idle-timeout = "2s"`)
	call := dial(t, Dial{Name: "busy", MPPE: "128"})
	res, err := guest.Run(t.Context(), 30*time.Second, "ping -q -c 12 -i 0.5 -I "+call.Device+" "+inner.String())
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != 0 {
		t.Errorf("ping for 6 s over a session with idle-timeout 2 s: status %d\n%s", res.Status, res.Stdout)
	}
	endedWith(t, s, 1, "idle-timeout")
}

// pptpac that is told to stop tells its clients.
func TestInteropShutdown(t *testing.T) {
	s := serve(t)
	call := dial(t, Dial{Name: "call", MPPE: "128"})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	log, err := guest.Ended(t.Context(), call.Name, "", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log, "LCP terminated by peer") {
		t.Errorf("pppd's log lacks the server's good-bye:\n%s", log)
	}
}

// A plugin that is killed while it is asked fails that call only: who is
// connected stays so, and who comes later gets in.
func TestInteropPluginKilled(t *testing.T) {
	s := serve(t)
	old := dial(t, Dial{Name: "before", MPPE: "128"})
	plugins, err := s.Plugins()
	if err != nil {
		t.Fatal(err)
	}
	signal := func(sig unix.Signal) {
		for _, pid := range plugins {
			if err := unix.Kill(pid, sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	signal(unix.SIGSTOP)
	type outcome struct {
		call Call
		err  error
	}
	during := make(chan outcome, 1)
	// Ends with the call, in its time limit at the latest.
	go func() {
		call, err := guest.Dial(t.Context(), Dial{Name: "during", Server: ServerAddr, User: user, Password: password, MPPE: "128"})
		during <- outcome{call, err}
	}()
	eventually(t, 20*time.Second, func() (bool, string) {
		list, err := s.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			// The user's name is in his response, which the plugin now has.
			if one.Stage == "link" && one.User == user {
				return true, ""
			}
		}
		return false, "no call waits for the plugin"
	})
	signal(unix.SIGKILL)
	if got := <-during; got.err != nil || got.call.Up {
		t.Errorf("call while the plugin was killed: %s, %v; want refused", got.call.Outcome, got.err)
	}
	endedWith(t, s, 1, "authentication-unavailable")
	ping(t, old, 56)
	var later Call
	eventually(t, time.Minute, func() (bool, string) {
		later = try(t, Dial{Name: "after", MPPE: "128"})
		return later.Up, "calls are still refused: " + later.Outcome
	})
	ping(t, later, 56)
	ping(t, old, 56)
}
