#!/bin/bash
# poptop.sh: start Poptop's pptpd in a network namespace of the guest, at
# 198.51.100.1, with MS-CHAPv2 and MPPE-128.
set -eu
. "$INTEROP_DIR/server-namespace.sh"
dir=/run/poptop
mkdir -p $dir
cat >$dir/options <<-END
	name pptpd
	auth
	refuse-pap
	refuse-chap
	refuse-mschap
	require-mschap-v2
	require-mppe-128
	mppe-stateful
	proxyarp
	nobsdcomp
	noipx
	mtu 1400
	mru 1400
	logfile $dir/pppd.log
	debug
END
cat >$dir/pptpd.conf <<-END
	option $dir/options
	localip 10.9.0.254
	remoteip 10.9.0.1-100
	pidfile $dir/pid
END
echo '"john" pptpd "secret" *' >/etc/ppp/chap-secrets
chmod 600 /etc/ppp/chap-secrets
: >$dir/log
ip netns exec server setsid pptpd --fg --conf $dir/pptpd.conf </dev/null >$dir/log 2>&1 &
await_listener && exit 0
cat $dir/log >&2
exit 1
