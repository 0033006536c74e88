#!/bin/bash
# reset.sh: end every call and server of an earlier test, undo netem.
tc qdisc del dev vec1 root 2>/dev/null
tc qdisc del dev vec1 ingress 2>/dev/null
pkill -TERM -x pppd
for _ in $(seq 100); do
	pgrep -x pppd >/dev/null || break
	sleep 0.05
done
pkill -KILL -x 'pppd|pptp|pptpgw|pptpcm|pptpd|pptpctrl|pptpac'
rm -rf /run/call/* /run/pptp/* /run/pptpac
exit 0
