package pptp

import (
	"cmp"
	"container/list"
	"slices"
	"time"
)

// maxPending is how many calls of a peer may wait for AcceptCall or RefuseCall
// at once, however many Config.MaxCalls allows.
const maxPending = 256

// callTable holds the calls of a connection. Every call is in exactly one of
// ours and requests; in peers if the peer's id is known and its request was
// not withdrawn; in waiting while it has a deadline. All waits are equally
// long, hence waiting is in the order of deadlines.
type callTable struct {
	ours        map[uint16]*call // by our call id
	requests    map[uint32]*call // CallRequested without an answer
	peers       map[uint16]*call // by the call id of the peer
	waiting     *list.List       // of *call
	lastSeq     uint64
	lastRequest uint32
	lastSerial  uint16
	had         bool // a call was accepted or placed and has ended
}

func newCallTable() callTable {
	return callTable{
		ours:     make(map[uint16]*call),
		requests: make(map[uint32]*call),
		peers:    make(map[uint16]*call),
		waiting:  list.New(),
	}
}

func (t *callTable) count() int { return len(t.ours) + len(t.requests) }

// ordered lists all calls, those first that changed their state first.
func (t *callTable) ordered() []*call {
	all := make([]*call, 0, t.count())
	for _, c := range t.ours {
		all = append(all, c)
	}
	for _, c := range t.requests {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *call) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// insert enters a call that is in no table, under the ids its state has.
func (t *callTable) insert(c *call) {
	t.touch(c)
	if c.state == CallStateRequested {
		t.requests[c.request] = c
	} else {
		t.ours[c.callID] = c
	}
	if c.peerKnown && !c.withdrawn {
		t.peers[c.peerCallID] = c
	}
	t.wait(c, c.deadline)
}

// remove takes a call out of every table.
func (t *callTable) remove(c *call) {
	if c.state == CallStateRequested {
		delete(t.requests, c.request)
	} else {
		delete(t.ours, c.callID)
	}
	t.forgetPeer(c)
	t.wait(c, time.Time{})
}

// forgetPeer lets the peer use its call id again.
func (t *callTable) forgetPeer(c *call) {
	if c.peerKnown && t.peers[c.peerCallID] == c {
		delete(t.peers, c.peerCallID)
	}
}

// touch makes c the last of ordered.
func (t *callTable) touch(c *call) {
	t.lastSeq++
	c.seq = t.lastSeq
}

// wait gives the call a deadline, zero: none.
func (t *callTable) wait(c *call, deadline time.Time) {
	if c.wait != nil {
		t.waiting.Remove(c.wait)
		c.wait = nil
	}
	c.deadline = deadline
	if !deadline.IsZero() {
		c.wait = t.waiting.PushBack(c)
	}
}

func (t *callTable) firstWaiting() *call {
	if e := t.waiting.Front(); e != nil {
		return e.Value.(*call)
	}
	return nil
}

// newRequest is a number for CallRequested that no open request has.
func (t *callTable) newRequest() uint32 {
	for {
		t.lastRequest++
		if _, used := t.requests[t.lastRequest]; !used {
			return t.lastRequest
		}
	}
}
