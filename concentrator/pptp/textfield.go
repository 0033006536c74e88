package pptp

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textField is the width in octets of host and vendor name, of telephone
// numbers and of sub-addresses.
const textField = 64

// appendText fills a field of n octets with s, cut or padded with zeros.
func appendText(b []byte, s string, n int) []byte {
	s = s[:min(len(s), n)]
	b = append(b, s...)
	return append(b, make([]byte, n-len(s))...)
}

// parseText takes the text of a field up to its first NUL; a field that is
// full has none.
func parseText(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// parseNumber takes the digits of a telephone number field whose length stands
// in a field of its own. A length that cannot be is not trusted.
func parseNumber(b []byte, length uint16) string {
	return parseText(b[:min(len(b), int(length))])
}

// numberLength is the length field for the number s.
func numberLength(s string) uint16 { return uint16(min(len(s), textField)) }

// printable makes a text of the peer fit for a log line: whatever is not a
// printable character becomes a question mark. Windows puts a binary GUID into
// the sub-address (MS-PTPT §4).
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
