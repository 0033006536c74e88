#!/bin/bash
# pptpac.sh: start pptpac where poptop.sh starts pptpd, with the same user.
set -eu
. "$INTEROP_DIR/server-namespace.sh"
dir=/run/pptpac
mkdir -p $dir
cat >$dir/pptpac.toml <<-END
	state-dir = "$dir/state"
	[admin]
	socket = "$dir/admin.sock"
	[interface.pptp-dynamic-server]
	enabled = true
	local-address = "10.9.0.254"
	remote-address = "10.9.0.1-10.9.0.100"
	mtu = 1400
	mru = 1400
END
ip netns exec server setsid "$INTEROP_DIR/pptpac" serve --config $dir/pptpac.toml </dev/null >$dir/log 2>&1 &
await_listener || { cat $dir/log >&2; exit 1; }
echo secret | "$INTEROP_DIR/pptpac" --socket $dir/admin.sock users add --password-stdin name=john group=ppp ||
	{ cat $dir/log >&2; exit 1; }
