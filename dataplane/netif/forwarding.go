package netif

import (
	"fmt"
	"os"
	"strings"
)

// ForwardingEnabled tells whether the kernel forwards IPv4 between interfaces
// (net.ipv4.ip_forward), in the network namespace of the calling thread.
// Without it clients reach the concentrator itself and nothing behind it.
func ForwardingEnabled() (bool, error) {
	// /proc/sys/net shows the namespace of the thread that looks.
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
	if err != nil {
		return false, fmt.Errorf("read net.ipv4.ip_forward: %w", err)
	}
	return strings.TrimSpace(string(b)) != "0", nil
}
