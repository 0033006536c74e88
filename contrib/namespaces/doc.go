// Package namespaces is the integration test of pptpac without foreign peers:
// the real binary with its plugin process in one network namespace, our own
// client role in another, GRE and TUN between them. Everything is in its tests.
package namespaces
