package concentrator

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
)

const (
	accountingLanes    = 8
	accountingQueue    = 8192 // records waiting per lane
	accountingTimeout  = 10 * time.Second
	accountingAttempts = 9
	accountingPauseMax = 10 * time.Second
	accountingGrace    = time.Second // for the lanes to log what is left
)

// accounting carries records to the AAA chain without ever holding a session
// up. Records of one session travel in one lane and keep their order. A record
// that no backend takes in accountingAttempts, about half a minute if they
// refuse at once, is logged in whole and given up: none is lost silently.
type accounting struct {
	service aaa.Service
	log     zerolog.Logger
	pause   time.Duration // before the second attempt
	lanes   [accountingLanes]chan *aaa.Record
	wg      sync.WaitGroup
	ctx     context.Context // of deliveries
	cancel  context.CancelFunc

	mu     sync.RWMutex // guards closed: nobody adds to a closed lane
	closed bool
}

func newAccounting(service aaa.Service, log zerolog.Logger) *accounting {
	a := &accounting{service: service, log: log}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	for i := range a.lanes {
		a.lanes[i] = make(chan *aaa.Record, accountingQueue)
	}
	return a
}

// start begins to deliver. pause is the wait before a second attempt; each
// further one is three times as long.
func (a *accounting) start(pause time.Duration) {
	a.pause = pause
	for _, lane := range a.lanes {
		// Ends when the lane is closed and empty.
		a.wg.Go(func() {
			for r := range lane {
				a.deliver(r)
			}
		})
	}
}

// add queues a record. It never blocks: a record that finds its lane full is
// logged in whole, so that it can be recovered.
func (a *accounting) add(r *aaa.Record) {
	if err := a.enqueue(r); err != nil {
		a.lost(r, err)
	}
}

func (a *accounting) enqueue(r *aaa.Record) error {
	h := fnv.New32a()
	h.Write([]byte(r.SessionID))
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.closed {
		return errAccountingClosed
	}
	select {
	case a.lanes[h.Sum32()%accountingLanes] <- r:
		return nil
	default:
		return errAccountingFull
	}
}

var (
	errAccountingClosed = errors.New("accounting is closed")
	errAccountingFull   = errors.New("the backends do not keep up")
)

// lost logs a record that nobody takes.
func (a *accounting) lost(r *aaa.Record, err error) {
	a.log.Error().Err(err).Interface("record", r).Msg("accounting record lost")
}

// close waits until all records are delivered or ctx is done; what is left
// then is logged.
func (a *accounting) close(ctx context.Context) {
	a.mu.Lock()
	a.closed = true
	for _, lane := range a.lanes {
		close(lane)
	}
	a.mu.Unlock()
	stop := context.AfterFunc(ctx, a.cancel)
	if !waitFor(ctx, &a.wg) {
		// Deliveries are cancelled: what is left is only logged, unless a
		// backend ignores its context.
		grace, cancel := context.WithTimeout(context.Background(), accountingGrace)
		waitFor(grace, &a.wg)
		cancel()
	}
	stop()
	a.cancel()
}

// deliver offers one record until it is taken or given up.
func (a *accounting) deliver(r *aaa.Record) {
	pause := a.pause
	for attempt := 1; ; attempt++ {
		err := a.ctx.Err()
		if err == nil {
			call, cancel := context.WithTimeout(a.ctx, accountingTimeout)
			err = a.service.Account(call, r)
			cancel()
		}
		if err == nil {
			return
		}
		if attempt == accountingAttempts || a.ctx.Err() != nil {
			a.lost(r, err)
			return
		}
		a.log.Warn().Err(err).Str("session", r.SessionID).Stringer("type", r.Type).Msg("accounting record not taken, trying again")
		select {
		case <-time.After(pause):
		case <-a.ctx.Done():
		}
		pause = min(3*pause, accountingPauseMax)
	}
}

// recordOf describes a session to the backends.
func recordOf(i *SessionInfo, nasPort uint32, t aaa.RecordType, now time.Time) *aaa.Record {
	r := &aaa.Record{
		Type: t, SessionID: i.ID, Time: now, User: i.User, Server: i.Server, Interface: i.Interface,
		Method: i.Method, CallerID: i.CallerID.String(), CalledID: i.CalledID.String(), NASPort: nasPort,
		LocalAddress: i.Local, RemoteAddress: i.Remote, Encoding: i.Encoding, Backend: i.Backend,
		Duration: i.Uptime(now),
		RxOctets: i.Counters.RxOctets, RxPackets: i.Counters.RxPackets,
		TxOctets: i.Counters.TxOctets, TxPackets: i.Counters.TxPackets,
	}
	if i.Policy != nil {
		r.Class = i.Policy.Class
	}
	return r
}
