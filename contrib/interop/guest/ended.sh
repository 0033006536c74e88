#!/bin/bash
# ended.sh NAME SECONDS [SIGNAL]: wait until the call's pppd has ended, after
# sending it a signal if one is given. Prints "exit STATUS" and pppd's log.
# KILL also kills every pptp process of the guest.
set -u
name=$1 wait=$2 signal=${3-}
dir=/run/call/$name
exec 3<>"$dir/event"
if [ ! -s "$dir/status" ]; then
	pid=$(cat "$dir/pid")
	case $signal in
	"") ;;
	KILL)
		# pptp first, under each of its names, and all its processes at once:
		# one that sees another go would tell the server.
		pkill -STOP -x 'pptp|pptpgw|pptpcm'
		pkill -KILL -x 'pptp|pptpgw|pptpcm'
		kill -KILL "$pid"
		;;
	*) kill "-$signal" "$pid" ;;
	esac
	while [ ! -s "$dir/status" ]; do
		if ! read -r -t "$wait" event _ <&3; then
			echo timeout
			cat "$dir/log"
			exit 1
		fi
		[ "$event" != exit ] || break
	done
fi
cat "$dir/status" "$dir/log"
