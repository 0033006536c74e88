// Package ppp is the Point-to-Point Protocol as one pure machine: LCP, PAP,
// CHAP, MS-CHAP, CCP with MPPE, and IPCP, for the server and the client role
// (RFC 1661, 1570, 1334, 1994, 2433, 2759, 1962, 3078, 1332, 1877).
//
// A Machine does no I/O and knows no clock: it is told what happens and when
// (Handle), says what it wants done (Output) and when it wants to be called
// again (Deadline). The same inputs always give the same outputs, but for what
// Config.Rand yields.
package ppp
