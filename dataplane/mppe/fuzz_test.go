package mppe

import (
	"bytes"
	"testing"
)

// FuzzOpen offers any packet to decryptors in all modes, in sync and after a loss:
// nothing panics, no state moves without Commit, and the link goes on.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(nil), uint32(0), false)
	f.Add([]byte{0x90, 0x00, 1}, uint32(0), true)
	f.Add([]byte{0x9f, 0xff, 1, 2, 3, 4}, uint32(5000), true)
	f.Add([]byte{0x10, 0x0b, 1, 2, 3, 4}, uint32(1<<32-1), false)
	f.Add([]byte{0x90, 0xff, 1, 2, 3, 4}, uint32(0), false)
	f.Fuzz(func(t *testing.T, packet []byte, gap uint32, commit bool) {
		for _, p := range modes {
			e, d := pair(t, p)
			for i := range uint32(10) {
				mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			}
			dst := []byte("dst")
			plain, err := d.OpenAfter(dst, packet, gap)
			if err == nil && (!bytes.HasPrefix(plain, dst) || len(plain) != len(dst)+len(packet)-HeaderLen) {
				t.Fatalf("Open returned %d octets for %d", len(plain), len(packet))
			}
			if commit {
				d.Commit()
				continue
			}
			for i := range uint32(300) {
				mustReceive(t, d, e.Seal(nil, ipPacket(i)), i)
			}
		}
	})
}
