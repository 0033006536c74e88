package pptp

import "errors"

// MaxBuffered is how many octets a Decoder holds that Next has not taken.
const MaxBuffered = 64 << 10

// ErrBufferFull is the error of a Write that would make a Decoder hold more
// than MaxBuffered octets: call Next until it has no more, then Write again.
var ErrBufferFull = errors.New("more than 65536 octets without a call of Next")

// Decoder cuts the octet stream of a control connection into messages. The
// zero value is ready. After each Write call Next until it returns no message:
//
//	for {
//		m, err := d.Next()
//		if err != nil || m == nil { break }
//		...
//	}
//
// A decoder that is drained like this never holds more than one partial
// message. It is not safe for concurrent use.
type Decoder struct {
	buf  []byte
	read int   // octets of buf that were taken
	err  error // what stopped the decoder
}

// Write gives the decoder octets of the stream, cut anywhere. It copies p. It
// fails with the error of Next once there was one, and with ErrBufferFull.
func (d *Decoder) Write(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	if len(d.buf)-d.read+len(p) > MaxBuffered {
		return 0, ErrBufferFull
	}
	if d.read > 0 {
		d.buf = append(d.buf[:0], d.buf[d.read:]...)
		d.read = 0
	}
	d.buf = append(d.buf, p...)
	return len(p), nil
}

// Next returns the next whole message, or nil and no error if more octets are
// needed. Its errors are *FormatError; after one the decoder is dead and
// returns the same error for ever, because nothing says where a next message
// would begin.
func (d *Decoder) Next() (Message, error) {
	if d.err != nil {
		return nil, d.err
	}
	b := d.buf[d.read:]
	h, err := parseHeader(b)
	if err != nil {
		return nil, d.fail(err)
	}
	if len(b) < headerSize || len(b) < h.length {
		if len(b) == 0 {
			d.buf, d.read = nil, 0 // an idle connection costs nothing
		}
		return nil, nil
	}
	m, err := ParseMessage(b[:h.length])
	if err != nil {
		return nil, d.fail(err)
	}
	d.read += h.length
	return m, nil
}

// Buffered returns a copy of the octets that Next has not taken. Written to a
// new Decoder they continue the stream, after a Snapshot of the connection.
func (d *Decoder) Buffered() []byte {
	return append([]byte(nil), d.buf[d.read:]...)
}

func (d *Decoder) fail(err error) error {
	d.buf, d.read, d.err = nil, 0, err
	return err
}
