// Package pptp is the control connection of PPTP (RFC 2637) without its I/O:
// a codec for the 15 control messages (§2) and the machine of one control
// connection with its calls, for both ends (§3). The GRE packets of a call
// (§4) are not its business.
//
// Octets go through a Decoder to messages; messages, commands of our side and
// the passing of time are inputs of a Conn, and what it returns is to be done
// in order. state.go has the table of states and messages. Malformed octets
// end a connection; a well-formed message that is stray does not, once the
// connection is established.
package pptp
