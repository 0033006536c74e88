#!/bin/bash
# netem.sh WORDS...: impair the outer wire both ways with these words of netem.
# What arrives passes through ifb0, because netem only works on what leaves.
set -eu
tc qdisc replace dev vec1 root netem "$@"
[ -e /sys/class/net/ifb0 ] || ip link add ifb0 type ifb
ip link set ifb0 up
tc qdisc replace dev ifb0 root netem "$@"
if ! tc qdisc show dev vec1 | grep -q ingress; then
	tc qdisc add dev vec1 handle ffff: ingress
	tc filter add dev vec1 parent ffff: protocol all matchall action mirred egress redirect dev ifb0
fi
