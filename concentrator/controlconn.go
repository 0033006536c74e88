package concentrator

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/pptpac/pptpac/concentrator/pptp"
)

const (
	// controlReadSize is how much of a control connection is read at once:
	// the largest message has 220 octets.
	controlReadSize = 2048
	// controlWriteTimeout bounds how long a peer that does not read may block
	// its own control connection.
	controlWriteTimeout = 10 * time.Second
)

// controlConn drives one pptp.Conn over a TCP connection, in either role. run
// is its actor; post is for everybody else.
type controlConn struct {
	nc   net.Conn
	conn *pptp.Conn
	mail *mailbox[pptp.Input]
	// handle performs the outputs that are not Send. It runs in the actor and
	// may call feed.
	handle func(pptp.Output)

	pending  []byte // messages to be written
	finished *pptp.Finished
}

// readResult is what the reader hands to the actor: messages, or the error
// that ended reading.
type readResult struct {
	messages []pptp.Message
	err      error
}

func newControlConn(nc net.Conn, conn *pptp.Conn, handle func(pptp.Output)) *controlConn {
	return &controlConn{nc: nc, conn: conn, handle: handle, mail: newMailbox[pptp.Input](1)}
}

// post hands an input to the actor. It never blocks; a session posts a bounded
// number of inputs.
func (c *controlConn) post(in pptp.Input) { c.mail.post(in) }

// run is the actor. It returns why the connection ended: the machine's
// Finished, or the error of the TCP connection or the codec. Cancelling ctx
// stops the connection politely, with reason.
func (c *controlConn) run(ctx context.Context, reason pptp.StopReason) (*pptp.Finished, error) {
	in := make(chan readResult)
	done := make(chan struct{})
	defer func() {
		close(done)
		c.nc.Close()
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
		if err := c.flush(); err != nil {
			return nil, err
		}
		if c.finished != nil {
			return c.finished, nil
		}
		resetTo(timer, c.conn.Deadline())
		select {
		case r := <-in:
			if len(r.messages) == 0 && r.err == nil {
				c.feed(pptp.Activity{})
			}
			for _, m := range r.messages {
				c.feed(pptp.Received{Message: m})
				if c.finished != nil {
					break
				}
			}
			if r.err != nil && c.finished == nil {
				return nil, r.err
			}
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

// feed gives one input to the machine and performs what it returns.
func (c *controlConn) feed(in pptp.Input) {
	for _, out := range c.conn.Handle(time.Now(), in) {
		switch o := out.(type) {
		case pptp.Send:
			c.pending = o.Message.AppendTo(c.pending)
		case pptp.Finished:
			c.finished = &o
		default:
			c.handle(out)
		}
	}
}

func (c *controlConn) flush() error {
	if len(c.pending) == 0 {
		return nil
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(controlWriteTimeout))
	_, err := c.nc.Write(c.pending)
	if cap(c.pending) > controlReadSize {
		c.pending = nil
	}
	c.pending = c.pending[:0]
	return err
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
			_, _ = decoder.Write(buf[:n])
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
