// Package mppe is Microsoft Point-To-Point Encryption (RFC 3078): one Encryptor
// and one Decryptor for each direction of a link, from the start keys of RFC 3079.
//
// It is pure: no I/O, no clock, no goroutine. It takes and returns the information
// field of PPP packets with protocol 0x00fd; negotiation (CCP option 18) and
// Reset-Requests are the business of its callers.
//
// MPPE has no integrity, so that a packet proves itself only by what it decrypts
// to. The Decryptor therefore works in two steps: Open decrypts and leaves the
// state alone, Commit moves the state, and is called when the plain text has been
// seen to be a packet. What is forged, late or damaged is not committed.
//
//	0               1
//	0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - -
//	|A|B|C|D|    Coherency Count    | encrypted protocol and information
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - -
//	A flushed: RC4 restarts with this packet   B, C compression, always 0
//	D encrypted, always 1
package mppe
