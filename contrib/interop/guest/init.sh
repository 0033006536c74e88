#!/bin/sh
# First process of the guest: a User Mode Linux whose root is the host's file
# tree, read-only. It lays a memory overlay over that tree, loads what PPP
# needs, and starts the agent that runs the tests' scripts.
#
# INTEROP_DIR comes from the kernel command line: a directory of the host with
# the agent's binary, these scripts and the pppd plugin.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root

die() {
	echo "guest: $*"
	echo o >/proc/sysrq-trigger
	exec sleep 10
}

mount -t proc proc /proc || echo "guest: no /proc"
release=$(uname -r)
modules=/usr/lib/uml/modules/$release
[ -d "$modules" ] || die "no modules for kernel $release in /usr/lib/uml/modules: linux.uml and its modules differ"

if [ -z "$INTEROP_STAGE" ]; then
	insmod "$modules/kernel/fs/overlayfs/overlay.ko" || die "no overlay file system"
	mount -t tmpfs -o size=256m tmpfs /mnt || die "no tmpfs on /mnt"
	mkdir /mnt/upper /mnt/work /mnt/root
	mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root || die "no overlay on /"
	cd /mnt/root || die "no new root"
	pivot_root . mnt || die "pivot_root failed"
	INTEROP_STAGE=2 exec chroot . "$0"
fi

mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev || die "no devtmpfs"
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts || die "no devpts"
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/call /run/pptp "/lib/modules"
[ -e "/lib/modules/$release" ] || ln -s "$modules" "/lib/modules/$release"
depmod_needed=$modules/modules.dep
[ -s "$depmod_needed" ] || depmod -a "$release"
modprobe -a ppp_generic ppp_async ppp_mppe ppp_deflate bsd_comp tun veth ipv6 \
	arc4 ecb sha1_generic sch_netem sch_ingress cls_matchall act_mirred ifb || die "a kernel module is missing"
ls /dev/ppp >/dev/null 2>&1 || mknod /dev/ppp c 108 0
mkdir -p /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200

hostname guest
ip link set lo up
ip address add "$INTEROP_CONTROL" dev vec0 && ip link set vec0 up || die "vec0 is missing"
ip address add "$INTEROP_OUTER" dev vec1 && ip link set vec1 up || die "vec1 is missing"

# pppd reads these; they belong to the guest's overlay, not to the host.
install -m 755 "$INTEROP_DIR/ip-up.sh" /etc/ppp/ip-up
printf '#!/bin/sh\nexit 0\n' >/etc/ppp/ip-down
chmod 755 /etc/ppp/ip-down
: >/etc/ppp/options
: >/etc/ppp/chap-secrets
: >/etc/ppp/pap-secrets

# This shell stays the first process, and reaps what the calls leave behind.
"$INTEROP_DIR/interop-guest" agent "$INTEROP_AGENT" &
wait
die "the agent has ended"
