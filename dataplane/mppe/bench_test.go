package mppe

import (
	"fmt"
	"testing"
)

// The cipher alone, for the smallest, a middling and the largest IP packet.
func packetSizes() []int { return []int{64, 576, 1400} }

func BenchmarkSeal(b *testing.B) {
	for _, p := range modes {
		for _, size := range packetSizes() {
			b.Run(fmt.Sprintf("%s/%d", p, size), func(b *testing.B) {
				e, _ := pair(b, p)
				packet, dst := make([]byte, size), make([]byte, 0, size+HeaderLen)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					e.Seal(dst, packet)
				}
				reportPackets(b)
			})
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, p := range modes {
		for _, size := range packetSizes() {
			b.Run(fmt.Sprintf("%s/%d", p, size), func(b *testing.B) {
				e, d := pair(b, p)
				packet, dst := make([]byte, size), make([]byte, 0, size)
				// A whole round of the coherency count: the 4096 packets can
				// be received again and again.
				var sealed [4096][]byte
				for i := range sealed {
					sealed[i] = e.Seal(nil, packet)
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if _, err := d.Open(dst, sealed[i%len(sealed)]); err != nil {
						b.Fatal(err)
					}
					d.Commit()
					i++
				}
				reportPackets(b)
			})
		}
	}
}

func reportPackets(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}

// BenchmarkForgedFarAhead is the most that one forged packet can make a stateless
// receiver compute.
func BenchmarkForgedFarAhead(b *testing.B) {
	_, d := pair(b, stateless128)
	forged := forge(d, LateFrom-1)
	for b.Loop() {
		if _, err := d.Open(nil, forged); err != nil {
			b.Fatal(err)
		}
	}
}
