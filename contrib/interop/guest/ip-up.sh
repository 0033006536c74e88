#!/bin/sh
# pppd runs this when IPCP is up: interface tty speed local remote ipparam.
# ipparam names the call; call.sh waits at its event pipe.
[ -p "/run/call/$6/event" ] || exit 0
echo "up $1 $4 $5" 1<>"/run/call/$6/event"
