package engine

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/rawsock"
	"github.com/pptpac/pptpac/dataplane/rawsock/rawsocktest"
	"github.com/pptpac/pptpac/dataplane/tun"
	"github.com/pptpac/pptpac/dataplane/tun/tuntest"
)

// checkingEvents panics on what a session must never see.
type checkingEvents struct{}

func (checkingEvents) ControlFrame(frame []byte) {
	if len(frame) < 2 || len(frame) > maxControl {
		panic("control frame of a length that is none")
	}
	switch binary.BigEndian.Uint16(frame) {
	case protoIPv4, protoMPPE:
		panic("IP or MPPE given to the session")
	}
}
func (checkingEvents) ResetNeeded() {}
func (checkingEvents) Fault(error)  {}

// FuzzDeliver gives packets from the peer's address to a tunnel: unarmed,
// stateless, stateful. Each input is a series of packets, each behind two octets
// of length.
func FuzzDeliver(f *testing.F) {
	series := func(packets ...[]byte) []byte {
		var b []byte
		for _, p := range packets {
			b = binary.BigEndian.AppendUint16(b, uint16(len(p)))
			b = append(b, p...)
		}
		return b
	}
	ip := udp(innerClient, innerServer, 1, 60)
	f.Add(uint8(0), series(grePacket(0, []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4})))
	f.Add(uint8(0), series(grePacket(0, append([]byte{0x21}, ip...)), grePacket(2, []byte{0xc0, 0x21, 1}), grePacket(1, nil)))
	f.Add(uint8(1), series(grePacket(0, append([]byte{0, 0xfd, 0x90, 0}, ip...)), grePacket(5000, append([]byte{0xfd, 0x9f, 0xff}, ip...))))
	f.Add(uint8(2), series(grePacket(0, append([]byte{0, 0xfd, 0x10, 0}, ip...)), grePacket(1, append([]byte{0xfd, 0x90, 0xff}, ip...))))
	f.Add(uint8(1), series([]byte{0x20, 0x81, 0x88, 0x0b, 0, 0, 3, 0xe8, 0xff, 0xff, 0xff, 0xff}))

	conn := rawsocktest.NewNetwork().Open(outerServer)
	out := tuntest.New("pptp0")
	engine, err := New(Options{
		OpenSocket: func() (rawsock.Conn, error) { return conn, nil },
		OpenNet:    func() (Net, error) { return newFakeNet(), nil },
		OpenTUN:    func(string) (tun.Device, error) { return out, nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { engine.Close() })
	device, err := engine.OpenDevice(dataplane.DeviceSpec{Name: "pptp0", MTU: 1460, Shared: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, mode uint8, data []byte) {
		tunnel, err := engine.Open(dataplane.Spec{Local: outerServer, Peer: outerClient, LocalCallID: serverCall}, checkingEvents{})
		if err != nil {
			t.Fatal(err)
		}
		defer tunnel.Close()
		spec := forwardSpec("10.5.17.254", "10.5.17.1")
		spec.ClampMSS = true
		if err := tunnel.Bind(device); err != nil {
			t.Fatal(err)
		}
		if err := tunnel.Forward(spec); err != nil {
			t.Fatal(err)
		}
		if mode%3 != 0 {
			if err := tunnel.ArmReceive(mppeKey(128, mode%3 == 1, 1)); err != nil {
				t.Fatal(err)
			}
		}
		b, now := newBatch(), time.Unix(1, 0)
		for len(data) >= 2 {
			n := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
			engine.deliver(b, outerClient, outerServer, data[2:2+n], now)
			data = data[2+n:]
			now = now.Add(10 * time.Millisecond)
		}
		for _, p := range out.Received() {
			checked, ok := parseIPv4(p)
			if !ok || len(checked) != len(p) || netip.AddrFrom4(checked.src()) != innerClient {
				t.Fatalf("the kernel got %x", p)
			}
		}
	})
}

// FuzzOutbound gives packets from the kernel to a tunnel: what is sent must be
// IP again, and fit.
func FuzzOutbound(f *testing.F) {
	f.Add(udp(innerServer, innerClient, 1, 4000), uint16(1396))
	f.Add([]byte(withOptions(ipv4(udp(innerServer, innerClient, 1, 400)), []byte{131, 7, 4, 10, 0, 0, 9, 0})), uint16(68))
	f.Add([]byte(tcp(tcpSYN, []byte{2, 4, 0x05, 0xb4}, nil)), uint16(1000))
	f.Add(withDF(udp(innerServer, innerClient, 1, 1500)), uint16(1396))
	f.Fuzz(func(t *testing.T, packet []byte, mtu uint16) {
		p, ok := parseIPv4(bytes.Clone(packet))
		if !ok || mtu < minMTU {
			return
		}
		clampMSS(p, int(mtu))
		total := 0
		_, fits := fragments(nil, protocolRoom, p, int(mtu), func(framed []byte) {
			piece, ok := parseIPv4(framed[protocolRoom:])
			if !ok || len(piece) > int(mtu) && len(p) > int(mtu) {
				t.Fatalf("piece %x of MTU %d", framed, mtu)
			}
			total += len(piece.payload())
		})
		if fits && total != len(p.payload()) {
			t.Fatalf("pieces have %d octets of %d", total, len(p.payload()))
		}
		if answer, ok := appendFragNeeded(nil, p.src(), p, int(mtu)); ok {
			if checked, sound := parseIPv4(answer); !sound || len(checked) != len(answer) {
				t.Fatalf("ICMP %x", answer)
			}
		}
	})
}
