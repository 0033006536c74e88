package concentrator

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

// controlReadSize is how much of a control connection is read at once: the
// largest message has 220 octets.
const controlReadSize = 2048

// controlConn drives one pptp.Conn over a TCP connection, in either role. run
// is its actor; post is for everybody else.
type controlConn struct {
	nc      net.Conn
	conn    *pptp.Conn
	within  time.Duration // for every write
	mail    *mailbox[pptp.Input]
	pending []byte // messages to be written
	failed  error  // of a write
	// finished is set before the CallEnded that come with it are handled.
	finished *pptp.Finished
	// handle performs the outputs that are not Send. It runs in the actor and
	// may call feed.
	handle func(pptp.Output)
}

// readResult is what the reader hands to the actor: messages, and the error
// that ended reading.
type readResult struct {
	messages []pptp.Message
	err      error
}

func newControlConn(nc net.Conn, conn *pptp.Conn, within time.Duration, handle func(pptp.Output)) *controlConn {
	return &controlConn{nc: nc, conn: conn, within: within, handle: handle, mail: newMailbox[pptp.Input](1)}
}

// post hands an input to the actor. It never blocks; a session posts a bounded
// number of inputs.
func (c *controlConn) post(in pptp.Input) { c.mail.post(in) }

// run is the actor. It returns why the connection ended, after every call of
// it has had its CallEnded. Cancelling ctx stops the connection politely, with
// reason.
func (c *controlConn) run(ctx context.Context, reason pptp.StopReason) pptp.Finished {
	in := make(chan readResult)
	done := make(chan struct{})
	defer func() {
		close(done)
		c.nc.Close()
		c.mail.close()
		for range in { // until the reader is gone
		}
	}()
	// The reader ends when the connection is closed, or done is.
	go c.read(in, done)

	timer := time.NewTimer(0)
	defer timer.Stop()
	stop := ctx.Done()
	c.feed(pptp.Open{})
	for {
		c.flush()
		if c.failed != nil {
			c.feed(pptp.Lost{Detail: lostReason(c.failed)})
		}
		if c.finished != nil {
			return *c.finished
		}
		resetTo(timer, c.conn.Deadline())
		select {
		case r := <-in:
			c.received(r)
		case <-c.mail.wake:
			for _, i := range c.mail.take() {
				c.feed(i)
			}
		case <-timer.C:
			c.feed(pptp.Tick{})
		case <-stop:
			stop = nil
			c.feed(pptp.Stop{Reason: reason})
		}
	}
}

// received feeds what the reader has read. What is behind the end of the
// connection counts for nothing.
func (c *controlConn) received(r readResult) {
	if len(r.messages) == 0 && r.err == nil {
		c.feed(pptp.Activity{})
	}
	for _, m := range r.messages {
		if c.feed(pptp.Received{Message: m}); c.finished != nil {
			return
		}
	}
	var malformed *pptp.FormatError
	switch {
	case r.err == nil:
	case errors.As(r.err, &malformed):
		c.feed(pptp.Malformed{Err: r.err})
	default:
		c.feed(pptp.Lost{Detail: lostReason(r.err)})
	}
}

// feed gives one input to the machine and performs what it returns. The reply
// that answers a call leaves before the call's PPP does: a client that hears
// GRE of a call it does not know yet drops it, and LCP would wait for a timer.
func (c *controlConn) feed(in pptp.Input) {
	outputs := c.conn.Handle(time.Now(), in)
	for _, out := range outputs {
		if f, ok := out.(pptp.Finished); ok {
			c.finished = &f
		}
	}
	for _, out := range outputs {
		switch o := out.(type) {
		case pptp.Send:
			c.pending = o.Message.AppendTo(c.pending)
		case pptp.Finished:
		case pptp.CallConnected:
			c.flush()
			c.handle(out)
		default:
			c.handle(out)
		}
	}
}

// flush writes what is pending. The first error stays in failed; after it
// nothing is written any more.
func (c *controlConn) flush() {
	if len(c.pending) == 0 {
		return
	}
	if c.failed == nil {
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.within))
		_, c.failed = c.nc.Write(c.pending)
	}
	if cap(c.pending) > controlReadSize {
		c.pending = nil
	}
	c.pending = c.pending[:0]
}

// read decodes the octets of the peer until the connection or the codec fails.
// The unbuffered channel is the back-pressure: nothing is read ahead of the
// actor.
func (c *controlConn) read(in chan<- readResult, done <-chan struct{}) {
	defer close(in)
	var decoder pptp.Decoder
	buf := make([]byte, controlReadSize)
	for {
		n, err := c.nc.Read(buf)
		r := readResult{}
		if n > 0 {
			_, _ = decoder.Write(buf[:n]) // fails only as Next does
			r = drain(&decoder)
		}
		if r.err == nil {
			r.err = err
		}
		select {
		case in <- r:
		case <-done:
			return
		}
		if r.err != nil {
			return
		}
	}
}

// drain takes all whole messages out of the decoder.
func drain(d *pptp.Decoder) readResult {
	var r readResult
	for {
		m, err := d.Next()
		if err != nil {
			r.err = err
			return r
		}
		if m == nil {
			return r
		}
		r.messages = append(r.messages, m)
	}
}

// lostReason puts the end of a TCP connection in an administrator's words.
func lostReason(err error) string {
	var ne net.Error
	switch {
	case errors.Is(err, io.EOF):
		return "the peer closed the TCP connection"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the peer reset the TCP connection"
	case errors.Is(err, syscall.ETIMEDOUT):
		return "the peer does not answer at the TCP level any more"
	case errors.Is(err, net.ErrClosed):
		return "closed by us"
	case errors.As(err, &ne) && ne.Timeout():
		return "the peer does not read its control connection"
	}
	return err.Error()
}

// resetTo arms the timer for a deadline; the zero time is never.
func resetTo(t *time.Timer, deadline time.Time) {
	if deadline.IsZero() {
		t.Stop()
		return
	}
	t.Reset(time.Until(deadline))
}
