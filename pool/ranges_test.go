package pool

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseRanges(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		size           int
	}{
		{"the manual's", "10.5.17.1-10.5.17.50", "10.5.17.1-10.5.17.50", 50},
		{"one address", "10.7.0.9", "10.7.0.9", 1},
		{"one as a range", "10.7.0.9-10.7.0.9", "10.7.0.9", 1},
		{"CIDR", "10.6.0.0/24", "10.6.0.0-10.6.0.255", 256},
		{"CIDR of one", "10.6.0.1/32", "10.6.0.1", 1},
		{"several", " 10.5.17.1 - 10.5.17.50,10.6.0.0/24 , 10.7.0.9", "10.5.17.1-10.5.17.50,10.6.0.0-10.6.0.255,10.7.0.9", 307},
		{"order is kept", "10.9.0.1,10.1.0.1", "10.9.0.1,10.1.0.1", 2},
		{"the largest", "10.0.0.0/8", "10.0.0.0-10.255.255.255", MaxSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			rs, err := ParseRanges(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := rs.String(); got != c.want || rs.Size() != c.size {
				t.Errorf("ParseRanges(%q) = %q of %d, want %q of %d", c.in, got, rs.Size(), c.want, c.size)
			}
		})
	}
}

func TestParseRangesRefuses(t *testing.T) {
	forms := "want 10.5.17.1-10.5.17.50, 10.6.0.0/24 or 10.7.0.9, several separated by commas"
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "empty address range: " + forms},
		{"empty part", "10.0.0.1,", "empty address range: " + forms},
		{"name", "office", `bad address range "office": ` + forms},
		{"short end", "10.0.0.1-50", `bad address range "10.0.0.1-50": ` + forms},
		{"no start", "-10.0.0.1", `bad address range "-10.0.0.1": ` + forms},
		{"three", "10.0.0.1-10.0.0.2-10.0.0.3", `bad address range "10.0.0.1-10.0.0.2-10.0.0.3": ` + forms},
		{"octet", "10.0.0.256", `bad address range "10.0.0.256": ` + forms},
		{"leading zero", "10.0.0.01", `bad address range "10.0.0.01": ` + forms},
		{"IPv6", "2001:db8::1", `bad address range "2001:db8::1": ` + forms},
		{"IPv6 prefix", "2001:db8::/64", `bad address range "2001:db8::/64": ` + forms},
		{"mapped", "::ffff:10.0.0.1", `bad address range "::ffff:10.0.0.1": ` + forms},
		{"bits", "10.0.0.0/33", `bad address range "10.0.0.0/33": ` + forms},
		{"host bits", "10.6.0.5/24", `bad address range "10.6.0.5/24": bits are set after the prefix, write 10.6.0.0/24`},
		{"reversed", "10.0.0.9-10.0.0.1", `bad address range "10.0.0.9-10.0.0.1": its end is before its start, write 10.0.0.1-10.0.0.9`},
		{"overlap", "10.0.0.1-10.0.0.9,10.0.1.0/24,10.0.0.9", "address ranges 10.0.0.1-10.0.0.9 and 10.0.0.9 overlap"},
		{"too many", "10.0.0.0-11.0.0.0", `bad address range "10.0.0.0-11.0.0.0": more than 16777216 addresses in one list`},
		{"everything", "0.0.0.0/0", `bad address range "0.0.0.0-255.255.255.255": 0.0.0.0-0.255.255.255 is reserved and cannot be the address of a tunnel`},
		{"loopback", "127.0.0.1", `bad address range "127.0.0.1": 127.0.0.0-127.255.255.255 is reserved and cannot be the address of a tunnel`},
		{"multicast", "223.255.255.0-224.0.0.1", `bad address range "223.255.255.0-224.0.0.1": 224.0.0.0-255.255.255.255 is reserved and cannot be the address of a tunnel`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rs, err := ParseRanges(c.in)
			if err == nil || err.Error() != c.want || rs != nil {
				t.Errorf("ParseRanges(%q) = %v, %v, want %s", c.in, rs, err, c.want)
			}
		})
	}
}

func mustRanges(t *testing.T, s string) Ranges {
	t.Helper()
	rs, err := ParseRanges(s)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestRangesContains(t *testing.T) {
	rs := mustRanges(t, "10.0.0.5-10.0.0.9,10.0.1.1")
	for a, want := range map[string]bool{
		"10.0.0.4": false, "10.0.0.5": true, "10.0.0.7": true, "10.0.0.9": true, "10.0.0.10": false,
		"10.0.1.1": true, "::1": false, "::ffff:10.0.0.5": false,
	} {
		if got := rs.Contains(netip.MustParseAddr(a)); got != want {
			t.Errorf("Contains(%s) = %v, want %v", a, got, want)
		}
	}
	if rs.Contains(netip.Addr{}) {
		t.Error("Contains(invalid) = true")
	}
}

func TestRangesIntersection(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"10.0.0.1-10.0.0.9", "10.0.0.10", ""},
		{"10.0.0.1-10.0.0.9", "10.0.0.9-10.0.0.20", "10.0.0.9"},
		{"10.0.0.9-10.0.0.20", "10.0.0.1-10.0.0.10", "10.0.0.9-10.0.0.10"},
		{"10.9.0.1,10.0.0.0/24", "10.0.0.7", "10.0.0.7"},
	} {
		a, b := mustRanges(t, c.a), mustRanges(t, c.b)
		got := ""
		if r, ok := a.Intersection(b); ok {
			got = r.String()
		}
		if got != c.want || a.Overlaps(b) != (c.want != "") || b.Overlaps(a) != (c.want != "") {
			t.Errorf("Intersection(%s, %s) = %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

func TestRangesPrefixes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"10.0.0.0/24", "10.0.0.0/24"},
		{"10.5.17.1-10.5.17.50", "10.5.17.1/32 10.5.17.2/31 10.5.17.4/30 10.5.17.8/29 10.5.17.16/28 10.5.17.32/28 10.5.17.48/31 10.5.17.50/32"},
		{"10.0.0.128-10.0.0.255,10.0.0.0-10.0.0.127", "10.0.0.0/24"},
		{"10.0.1.0/24,10.0.0.0/24,10.0.3.0/24", "10.0.0.0/23 10.0.3.0/24"},
		{"223.255.255.254-223.255.255.255", "223.255.255.254/31"},
		{"10.0.0.0/8", "10.0.0.0/8"},
	} {
		got := ""
		for i, p := range mustRanges(t, c.in).Prefixes() {
			if i > 0 {
				got += " "
			}
			got += p.String()
		}
		if got != c.want {
			t.Errorf("Prefixes(%s) = %s, want %s", c.in, got, c.want)
		}
	}
	// Ranges put together by hand may reach the end of the address space.
	all := Ranges{{netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("255.255.255.255")}}
	if got := all.Prefixes(); len(got) != 1 || got[0].String() != "0.0.0.0/0" {
		t.Errorf("Prefixes of everything = %v, want 0.0.0.0/0", got)
	}
}

func TestNaturalEdges(t *testing.T) {
	for _, r := range []string{"10.255.255.250-11.0.0.7", "172.16.200.0-172.18.3.3", "192.168.0.0-192.168.9.255", "191.255.255.0-192.0.0.255", "10.0.0.1"} {
		rs := mustRanges(t, r)
		want := 0
		for n := number(rs[0].First); n <= number(rs[0].Last); n++ {
			if naturalEdge(n) {
				want++
			}
		}
		if got := naturalEdges(number(rs[0].First), number(rs[0].Last)); got != want {
			t.Errorf("naturalEdges(%s) = %d, want %d", r, got, want)
		}
	}
}

func FuzzParseRanges(f *testing.F) {
	for _, s := range []string{"10.5.17.1-10.5.17.50", "10.6.0.0/24,10.7.0.9", "10.0.0.9-10.0.0.1", "", ",", "1-", "0.0.0.0/0", "10.0.0.0/8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rs, err := ParseRanges(s)
		if err != nil {
			if rs != nil || err.Error() == "" {
				t.Fatalf("ParseRanges(%q) = %v, %v", s, rs, err)
			}
			return
		}
		again, err := ParseRanges(rs.String())
		if err != nil || !slices.Equal(again, rs) {
			t.Fatalf("ParseRanges(%q) = %v, %v, want %v", rs, again, err, rs)
		}
		size := 0
		for _, p := range rs.Prefixes() {
			size += 1 << (32 - p.Bits())
			if !rs.Contains(p.Addr()) {
				t.Fatalf("%s is in the prefixes of %s", p, rs)
			}
		}
		if size != rs.Size() || size > MaxSize || size < 1 || strings.ContainsAny(rs.String(), " /") {
			t.Fatalf("%s: %d addresses, prefixes cover %d", rs, rs.Size(), size)
		}
	})
}
