package engine

import (
	"errors"
	"net/netip"
	"testing"
)

func prefixes(s ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range s {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func TestTableLongestPrefix(t *testing.T) {
	table := newTable()
	names := map[*Tunnel]string{nil: ""}
	for name, dsts := range map[string][]netip.Prefix{
		"default": prefixes("0.0.0.0/0"),
		"net":     prefixes("10.1.0.0/16"),
		"subnet":  prefixes("10.1.2.0/24", "10.9.9.9/32"),
		"host":    prefixes("10.1.2.3/32"),
		"half":    prefixes("128.0.0.0/1"),
		"pair":    prefixes("10.1.2.254/31"),
	} {
		tunnel := &Tunnel{}
		names[tunnel] = name
		if err := table.replace(tunnel, nil, dsts); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ addr, want string }{
		{"10.1.2.3", "host"}, {"10.1.2.4", "subnet"}, {"10.9.9.9", "subnet"}, {"10.9.9.8", "default"},
		{"10.1.3.1", "net"}, {"200.1.1.1", "half"}, {"10.1.2.255", "pair"}, {"10.1.2.253", "subnet"},
	}
	for _, tt := range tests {
		if got := names[table.lookup(netip.MustParseAddr(tt.addr).As4())]; got != tt.want {
			t.Errorf("lookup(%s) = %q, want %q", tt.addr, got, tt.want)
		}
	}
}

func TestTableReplace(t *testing.T) {
	table := newTable()
	a, b := &Tunnel{}, &Tunnel{}
	first := prefixes("10.0.0.1/32", "10.1.0.0/16")
	if err := table.replace(a, nil, first); err != nil {
		t.Fatal(err)
	}
	if err := table.replace(b, nil, prefixes("10.0.0.2/32", "10.1.0.0/16")); !errors.Is(err, errTaken) {
		t.Errorf("replace = %v, want errTaken", err)
	}
	if got := table.lookup([4]byte{10, 0, 0, 2}); got != nil {
		t.Error("a refused replace left something behind")
	}
	second := prefixes("10.0.0.1/32", "10.2.0.0/16")
	if err := table.replace(a, first, second); err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[[4]byte]*Tunnel{{10, 0, 0, 1}: a, {10, 1, 0, 1}: nil, {10, 2, 0, 1}: a} {
		if got := table.lookup(addr); got != want {
			t.Errorf("lookup(%v) = %p, want %p", addr, got, want)
		}
	}
	if err := table.replace(a, second, nil); err != nil {
		t.Fatal(err)
	}
	if len(table.hosts) != 0 || table.netBits != 0 {
		t.Errorf("the table is not empty: %v, %#x", table.hosts, table.netBits)
	}
}
