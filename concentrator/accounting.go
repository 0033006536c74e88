package concentrator

import (
	"context"
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
	accountingAttempts = 5
)

// accounting carries records to the AAA chain without ever holding a session
// up. Records of one session travel in one lane and keep their order. A record
// that no backend takes in accountingAttempts is logged and given up.
type accounting struct {
	service aaa.Service
	log     zerolog.Logger
	lanes   [accountingLanes]chan *aaa.Record
	wg      sync.WaitGroup
	cancel  context.CancelFunc
}

func newAccounting(service aaa.Service, log zerolog.Logger) *accounting {
	ctx, cancel := context.WithCancel(context.Background())
	a := &accounting{service: service, log: log, cancel: cancel}
	for i := range a.lanes {
		a.lanes[i] = make(chan *aaa.Record, accountingQueue)
		// A lane ends when its channel is closed and empty.
		a.wg.Go(func() { a.carry(ctx, a.lanes[i]) })
	}
	return a
}

// add queues a record. It never blocks: a record that finds its lane full is
// logged in whole, so that it can be recovered.
func (a *accounting) add(r *aaa.Record) {
	h := fnv.New32a()
	h.Write([]byte(r.SessionID))
	select {
	case a.lanes[h.Sum32()%accountingLanes] <- r:
	default:
		a.log.Error().Interface("record", r).Msg("accounting record lost: the backends do not keep up")
	}
}

// close waits until all records are delivered or ctx is done. add must not be
// called any more.
func (a *accounting) close(ctx context.Context) {
	for _, lane := range a.lanes {
		close(lane)
	}
	stop := context.AfterFunc(ctx, a.cancel)
	a.wg.Wait()
	stop()
	a.cancel()
}

func (a *accounting) carry(ctx context.Context, lane <-chan *aaa.Record) {
	for r := range lane {
		a.deliver(ctx, r)
	}
}

func (a *accounting) deliver(ctx context.Context, r *aaa.Record) {
	pause := 100 * time.Millisecond
	for attempt := 1; ; attempt++ {
		call, cancel := context.WithTimeout(ctx, accountingTimeout)
		err := a.service.Account(call, r)
		cancel()
		if err == nil {
			return
		}
		if attempt == accountingAttempts || ctx.Err() != nil {
			a.log.Error().Err(err).Interface("record", r).Msg("accounting record lost")
			return
		}
		a.log.Warn().Err(err).Str("session", r.SessionID).Stringer("type", r.Type).Msg("accounting record not taken, trying again")
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause *= 3
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
