// Package gre is the enhanced GRE of PPTP (RFC 2637 §4): the header, and the two
// ends of a call's sequence and acknowledgement numbers.
//
// It is pure: no socket, no clock, no goroutine. It knows nothing of what a packet
// carries; whether a payload decoded is something its caller says, because GRE is
// not authenticated and a sequence number alone proves nothing.
//
//	             +--------+   in order     +-----------+
//	wire -Parse->|Receiver|--------------->|  deliver  |--ok?--> window moves
//	             +--------+  late, flagged +-----------+
//	             +--------+
//	wire <-------| Sender |<-- data, or an acknowledgement that is due
//	             +--------+
//
// There is no flow control by the peer's window: a lost acknowledgement never
// stops a call.
package gre
