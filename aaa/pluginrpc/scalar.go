package pluginrpc

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
)

// MaxMessage bounds one message in either direction, in octets. It is far above
// any honest message; what exceeds it fails the call, not the process.
const MaxMessage = 4 << 20

// text makes s fit for a protobuf string, which must be UTF-8. Names that peers
// choose travel as bytes instead and stay as they are.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// octets is nil where there is nothing, so that absent stays absent.
func octets(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func addressToProto(a netip.Addr) []byte {
	if !a.IsValid() {
		return nil
	}
	return a.WithZone("").AsSlice()
}

func addressesToProto(addresses []netip.Addr) [][]byte {
	var out [][]byte
	for _, a := range addresses {
		out = append(out, addressToProto(a))
	}
	return out
}

func intsToProto(in []int) []int32 {
	var out []int32
	for _, v := range in {
		out = append(out, clamp(v))
	}
	return out
}

// clamp keeps a number that does not fit at the end of the range, never
// wrapping a limit around into something small.
func clamp(v int) int32 {
	return int32(max(math.MinInt32, min(math.MaxInt32, v))) //nolint:gosec // bounded on this line
}

func intsFromProto(in []int32) []int {
	var out []int
	for _, v := range in {
		out = append(out, int(v))
	}
	return out
}

// timeToProto maps the zero time to 0.
func timeToProto(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeFromProto(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// decoder collects the first field of a message that is not acceptable, so that
// conversions read as lists of fields.
type decoder struct{ err error }

func (d *decoder) fail(field, problem string) {
	if d.err == nil {
		d.err = fmt.Errorf("field %s: %s", field, problem)
	}
}

func (d *decoder) address(field string, b []byte) netip.Addr {
	if len(b) == 0 {
		return netip.Addr{}
	}
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		d.fail(field, fmt.Sprintf("an address has 0, 4 or 16 octets, not %d", len(b)))
	}
	return a
}

func (d *decoder) addresses(field string, in [][]byte) []netip.Addr {
	var out []netip.Addr
	for _, b := range in {
		out = append(out, d.address(field, b))
	}
	return out
}

func (d *decoder) octet(field string, v uint32) uint8 {
	if v > math.MaxUint8 {
		d.fail(field, fmt.Sprintf("%d is not in 0-255", v))
	}
	return uint8(v & math.MaxUint8) //nolint:gosec // masked on this line
}
