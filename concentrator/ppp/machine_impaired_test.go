package ppp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

// impairments of both directions of the pipe.
var impairments = []struct {
	name string
	pipe ppptest.Pipe
}{
	{"loss", ppptest.Pipe{Delay: 10 * time.Millisecond, Loss: 0.05}},
	{"reorder", ppptest.Pipe{Delay: 10 * time.Millisecond, Reorder: 0.3, Jitter: 50 * time.Millisecond}},
	{"duplicates", ppptest.Pipe{Delay: 10 * time.Millisecond, Duplicate: 0.2}},
	{"all", ppptest.Pipe{Delay: 10 * time.Millisecond, Loss: 0.05, Duplicate: 0.05, Reorder: 0.1, Jitter: 30 * time.Millisecond}},
}

// wild is worse than anything GRE's sequence numbers let through: copies that
// come seconds later, in the middle of the next exchange.
var wild = ppptest.Pipe{Delay: 10 * time.Millisecond, Loss: 0.1, Duplicate: 0.3, Reorder: 0.3, Jitter: 2 * time.Second}

// settle runs a pair until both ends agree that they are up, or have finished,
// and stay so for a while.
func settle(t *testing.T, p *ppptest.Pair) {
	t.Helper()
	for range 20 {
		run(t, p, 5*time.Minute)
		if !p.BothUp() {
			return
		}
		if err := p.Run(10*time.Second, nil); err != nil {
			t.Fatal(err)
		}
		if p.BothUp() {
			return
		}
	}
}

func TestImpairedLinksConverge(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 8
	}
	for _, impairment := range impairments {
		for _, method := range allMethods {
			for _, se := range allPolicies {
				for _, ce := range allPolicies {
					want := agree(method, se, ce, ppp.Key128, ppp.Key128)
					if !want.up || !yieldsKeys(method) && (se.Required() || ce.Required()) {
						continue // see TestImpairedLinksEnd
					}
					t.Run(fmt.Sprintf("%s/%s/server %v/client %v", impairment.name, methodName(method), se, ce), func(t *testing.T) {
						for seed := range seeds {
							p := john(t, ppp.Config{Auth: auth(method), Encryption: se}, ppp.Config{Auth: auth(method), Encryption: ce}, seed)
							p.ToServer, p.ToClient = impairment.pipe, impairment.pipe
							p.Start()
							settle(t, p)
							check(t, p, want)
							if t.Failed() {
								t.Fatalf("seed %d", seed)
							}
						}
					})
				}
			}
		}
	}
}

// Over a wild link both ends are up and agree, or both have ended; nothing is
// left that thinks it is connected.
func TestWildLinksAgree(t *testing.T) {
	up := 0
	const seeds = 200
	for seed := range uint64(seeds) {
		config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionStateless, EchoInterval: 5 * time.Second}
		p := john(t, config, config, seed)
		p.ToServer, p.ToClient = wild, wild
		p.Start()
		settle(t, p)
		for _, fault := range p.Faults() {
			t.Errorf("seed %d: %s", seed, fault)
		}
		switch {
		case p.BothUp():
			up++
		case p.Server.Finished == nil || p.Client.Finished == nil:
			t.Errorf("seed %d: server %v, client %v", seed, p.Server.Finished, p.Client.Finished)
		}
		if t.Failed() {
			t.Fatal("\n" + logs(p))
		}
	}
	if up < seeds/4 {
		t.Errorf("%d of %d links came up, want a quarter at least", up, seeds)
	}
	t.Logf("%d of %d came up", up, seeds)
}

// Links that cannot come up end at both ends, whatever is lost.
func TestImpairedLinksEnd(t *testing.T) {
	configs := []struct {
		name           string
		server, client ppp.Config
		password       string
	}{
		{"wrong password", ppp.Config{Auth: auth(ppp.MSCHAPv2)}, ppp.Config{Auth: auth(ppp.MSCHAPv2)}, "wrong"},
		{"wrong password, retries", ppp.Config{Auth: auth(ppp.MSCHAPv2), AuthRetries: 3}, ppp.Config{Auth: auth(ppp.MSCHAPv2)}, "wrong"},
		{"wrong password, pap", ppp.Config{Auth: auth(ppp.PAP)}, ppp.Config{Auth: auth(ppp.PAP)}, "wrong"},
		{"no common method", ppp.Config{Auth: auth(ppp.MSCHAPv2)}, ppp.Config{Auth: auth(ppp.PAP)}, "secret"},
		{"encryption required and none",
			ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionRequired},
			ppp.Config{Auth: auth(ppp.MSCHAPv2)}, "secret"},
		{"encryption none and required", ppp.Config{Auth: auth(ppp.MSCHAPv2)},
			ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionStateless}, "secret"},
		{"no common key length",
			ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionRequired, KeyLengths: ppp.Key128},
			ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionRequired, KeyLengths: ppp.Key40}, "secret"},
	}
	for _, impairment := range impairments {
		for _, c := range configs {
			t.Run(impairment.name+"/"+c.name, func(t *testing.T) {
				for seed := range uint64(20) {
					p := john(t, c.server, c.client, seed)
					p.Client.User.Password = c.password
					p.ToServer, p.ToClient = impairment.pipe, impairment.pipe
					p.Start()
					run(t, p, 5*time.Minute)
					if p.BothUp() || p.Server.Finished == nil || p.Client.Finished == nil {
						t.Errorf("seed %d: server %v, client %v, want both finished", seed, p.Server.Finished, p.Client.Finished)
					}
					for _, fault := range p.Faults() {
						t.Errorf("seed %d: %s", seed, fault)
					}
					if t.Failed() {
						t.Fatal("\n" + logs(p))
					}
				}
			})
		}
	}
}

// Nothing gets through at all: both ends give up and say so.
func TestDeadPipe(t *testing.T) {
	tests := []struct {
		name               string
		toServer, toClient float64
		server, client     ppp.Cause
	}{
		{"both ways", 1, 1, ppp.CauseNoFrames, ppp.CauseNoFrames},
		{"to the server", 1, 0, ppp.CauseNoFrames, ppp.CauseLCPTimeout},
		{"to the client", 0, 1, ppp.CauseLCPTimeout, ppp.CauseNoFrames},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := ppp.Config{Auth: auth(ppp.MSCHAPv2)}
			p := john(t, config, config, 1)
			p.ToServer.Loss, p.ToClient.Loss = test.toServer, test.toClient
			p.HangUp = time.Hour
			p.Start()
			run(t, p, 5*time.Minute)
			if p.Server.Finished == nil || p.Client.Finished == nil {
				t.Fatalf("server %v, client %v, want both finished\n%s", p.Server.Finished, p.Client.Finished, logs(p))
			}
			checkCause(t, p.Server, []ppp.Cause{test.server})
			checkCause(t, p.Client, []ppp.Cause{test.client})
		})
	}
}

// Either side's end of a running link ends both, with the right causes, once.
func TestTerminate(t *testing.T) {
	config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionStateless}
	for _, loss := range []float64{0, 0.3} {
		for _, byServer := range []bool{true, false} {
			t.Run(fmt.Sprintf("loss %v/by server %v", loss, byServer), func(t *testing.T) {
				p := john(t, config, config, 9)
				p.ToServer.Delay, p.ToClient.Delay = time.Millisecond, time.Millisecond
				p.Start()
				run(t, p, time.Minute)
				p.ToServer.Loss, p.ToClient.Loss = loss, loss
				from, to := p.Client, p.Server
				if byServer {
					from, to = to, from
				}
				p.Inject(from, ppp.Terminate{Reason: "idle"})
				runToEnd(t, p, 5*time.Minute)
				if from.Finished == nil || to.Finished == nil {
					t.Fatalf("%v, %v\n%s", from.Finished, to.Finished, logs(p))
				}
				checkCause(t, from, []ppp.Cause{ppp.CauseClosed})
				if loss == 0 {
					checkCause(t, to, []ppp.Cause{ppp.CausePeerTerminated})
					if to.Finished.Detail != "idle" {
						t.Errorf("detail %q, want the peer's words", to.Finished.Detail)
					}
				}
				for _, fault := range p.Faults() {
					t.Error(fault)
				}
			})
		}
	}
}

// The call may go away at any step: the machine finishes, once, and is silent.
func TestLowerDownAtEveryStep(t *testing.T) {
	config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionStateless}
	for steps := range 60 {
		p := john(t, config, config, 11)
		p.Start()
		n := 0
		if err := p.Run(time.Minute, func() bool { n++; return n > steps }); err != nil {
			t.Fatal(err)
		}
		p.Inject(p.Server, ppp.LowerDown{})
		p.Inject(p.Client, ppp.LowerDown{})
		sent := -1
		if err := p.Run(time.Minute, func() bool {
			if p.Server.Finished != nil && p.Client.Finished != nil && sent < 0 {
				sent = p.Server.Frames + p.Client.Frames
			}
			return false
		}); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*ppptest.End{p.Server, p.Client} {
			if e.Finished == nil {
				t.Fatalf("step %d: %s has not finished", steps, e.Name)
			}
			checkCause(t, e, []ppp.Cause{ppp.CauseLowerDown})
			if e.Receive != nil || e.Transmit != nil {
				t.Errorf("step %d: %s: MPPE stays armed", steps, e.Name)
			}
			if e.Machine.Phase() != ppp.PhaseDead {
				t.Errorf("step %d: %s: phase %v, want dead", steps, e.Name, e.Machine.Phase())
			}
		}
		for _, fault := range p.Faults() {
			t.Errorf("step %d: %s", steps, fault)
		}
		if sent != p.Server.Frames+p.Client.Frames {
			t.Errorf("step %d: frames were sent after the end", steps)
		}
	}
}
