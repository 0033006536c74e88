package engine

import "encoding/binary"

// optCopied is set in the type of an IP option that every fragment carries.
const optCopied = 0x80

// fragments cuts a packet without DF into pieces of at most mtu octets (RFC 791
// §3.2) and hands each to send, in order; it is in buf, behind room octets of
// space, and borrowed until send returns. It tells whether that is possible: mtu
// has room for data, and p, itself a fragment, does not lie beyond the largest
// packet. If not, nothing is sent. buf is grown as needed and returned.
func fragments(buf []byte, room int, p ipv4, mtu int, send func(framed []byte)) ([]byte, bool) {
	data := p.payload()
	first := p.headerLen()
	was := p.fragment()
	if int(was&maskOffset)+len(data)/8 > maskOffset {
		return buf, false // would lie beyond the largest packet
	}
	for at := 0; at < len(data); {
		buf = append(buf[:0], make([]byte, room)...)
		if at == 0 {
			buf = append(buf, p[:first]...)
		} else {
			buf = appendLaterHeader(buf, p)
		}
		header := len(buf) - room
		n := (mtu - header) &^ 7
		if n <= 0 {
			return buf, false
		}
		more := was & flagMF
		if at+n < len(data) {
			more = flagMF
		} else {
			n = len(data) - at
		}
		buf = append(buf, data[at:at+n]...)
		f := ipv4(buf[room:])
		binary.BigEndian.PutUint16(f[2:], uint16(len(f)))
		binary.BigEndian.PutUint16(f[6:], more|(was&maskOffset+uint16(at/8)))
		f.setChecksum()
		send(buf)
		at += n
	}
	return buf, true
}

// appendLaterHeader appends the header of a fragment that is not the first: with
// the options that are to be copied, and no others.
func appendLaterHeader(b []byte, p ipv4) []byte {
	start := len(b)
	b = append(b, p[:ipv4MinHeader]...)
	options := p[ipv4MinHeader:p.headerLen()]
	for len(options) > 0 && options[0] != 0 {
		length := 1 // no operation
		if options[0] != 1 {
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				break // cut off: what follows cannot be understood
			}
			length = int(options[1])
		}
		if options[0]&optCopied != 0 {
			b = append(b, options[:length]...)
		}
		options = options[length:]
	}
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	b[start] = 4<<4 | byte((len(b)-start)/4)
	return b
}
