package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pptpac/pptpac/contrib/bench/lab"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/engine"
	"github.com/pptpac/pptpac/dataplane/netif"
	"github.com/pptpac/pptpac/dataplane/rawsock"
	"github.com/pptpac/pptpac/dataplane/tun"
)

// Runs of each kind, their length, and the sizes of IP packets.
const (
	engineRounds = 3
	engineTime   = time.Second
)

func packetSizes() []int { return []int{64, 576, 1400} }

// enginePackets is how many packets pass from the TUN device of one engine to
// that of another, both in this process, with sockets and devices in memory: the
// whole path but for the kernel, encryption and decryption on a core each.
func enginePackets(b *bench) error {
	for _, size := range packetSizes() {
		var none, mppe []float64
		for range engineRounds {
			for _, kind := range []struct {
				bits int
				list *[]float64
			}{{0, &none}, {128, &mppe}} {
				n, err := pass(size, kind.bits)
				if err != nil {
					return err
				}
				*kind.list = append(*kind.list, n)
			}
		}
		slices.Sort(none)
		slices.Sort(mppe)
		name := fmt.Sprintf("engine/%d octets, ", size)
		b.say(name+"no encryption", median(none), "packets/s", "")
		b.say(name+"MPPE-128 stateless", median(mppe), "packets/s", "")
		b.ratio(name+"MPPE-128 : none", median(mppe), median(none))
	}
	return nil
}

// pass returns packets a second.
func pass(size, bits int) (float64, error) {
	left, right := netip.MustParseAddr(lab.ClientOuter), netip.MustParseAddr(lab.ServerOuter)
	innerLeft, innerRight := netip.MustParseAddr("10.5.17.1"), netip.MustParseAddr(lab.ServerInner)
	toLeft, toRight := newPipe(), newPipe()
	source := &memoryTUN{packet: udp(innerLeft, innerRight, size), start: make(chan struct{}), done: make(chan struct{})}
	target := &memoryTUN{start: make(chan struct{}), done: make(chan struct{})}
	a, err := openEnd(&memoryConn{in: toLeft, out: toRight}, source, dataplane.Spec{Local: left, Peer: right, LocalCallID: 1, PeerCallID: 2}, innerLeft, innerRight, bits)
	if err != nil {
		return 0, err
	}
	defer func() { _ = a.Close() }()
	z, err := openEnd(&memoryConn{in: toRight, out: toLeft}, target, dataplane.Spec{Local: right, Peer: left, LocalCallID: 2, PeerCallID: 1}, innerRight, innerLeft, bits)
	if err != nil {
		return 0, err
	}
	defer func() { _ = z.Close() }()
	close(source.start)
	time.Sleep(engineTime / 10) // to warm up
	begin, before := time.Now(), target.written.Load()
	time.Sleep(engineTime)
	n, took := target.written.Load()-before, time.Since(begin)
	if n == 0 {
		return 0, fmt.Errorf("no packet passed; drops %v %v", a.Counters().Drops, z.Counters().Drops)
	}
	return float64(n) / took.Seconds(), nil
}

// openEnd makes an engine with one call that forwards.
func openEnd(conn rawsock.Conn, device tun.Device, call dataplane.Spec, local, remote netip.Addr, bits int) (*engine.Engine, error) {
	e, err := engine.New(engine.Options{
		OpenSocket: func() (rawsock.Conn, error) { return conn, nil },
		OpenTUN:    func(string) (tun.Device, error) { return device, nil },
		OpenNet:    func() (engine.Net, error) { return noNet{}, nil },
	})
	if err != nil {
		return nil, err
	}
	d, err := e.OpenDevice(dataplane.DeviceSpec{Name: "bench", MTU: 1460, Shared: true})
	if err != nil {
		return nil, err
	}
	t, err := e.Open(call, noEvents{})
	if err != nil {
		return nil, err
	}
	if bits > 0 {
		m := dataplane.MPPE{Bits: bits, Stateless: true, StartKey: make([]byte, 16)}
		if err := t.ArmReceive(m); err != nil {
			return nil, err
		}
		if err := t.ArmTransmit(m); err != nil {
			return nil, err
		}
	}
	if err := t.Bind(d); err != nil {
		return nil, err
	}
	return e, t.Forward(dataplane.ForwardSpec{Local: local, Remote: remote, MTU: 1460, ClampMSS: true, RequireEncryption: bits > 0})
}

// udp makes an IPv4 packet of size octets.
func udp(src, dst netip.Addr, size int) []byte {
	p := make([]byte, size)
	s, d := src.As4(), dst.As4()
	p[0], p[8], p[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(p[2:], uint16(size))
	copy(p[12:], s[:])
	copy(p[16:], d[:])
	binary.BigEndian.PutUint16(p[24:], uint16(size-20))
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(p[10:], ^uint16(sum&0xffff+sum>>16))
	return p
}

// pipe is one direction of a network in memory. A full one makes the sender wait,
// so that what passes is what the slower end can do.
type pipe struct {
	queue chan pipePacket // 512: as much as a socket buffer of the kernel
	free  sync.Pool       // of *[]byte
	done  chan struct{}
	once  sync.Once
}

type pipePacket struct {
	src, dst netip.Addr
	payload  *[]byte
}

func newPipe() *pipe {
	p := &pipe{queue: make(chan pipePacket, 512), done: make(chan struct{})}
	p.free.New = func() any { return new([]byte) }
	return p
}

func (p *pipe) close() { p.once.Do(func() { close(p.done) }) }

// memoryConn implements rawsock.Conn.
type memoryConn struct{ in, out *pipe }

func (c *memoryConn) Receive(buf []byte) (rawsock.Packet, error) {
	select {
	case p := <-c.in.queue:
		n := copy(buf, *p.payload)
		c.in.free.Put(p.payload)
		return rawsock.Packet{Src: p.src, Dst: p.dst, Payload: buf[:n]}, nil
	case <-c.in.done:
		return rawsock.Packet{}, rawsock.ErrClosed
	}
}

func (c *memoryConn) Send(payload []byte, src, dst netip.Addr) error {
	b := c.out.free.Get().(*[]byte)
	*b = append((*b)[:0], payload...)
	select {
	case c.out.queue <- pipePacket{src: src, dst: dst, payload: b}:
		return nil
	case <-c.out.done:
		return rawsock.ErrClosed
	}
}

func (c *memoryConn) Close() error {
	c.in.close()
	c.out.close()
	return nil
}

// memoryTUN implements tun.Device: it gives one packet again and again, as fast
// as it is read, and counts what it is given.
type memoryTUN struct {
	packet  []byte // nil: never any
	start   chan struct{}
	done    chan struct{}
	once    sync.Once
	written atomic.Uint64
}

func (d *memoryTUN) Name() string { return "bench" }

func (d *memoryTUN) Read(buf []byte) (int, error) {
	select {
	case <-d.done:
		return 0, tun.ErrClosed
	case <-d.start:
		return copy(buf, d.packet), nil
	}
}

func (d *memoryTUN) Write([]byte) error {
	d.written.Add(1)
	return nil
}

func (d *memoryTUN) Close() error {
	d.once.Do(func() { close(d.done) })
	return nil
}

type noNet struct{}

func (noNet) Configure(string, netif.Config) error            { return nil }
func (noNet) SetMTU(string, int) error                        { return nil }
func (noNet) AddAddress(string, netip.Addr) error             { return nil }
func (noNet) DelAddress(string, netip.Addr) error             { return nil }
func (noNet) AddRoute(string, netip.Prefix, netip.Addr) error { return nil }
func (noNet) DelRoute(string, netip.Prefix) error             { return nil }
func (noNet) Close() error                                    { return nil }

type noEvents struct{}

func (noEvents) ControlFrame([]byte) {}
func (noEvents) ResetNeeded()        {}
func (noEvents) Fault(error)         {}

var (
	_ rawsock.Conn     = (*memoryConn)(nil)
	_ tun.Device       = (*memoryTUN)(nil)
	_ engine.Net       = noNet{}
	_ dataplane.Events = noEvents{}
)
