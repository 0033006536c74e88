#!/bin/bash
# call.sh NAME key=value...: dial with pppd and pptp-linux, and wait until IPCP
# is up or pppd has ended.
#
#   server=ADDRESS user=NAME password=TEXT
#   auth=pap|chap|ms-chapv1|ms-chapv2|any   what pppd agrees to
#   mppe=none|40|128|any                    what pppd demands; any: what the server likes
#   stateful=yes                            pppd proposes stateful MPPE
#   mtu=N mru=N                             pppd's own limits
#   control=own                             a control connection of its own, and
#                                           not the one that other calls share
#   reorder=no                              pptp does not sort GRE packets (its way to
#                                           sort crashes when enough are out of order)
#   option=TEXT                             one more line for pppd, any number of times
#   wait=SECONDS                            60
#
# The first line of output is "up DEVICE LOCAL REMOTE MILLISECONDS",
# "exit STATUS" or "timeout"; pppd's debug log follows. Exit status 0 is up.
set -u
name=$1
shift
server= user= password= auth=any mppe=any stateful=no mtu= mru= control=shared reorder=yes wait=60
extra=()
for arg in "$@"; do
	key=${arg%%=*} value=${arg#*=}
	case $key in
	server | user | password | auth | mppe | stateful | mtu | mru | control | reorder | wait) printf -v "$key" %s "$value" ;;
	option) extra+=("$value") ;;
	*) echo "call.sh: unknown key $key" >&2; exit 2 ;;
	esac
done

dir=/run/call/$name
rm -rf "$dir"
mkdir -p "$dir"
mkfifo "$dir/event"

refuse() {
	local method
	for method in pap chap mschap mschap-v2 eap; do
		[ "$method" = "$1" ] || echo "refuse-$method"
	done
}

pptp="pptp $server --nolaunchpppd --loglevel 2"
[ "$reorder" = yes ] || pptp="$pptp --nobuffer"

{
	echo "pty \"$pptp\""
	echo "user \"$user\""
	echo "password \"$password\""
	printf '%s\n' noauth nodetach noipdefault nodefaultroute debug "ipparam $name" \
		"linkname $name" "logfile $dir/log"
	case $auth in
	any) echo refuse-eap ;;
	pap) refuse pap ;;
	chap) refuse chap ;;
	ms-chapv1) refuse mschap ;;
	ms-chapv2) refuse mschap-v2 ;;
	*) echo "unknown-auth-$auth" ;;
	esac
	case $mppe in
	any) ;;
	none) echo nomppe ;;
	40) printf '%s\n' require-mppe-40 nomppe-128 ;;
	128) printf '%s\n' require-mppe-128 nomppe-40 ;;
	*) echo "unknown-mppe-$mppe" ;;
	esac
	if [ "$stateful" = yes ]; then
		printf '%s\n' mppe-stateful "plugin $INTEROP_DIR/stateful.so" "mppe-propose $mppe-stateful"
	fi
	[ -z "$mtu" ] || echo "mtu $mtu"
	[ -z "$mru" ] || echo "mru $mru"
	[ ${#extra[@]} -eq 0 ] || printf '%s\n' "${extra[@]}"
} >"$dir/options"

# The pipe is open here before pppd starts, so that no event is lost.
exec 3<>"$dir/event"
began=${EPOCHREALTIME/./}
setsid bash -c '
	dir=$1 control=$2
	if [ "$control" = own ]; then
		unshare -m sh -c "mount -t tmpfs tmpfs /run/pptp && exec pppd file $dir/options" &
	else
		pppd file "$dir/options" &
	fi
	echo $! >"$dir/pid"
	wait $!
	status=$?
	echo "exit $status" >"$dir/status"
	echo "exit $status" 1<>"$dir/event"
' call "$dir" "$control" </dev/null >"$dir/output" 2>&1 3<&- &

if read -r -t "$wait" event device local remote <&3; then
	now=${EPOCHREALTIME/./}
	if [ "$event" = up ]; then
		echo "up $device $local $remote $(((now - began) / 1000))"
		cat "$dir/log"
		exit 0
	fi
	echo "$event $device"
else
	echo timeout
	kill "$(cat "$dir/pid")"
fi
cat "$dir/log" "$dir/output"
exit 1
