package concentrator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"
)

// errNoCallID: all 65,535 ids of a local address are taken or resting.
var errNoCallID = errors.New("no free call id")

// callIDs reserves call ids: random, never 0, unique per local address, and
// not used again within the hold-down, because NAT boxes and late packets
// remember them. Only when every id is taken or resting does the one that has
// rested longest come back early. Safe for concurrent use.
type callIDs struct {
	rand io.Reader

	mu       sync.Mutex // guards the rest
	holdDown time.Duration
	tables   map[netip.Addr]*callIDTable
}

type callIDTable struct {
	used    map[uint16]struct{} // reserved or resting
	resting []restingID         // ordered by until
}

type restingID struct {
	id    uint16
	until time.Time
}

func newCallIDs(rand io.Reader, holdDown time.Duration) *callIDs {
	return &callIDs{rand: rand, holdDown: holdDown, tables: make(map[netip.Addr]*callIDTable)}
}

// setHoldDown changes the rest of ids released from now on.
func (c *callIDs) setHoldDown(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holdDown = d
}

// reserve returns an id that no live call to the local address has.
func (c *callIDs) reserve(local netip.Addr, now time.Time) (uint16, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tables[local]
	if t == nil {
		t = &callIDTable{used: make(map[uint16]struct{})}
		c.tables[local] = t
	}
	t.wake(now)
	if len(t.used) >= 65535 && len(t.resting) > 0 {
		// Whoever calls and hangs up a thousand times a second must not keep
		// everybody else out for the hold-down.
		t.wakeFirst()
	}
	if len(t.used) >= 65535 {
		return 0, fmt.Errorf("%s: %w", local, errNoCallID)
	}
	var b [2]byte
	if _, err := io.ReadFull(c.rand, b[:]); err != nil {
		return 0, fmt.Errorf("random call id: %w", err)
	}
	// A random start, then the next free one: one reading of randomness, and
	// an end even when few ids are left.
	for id := binary.BigEndian.Uint16(b[:]); ; id++ {
		if _, taken := t.used[id]; !taken && id != 0 {
			t.used[id] = struct{}{}
			return id, nil
		}
	}
}

// release lets the id rest, then be used again.
func (c *callIDs) release(local netip.Addr, id uint16, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.tables[local]; t != nil {
		t.resting = append(t.resting, restingID{id: id, until: now.Add(c.holdDown)})
	}
}

// wake frees the ids whose rest is over. A hold-down shortened by a reload
// takes effect as the older ones before it end.
func (t *callIDTable) wake(now time.Time) {
	for len(t.resting) > 0 && !now.Before(t.resting[0].until) {
		t.wakeFirst()
	}
}

func (t *callIDTable) wakeFirst() {
	delete(t.used, t.resting[0].id)
	if t.resting = t.resting[1:]; len(t.resting) == 0 {
		t.resting = nil
	}
}
