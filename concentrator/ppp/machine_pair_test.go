package ppp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/ppp/ppptest"
)

var (
	allMethods  = []ppp.AuthMethod{ppp.AuthNone, ppp.PAP, ppp.CHAPMD5, ppp.MSCHAPv1, ppp.MSCHAPv2}
	allPolicies = []ppp.Encryption{ppp.EncryptionNone, ppp.EncryptionOptional, ppp.EncryptionRequired, ppp.EncryptionStateless}
	someKeys    = []ppp.KeyLengths{ppp.Key40, ppp.Key56, ppp.Key128, ppp.Key40 | ppp.Key128, ppp.Key40 | ppp.Key56 | ppp.Key128}
)

// agreement is what a pair of configurations must lead to.
type agreement struct {
	up       bool
	encoding ppp.Encoding // both directions, if up
	// server and client are the causes that are right, if not up.
	server, client []ppp.Cause
}

// agree says what the words of the manual mean for a pair: optional is
// encrypted if the other asks, required and stateless ask and do without
// nothing.
func agree(method ppp.AuthMethod, server, client ppp.Encryption, serverKeys, clientKeys ppp.KeyLengths) agreement {
	if !server.Required() && !client.Required() {
		return agreement{up: true}
	}
	common := serverKeys & clientKeys
	if server == ppp.EncryptionNone || client == ppp.EncryptionNone || common == 0 {
		// Both ends know what it was about, also the one that would do without.
		refused := []ppp.Cause{ppp.CauseEncryptionRefused}
		return agreement{server: refused, client: refused}
	}
	a := agreement{up: true, encoding: ppp.Encoding{Bits: 40, Stateless: true}}
	if common&ppp.Key56 != 0 {
		a.encoding.Bits = 56
	}
	if common&ppp.Key128 != 0 {
		a.encoding.Bits = 128
	}
	return a
}

// john is a pair whose client knows the password.
func john(t *testing.T, server, client ppp.Config, seed uint64) *ppptest.Pair {
	t.Helper()
	client.Name = "john"
	p, err := ppptest.NewPair(server, client, seed)
	if err != nil {
		t.Fatal(err)
	}
	p.Server.User = ppptest.User{Name: "john", Password: "secret"}
	p.Client.User = p.Server.User
	return p
}

func run(t *testing.T, p *ppptest.Pair, d time.Duration) {
	t.Helper()
	if err := p.Run(d, p.Settled); err != nil {
		t.Fatal(err)
	}
}

// runToEnd runs until both ends have finished.
func runToEnd(t *testing.T, p *ppptest.Pair, d time.Duration) {
	t.Helper()
	if err := p.Run(d, func() bool { return p.Server.Finished != nil && p.Client.Finished != nil }); err != nil {
		t.Fatal(err)
	}
}

func logs(p *ppptest.Pair) string {
	return strings.Join(p.Server.Log, "\n") + "\n\n" + strings.Join(p.Client.Log, "\n")
}

// check compares a settled pair with what was to be agreed on.
func check(t *testing.T, p *ppptest.Pair, want agreement) {
	t.Helper()
	for _, fault := range p.Faults() {
		t.Error(fault)
	}
	switch {
	case want.up && !p.BothUp():
		t.Errorf("not up; server %v, client %v", p.Server.Finished, p.Client.Finished)
	case want.up:
		for _, e := range []*ppptest.End{p.Server, p.Client} {
			if e.Up.Receive != want.encoding || e.Up.Send != want.encoding {
				t.Errorf("%s: receive %v, send %v, want %v", e.Name, e.Up.Receive, e.Up.Send, want.encoding)
			}
		}
	case p.Server.Finished == nil || p.Client.Finished == nil:
		t.Errorf("not finished; server %v, client %v", p.Server.Finished, p.Client.Finished)
	default:
		checkCause(t, p.Server, want.server)
		checkCause(t, p.Client, want.client)
	}
	if t.Failed() {
		t.Log("\n" + logs(p))
	}
}

func checkCause(t *testing.T, e *ppptest.End, want []ppp.Cause) {
	t.Helper()
	for _, cause := range want {
		if e.Finished.Cause == cause {
			return
		}
	}
	var names []string
	for _, cause := range want {
		names = append(names, ppptest.CauseName(cause))
	}
	t.Errorf("%s finished with %s (%s), want %s", e.Name, ppptest.CauseName(e.Finished.Cause), e.Finished.Detail, strings.Join(names, " or "))
}

func methodName(m ppp.AuthMethod) string {
	return [...]string{"none", "pap", "md5", "mschapv1", "mschapv2"}[m]
}

func auth(m ppp.AuthMethod) []ppp.AuthMethod {
	if m == ppp.AuthNone {
		return nil
	}
	return []ppp.AuthMethod{m}
}

func yieldsKeys(m ppp.AuthMethod) bool { return m == ppp.MSCHAPv1 || m == ppp.MSCHAPv2 }

// Methods that yield no keys leave a required encryption without a chance;
// that is known before the first call.
func TestRequiredEncryptionNeedsKeys(t *testing.T) {
	for _, role := range []ppp.Role{ppp.Server, ppp.Client} {
		for _, policy := range allPolicies {
			for _, method := range allMethods {
				_, err := ppp.New(ppp.Config{Role: role, Rand: ppptest.NewRandom(1), Auth: auth(method), Encryption: policy})
				if got, want := err != nil, policy.Required() && !yieldsKeys(method); got != want {
					t.Errorf("role %d, %v, %s: %v, want an error: %v", role, policy, methodName(method), err, want)
				}
			}
		}
	}
}

// A client that requires encryption does not agree to a method without keys.
func TestMethodWithoutKeysIsNotAgreedTo(t *testing.T) {
	both := []ppp.AuthMethod{ppp.PAP, ppp.CHAPMD5, ppp.MSCHAPv2}
	p := john(t, ppp.Config{Auth: both, Encryption: ppp.EncryptionOptional}, ppp.Config{Auth: both, Encryption: ppp.EncryptionRequired}, 8)
	p.Start()
	run(t, p, time.Minute)
	check(t, p, agreement{up: true, encoding: ppp.Encoding{Bits: 128, Stateless: true}})
}

// forEachCombination calls f for every method, pair of policies and pair of
// sets of key lengths.
func forEachCombination(t *testing.T, f func(t *testing.T, method ppp.AuthMethod, server, client ppp.Config, want agreement)) {
	for _, method := range allMethods {
		for _, se := range allPolicies {
			for _, ce := range allPolicies {
				t.Run(fmt.Sprintf("%s/server %v/client %v", methodName(method), se, ce), func(t *testing.T) {
					for _, sk := range someKeys {
						for _, ck := range someKeys {
							if !yieldsKeys(method) && (se.Required() || ce.Required()) {
								continue // see TestRequiredEncryptionNeedsKeys
							}
							server := ppp.Config{Auth: auth(method), Encryption: se, KeyLengths: sk, Name: "pptpac"}
							client := ppp.Config{Auth: auth(method), Encryption: ce, KeyLengths: ck}
							f(t, method, server, client, agree(method, se, ce, sk, ck))
							if t.Failed() {
								t.Fatalf("key lengths: server %03b, client %03b", sk, ck)
							}
						}
					}
				})
			}
		}
	}
}

func TestEveryMethodPolicyAndKeyLength(t *testing.T) {
	forEachCombination(t, func(t *testing.T, _ ppp.AuthMethod, server, client ppp.Config, want agreement) {
		p := john(t, server, client, 1)
		p.ToServer.Delay, p.ToClient.Delay = 5*time.Millisecond, 5*time.Millisecond
		p.Start()
		run(t, p, time.Minute)
		check(t, p, want)
	})
}

// A set-up over a link without loss waits for messages only, never for a timer.
func TestSetUpWaitsForNoTimer(t *testing.T) {
	const delay = 20 * time.Millisecond
	forEachCombination(t, func(t *testing.T, method ppp.AuthMethod, server, client ppp.Config, want agreement) {
		p := john(t, server, client, 2)
		p.ToServer.Delay, p.ToClient.Delay = delay, delay
		p.Start()
		run(t, p, time.Minute)
		check(t, p, want)
		if !want.up {
			return // the receiver of a Terminate-Request waits one Restart time
		}
		if p.Server.Ticks != 0 || p.Client.Ticks != 0 {
			t.Errorf("%d and %d deadlines came before the end", p.Server.Ticks, p.Client.Ticks)
		}
		for _, e := range []*ppptest.End{p.Server, p.Client} {
			if e.Up == nil {
				continue
			}
			took := e.UpAt.Sub(ppptest.Epoch)
			if took%delay != 0 || took > 16*delay {
				t.Errorf("%s: up after %v, want at most 16 times the delay of %v and nothing else", e.Name, took, delay)
			}
		}
		if t.Failed() {
			t.Log("\n" + logs(p))
		}
	})
}

// The surroundings may be slow: nothing is lost while the backend thinks.
func TestSlowBackend(t *testing.T) {
	for _, method := range allMethods[1:] {
		t.Run(methodName(method), func(t *testing.T) {
			config := ppp.Config{Auth: auth(method), Encryption: ppp.EncryptionOptional}
			p := john(t, config, config, 3)
			p.Server.AnswerAfter, p.Client.AnswerAfter = 4*time.Second, 2*time.Second
			p.Start()
			run(t, p, time.Minute)
			check(t, p, agreement{up: true})
		})
	}
}

func TestWrongPassword(t *testing.T) {
	for _, method := range allMethods[1:] {
		for _, retries := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s/%d retries", methodName(method), retries), func(t *testing.T) {
				config := ppp.Config{Auth: auth(method), AuthRetries: retries}
				p := john(t, config, config, 4)
				p.Client.User.Password = "secert"
				p.Start()
				run(t, p, 2*time.Minute)
				check(t, p, agreement{
					server: []ppp.Cause{ppp.CauseAuthRejected, ppp.CausePeerTerminated},
					client: []ppp.Cause{ppp.CausePeerAuthFailed},
				})
				if p.Server.Auth != nil || p.Client.Auth != nil {
					t.Error("AuthDone with a wrong password")
				}
			})
		}
	}
}

func TestNoCommonMethod(t *testing.T) {
	for _, server := range allMethods[1:] {
		for _, client := range allMethods[1:] {
			if server == client {
				continue
			}
			t.Run(methodName(server)+" "+methodName(client), func(t *testing.T) {
				p := john(t, ppp.Config{Auth: auth(server)}, ppp.Config{Auth: auth(client)}, 5)
				p.Start()
				run(t, p, time.Minute)
				either := []ppp.Cause{ppp.CauseNoCommonAuth, ppp.CausePeerTerminated}
				check(t, p, agreement{server: either, client: either})
				if p.Server.Finished.Cause == p.Client.Finished.Cause && p.Server.Finished.Cause == ppp.CausePeerTerminated {
					t.Error("each end blames the other")
				}
				if p.Now().Sub(ppptest.Epoch) > 5*time.Second {
					t.Errorf("it took until %v", p.Now())
				}
			})
		}
	}
}

// The best method that both ends allow is used, by the server's order.
func TestMethodIsTheServersBestThatTheClientHas(t *testing.T) {
	order := []ppp.AuthMethod{ppp.MSCHAPv2, ppp.MSCHAPv1, ppp.CHAPMD5, ppp.PAP}
	for set := 1; set < 16; set++ {
		var allowed []ppp.AuthMethod
		var best ppp.AuthMethod
		for i, m := range order {
			if set&(1<<i) != 0 {
				allowed = append(allowed, m)
				if best == ppp.AuthNone {
					best = m
				}
			}
		}
		t.Run(fmt.Sprintf("%04b", set), func(t *testing.T) {
			p := john(t, ppp.Config{Auth: order}, ppp.Config{Auth: allowed}, uint64(set))
			p.Start()
			run(t, p, time.Minute)
			check(t, p, agreement{up: true})
			if p.Server.Auth == nil || p.Server.Auth.Method != best || p.Server.Auth.User != "john" {
				t.Errorf("server: %+v, want %s of john", p.Server.Auth, methodName(best))
			}
			if p.Client.Auth == nil || p.Client.Auth.Method != best {
				t.Errorf("client: %+v, want %s", p.Client.Auth, methodName(best))
			}
		})
	}
}

// A backend that gives no keys leaves a required encryption without a chance.
func TestNoKeysFromTheBackend(t *testing.T) {
	config := ppp.Config{Auth: auth(ppp.MSCHAPv2), Encryption: ppp.EncryptionRequired}
	p := john(t, config, config, 6)
	p.Server.User.NoKeys = true
	p.Start()
	run(t, p, time.Minute)
	check(t, p, agreement{
		server: []ppp.Cause{ppp.CauseEncryptionNoKeys},
		client: []ppp.Cause{ppp.CausePeerTerminated, ppp.CauseEncryptionRefused},
	})
}
