// Package ppptest exercises ppp.Machine without a network: two machines back
// to back over a simulated pipe in virtual time (Pair), one machine against a
// scripted peer (Run), and a text notation for PPP frames (Compose, Describe)
// in which scripts and tests are written.
//
// Everything is deterministic: time is counted, randomness is seeded. The
// package serves tests only.
package ppptest
