// Package concentrator is the control plane of pptpac: it owns sessions.
//
// # Actors
//
// Every TCP connection is one goroutine that owns a pptp.Conn (control), fed by
// a second one that only reads. Every call is one goroutine that owns a
// ppp.Machine, a dataplane.Tunnel and all other state of the session. They talk
// through mailboxes and never wait for each other:
//
//	accept loop ──► control ──CallConnected, CallEnded──► session ──► aaa, pool (own goroutines,
//	                   ▲                                    │  ▲        answers by mailbox)
//	                   └───────────ClearCall────────────────┘  └── dataplane: control frames, resets
//
// What others may see of a session is an immutable SessionInfo that the session
// publishes; the registry lists those without asking anybody.
//
// # Life of a call
//
// An Outgoing-Call-Request reaches control, which checks the limits, reserves a
// call id, opens the tunnel and only then lets the reply go. The session starts
// LCP, asks the AAA chain when its machine says NeedAuth and the pool when it
// says NeedAddress, and lets IP pass at LayerUp. Whatever ends it goes through
// session.stop with one Cause; see cause.go for what follows from it.
package concentrator
