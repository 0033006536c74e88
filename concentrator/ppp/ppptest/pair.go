package ppptest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// Epoch is when virtual time begins.
var Epoch = time.Date(2001, time.October, 4, 0, 0, 0, 0, time.UTC)

// Pair is a server and a client machine on the two ends of a simulated pipe,
// in virtual time.
type Pair struct {
	Server, Client *End
	// ToServer and ToClient are the two directions of the pipe.
	ToServer, ToClient Pipe
	// HangUp is how long after one end has finished the call is cleared for
	// the other; 10 s if 0.
	HangUp time.Duration

	now   time.Time
	queue queue
	rng   *rand.Rand
}

// NewPair makes both machines; Role and Rand of the configurations are set
// here. Everything that happens follows from seed.
func NewPair(server, client ppp.Config, seed uint64) (*Pair, error) {
	server.Role, client.Role = ppp.Server, ppp.Client
	server.Rand, client.Rand = NewRandom(2*seed), NewRandom(2*seed+1)
	s, err := ppp.New(server)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	c, err := ppp.New(client)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return &Pair{
		Server: &End{Name: "server", Machine: s, Address: DefaultAddresses()},
		Client: &End{Name: "client", Machine: c},
		now:    Epoch,
		rng:    rand.New(rand.NewPCG(seed, 1)),
	}, nil
}

// Now is the virtual time.
func (p *Pair) Now() time.Time { return p.now }

// Start tells both ends that the call is connected, the client first.
func (p *Pair) Start() {
	p.Inject(p.Client, ppp.LowerUp{})
	p.Inject(p.Server, ppp.LowerUp{})
}

// Inject schedules an input for now.
func (p *Pair) Inject(e *End, in ppp.Input) { p.queue.schedule(p.now, e, in) }

// Run lets time pass until nothing is left to do, d is over, or done, if it is
// not nil, reports true.
func (p *Pair) Run(d time.Duration, done func() bool) error {
	end := p.now.Add(d)
	ticksNow := 0
	for done == nil || !done() {
		at, e, tick := p.first()
		if e == nil || at.After(end) {
			p.now = end
			return nil
		}
		if at.After(p.now) {
			p.now, ticksNow = at, 0
		}
		if !tick {
			ev := p.queue.pop()
			p.perform(ev.to, ev.to.handle(p.now, ev.input))
			continue
		}
		if ticksNow++; ticksNow > 100 {
			return fmt.Errorf("%s: the deadline stays at %v, now %v", e.Name, e.Machine.Deadline(), p.now)
		}
		e.Ticks++
		p.perform(e, e.handle(p.now, ppp.Tick{}))
	}
	return nil
}

// first finds what happens next: an event of the queue, or a deadline.
func (p *Pair) first() (at time.Time, e *End, tick bool) {
	if t, ok := p.queue.next(); ok {
		at, e = t, p.queue.events[0].to
	}
	for _, candidate := range []*End{p.Server, p.Client} {
		d := candidate.Machine.Deadline()
		if d.IsZero() {
			continue
		}
		if e == nil || d.Before(at) {
			at, e, tick = d, candidate, true
		}
	}
	return at, e, tick
}

func (p *Pair) perform(e *End, outputs []ppp.Output) {
	other, pipe := p.Client, &p.ToClient
	if e == p.Client {
		other, pipe = p.Server, &p.ToServer
	}
	for _, out := range outputs {
		switch out := out.(type) {
		case ppp.SendFrame:
			for _, delay := range pipe.arrivals(p.rng) {
				p.queue.schedule(p.now.Add(delay), other, ppp.Frame{Data: append([]byte(nil), out.Data...)})
			}
		case ppp.Finished:
			hangUp := p.HangUp
			if hangUp == 0 {
				hangUp = 10 * time.Second
			}
			p.queue.schedule(p.now.Add(hangUp), other, ppp.LowerDown{})
		default:
			if in := e.answer(out); in != nil {
				p.queue.schedule(p.now.Add(e.AnswerAfter), e, in)
			}
		}
	}
}

// BothUp reports whether IP may pass at both ends.
func (p *Pair) BothUp() bool { return p.Server.Up != nil && p.Client.Up != nil }

// Settled reports whether both ends are up or both have finished.
func (p *Pair) Settled() bool {
	return p.BothUp() || p.Server.Finished != nil && p.Client.Finished != nil
}

// Faults lists what no pair of machines may do.
func (p *Pair) Faults() []string {
	faults := append(append([]string(nil), p.Server.Faults...), p.Client.Faults...)
	if !p.BothUp() {
		return faults
	}
	for _, direction := range []struct {
		name     string
		from, to *End
	}{{"client to server", p.Client, p.Server}, {"server to client", p.Server, p.Client}} {
		send, receive := direction.from.Transmit, direction.to.Receive
		switch {
		case send == nil && receive == nil:
		case send == nil || receive == nil:
			faults = append(faults, direction.name+": only one end encrypts")
		case send.Encoding != receive.Encoding:
			faults = append(faults, fmt.Sprintf("%s: sent %+v, expected %+v", direction.name, send.Encoding, receive.Encoding))
		case string(send.StartKey) != string(receive.StartKey):
			faults = append(faults, direction.name+": the start keys differ")
		case len(send.StartKey) != KeyOctets(send.Bits):
			faults = append(faults, fmt.Sprintf("%s: a key of %d octets for %d bits", direction.name, len(send.StartKey), send.Bits))
		}
	}
	if p.Server.Up.Remote != p.Client.Up.Local || p.Client.Up.Remote != p.Server.Up.Local {
		faults = append(faults, fmt.Sprintf("addresses: server %v-%v, client %v-%v",
			p.Server.Up.Local, p.Server.Up.Remote, p.Client.Up.Local, p.Client.Up.Remote))
	}
	return faults
}

// KeyOctets is the length of the start key for a strength (RFC 3079 §2, §3).
func KeyOctets(bits int) int {
	if bits == 128 {
		return 16
	}
	return 8
}
