# Sourced: a network namespace of the guest for a server at 198.51.100.1, and
# how to wait for it.
if ! ip netns list 2>/dev/null | grep -qw server; then
	ip netns add server
	ip link add veth0 type veth peer name veth1 netns server
	ip address add 198.51.100.2/24 dev veth0
	ip link set veth0 up
	ip -n server address add 198.51.100.1/24 dev veth1
	ip -n server link set veth1 up
	ip -n server link set lo up
	ip netns exec server sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"
fi

await_listener() {
	local try
	for try in $(seq 200); do
		! ip netns exec server ss -Hltn | grep -q :1723 || return 0
		sleep 0.05
	done
	return 1
}
