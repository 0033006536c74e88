// Package interop dials servers with Debian's own PPTP client, pppd 2.4.9 with
// pptp-linux, on a machine whose kernel has no PPP.
//
// The client runs in a guest: a User Mode Linux booted once per test run,
// whose root is this machine's file tree under a memory overlay. The server
// runs natively beside it. Both live in network, mount and process namespaces
// made for the run, so that nothing outside is touched, and everything ends
// with the run.
//
//	the run's network namespace             the guest
//	pptpac ── wan0 192.0.2.1  ═══ tap ═══  192.0.2.7 vec1 ── pptp, pppd
//	test   ── ctl0 10.255.0.1 ═══ tap ═══ 10.255.0.2 vec0 ── agent
//
// A test program calls [Main]; it and everything it calls need root and the
// packages that contrib/install-test-deps.sh installs, and fail without them.
package interop
