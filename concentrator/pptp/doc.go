// Package pptp is the control connection of PPTP (RFC 2637) without its I/O:
// a codec for the 15 control messages and the machine of one control
// connection with its calls, for both ends.
package pptp
