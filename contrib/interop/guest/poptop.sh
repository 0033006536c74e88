#!/bin/bash
# poptop.sh: start Poptop's pptpd in a network namespace of the guest, at
# 198.51.100.1, with MS-CHAPv2 and MPPE-128.
set -eu
if ! ip netns list 2>/dev/null | grep -qw server; then
	ip netns add server
	ip link add veth0 type veth peer name veth1 netns server
	ip address add 198.51.100.2/24 dev veth0
	ip link set veth0 up
	ip -n server address add 198.51.100.1/24 dev veth1
	ip -n server link set veth1 up
	ip -n server link set lo up
fi
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
for _ in $(seq 100); do
	ip netns exec server ss -Hltn | grep -q :1723 && exit 0
	sleep 0.05
done
cat $dir/log >&2
exit 1
