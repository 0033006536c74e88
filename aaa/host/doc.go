// Package host runs the processes behind the AAA backends: it launches one
// plugin process for each backend, hands it its configuration, watches it, and
// launches it anew when it has ended or hangs.
//
//	         Start                    Info, Configure
//	starting ------> unconfigured ---------------------> running
//	    ^                 |                                 |
//	    |                 +----- process ended, hung -------+
//	    |  delay          v
//	    +------------- back-off
//
// A call that is under way when its process ends fails at once; a call that
// finds the process starting waits for it; a call that finds it in back-off
// fails at once. All of these failures are aaa.ErrUnavailable.
//
// Shipped plugins are run in the same way as foreign ones: the concentrator's own
// binary with a hidden sub-command.
package host
