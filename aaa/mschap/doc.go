// Package mschap computes the responses of MS-CHAP (RFC 2433) and MS-CHAPv2
// (RFC 2759) and the MPPE start keys that follow from them (RFC 3079).
//
// It is pure: no I/O, no clock, no randomness; challenges are arguments. It
// works from password hashes, so that a database need not know passwords.
package mschap
