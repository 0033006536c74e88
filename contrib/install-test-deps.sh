#!/usr/bin/env bash
# Installs what `make test` needs on Debian 12 beside Go and make. Quick when all
# is there. No daemon starts: packages that bring one are told not to.
set -euo pipefail

packages=(
	# the race detector and the plugin of the interop tests' pppd
	gcc libc6-dev ppp-dev
	# network namespaces and traffic control
	iproute2 iputils-ping procps util-linux
	# the guest, its modules, the PPTP client, and the server it is compared to
	user-mode-linux kmod ppp pptp-linux pptpd
	ca-certificates
)

die() {
	echo "install-test-deps: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || die "the tests need root (network namespaces, TUN devices); run make test as root"
[ -c /dev/net/tun ] || die "/dev/net/tun is missing: load the module tun, or give this container the device"
command -v dpkg-query >/dev/null || die "this is not Debian; install the equivalents of: ${packages[*]}"

missing=()
for p in "${packages[@]}"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$status" = installed ] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

policy=/usr/sbin/policy-rc.d
kept=
restore() {
	rm -f "$policy"
	[ -z "$kept" ] || mv "$kept" "$policy"
}
if [ -e "$policy" ] || [ -L "$policy" ]; then
	kept=$(mktemp -u "$policy.XXXXXX")
	mv "$policy" "$kept"
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --no-install-recommends install "${missing[@]}"

# Nor at the next boot: port 1723 is for whom the administrator chooses.
for p in "${missing[@]}"; do
	if [ "$p" = pptpd ] && command -v systemctl >/dev/null; then
		systemctl disable pptpd >/dev/null 2>&1 || true
	fi
done
