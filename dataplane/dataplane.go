// Package dataplane is the contract between a session and the packet path:
// GRE <-> PPP <-> MPPE <-> TUN. The plane owns packets; it knows no users and
// no policy. Package engine implements it in user space, Null without any
// kernel at all.
package dataplane

import (
	"errors"
	"net/netip"
	"time"
)

// ErrClosed is returned by calls on a Plane, Device or Tunnel after Close.
var ErrClosed = errors.New("dataplane: closed")

// ErrCallIDInUse is returned by Plane.Open for a call id that a tunnel of the
// same local address has.
var ErrCallIDInUse = errors.New("the call id is in use")

// Plane carries the calls of one concentrator. Its methods may be called from
// several goroutines at once.
type Plane interface {
	// OpenDevice makes the network device that sessions are bound to. It
	// blocks while the kernel works.
	OpenDevice(DeviceSpec) (Device, error)
	// Open starts to accept GRE for a call. It must be called before the
	// call's reply is sent, so that the peer's first frame is not lost.
	Open(Spec, Events) (Tunnel, error)
	// Counters returns the totals of what belongs to no tunnel.
	Counters() PlaneCounters
	// Close closes every tunnel and device. Idempotent.
	Close() error
}

// DeviceSpec describes a network device.
type DeviceSpec struct {
	Name    string         // Linux interface name, at most 15 octets
	AltName string         // full name, set as an alternative name; may be empty
	MTU     int            // octets of IP
	Local   []netip.Addr   // our inner addresses
	Routes  []netip.Prefix // destinations routed to the device while it exists
	Shared  bool           // many sessions, forwarded by destination address
}

// Device is a network device. Close removes it from the system; sessions still
// bound to it then drop what they receive.
type Device interface {
	Name() string
	// SetRoutes changes what is routed to the device while sessions go on: a
	// session whose address the new routes do not cover keeps a route of its own.
	// An error leaves the old routes.
	SetRoutes([]netip.Prefix) error
	Close() error
}

// Spec names a call on the outer network.
type Spec struct {
	Local, Peer netip.Addr // outer addresses: GRE is accepted from Peer to Local only
	LocalCallID uint16     // ours: what the peer puts into its packets; unique per Local
	PeerCallID  uint16     // the peer's; 0 is legal. See Tunnel.Connect.
	PeerWindow  uint16     // packets the peer can buffer (RFC 2637 §4.4); advisory
}

// Events is how a tunnel calls its session. The methods are called from the
// plane's goroutines, must not block and must not call the Tunnel.
type Events interface {
	// ControlFrame delivers a PPP frame that is neither IP nor MPPE: two octets
	// of protocol, then the information field; address, control and
	// compression of the protocol field are already undone. frame is borrowed
	// until return.
	ControlFrame(frame []byte)
	// ResetNeeded asks for a CCP Reset-Request: a stateful MPPE receiver lost
	// coherency. It is repeated at most once a second until a flushed packet
	// arrives.
	ResetNeeded()
	// Fault reports that the tunnel cannot go on (for example more MPPE errors
	// than RFC 3078 allows to pass for line noise). It is called once.
	Fault(err error)
}

// Tunnel is the packet path of one call. Its methods do not block on the
// network and may be called from one goroutine at a time; Close may be called
// from any.
type Tunnel interface {
	// Connect sets the peer's call id and window, for the end that learns them
	// after Open.
	Connect(peerCallID, peerWindow uint16) error
	// SendControl sends a PPP frame (two octets of protocol, then information)
	// unencrypted, with address and control field and an uncompressed
	// protocol. frame is borrowed until return.
	SendControl(frame []byte) error
	// Bind chooses the device for IP traffic.
	Bind(Device) error
	// ArmReceive makes MPPE packets acceptable (before our CCP Ack is sent).
	// Calling it again restarts the receive state.
	ArmReceive(MPPE) error
	// ArmTransmit encrypts everything from IP upwards that is sent from now on.
	ArmTransmit(MPPE) error
	// DisarmMPPE forgets all keys (CCP went down).
	DisarmMPPE()
	// FlushTransmit answers a CCP Reset-Request: the next packet is FLUSHED.
	FlushTransmit()
	// Forward lets IP pass, or changes the terms on which it passes.
	Forward(ForwardSpec) error
	// StopForwarding lets no IP pass any more; control frames go on.
	StopForwarding()
	// Counters may be called at any time from any goroutine, and after Close.
	Counters() Counters
	// Snapshot writes out what a successor needs to carry the tunnel on. The
	// plane of a later process restores it with Open and Restore.
	Snapshot() (Snapshot, error)
	// Restore continues from a snapshot: sequence numbers, window, MPPE state.
	Restore(Snapshot) error
	// Close stops the tunnel. Idempotent.
	Close() error
}

// MPPE is one direction's encryption (RFC 3078).
type MPPE struct {
	Bits      int    // 40, 56 or 128
	Stateless bool   // a new key for every packet
	StartKey  []byte // 8 octets for 40 and 56 bits, 16 for 128 (RFC 3079); copied
}

// ForwardSpec is what IPCP and LCP agreed on, and the policy of the session.
type ForwardSpec struct {
	Local, Remote     netip.Addr     // inner addresses
	Routes            []netip.Prefix // further destinations behind the peer; also allowed as source
	MTU               int            // largest IP packet to send to the peer, octets
	ClampMSS          bool           // lower the MSS of passing TCP SYNs to fit MTU
	RequireEncryption bool           // drop clear-text IP in both directions
	ACFC, PFC         bool           // compress address/control and protocol of what we send
}

// Counters of one tunnel. Octets are octets of IP, without PPP and GRE.
type Counters struct {
	RxPackets, RxOctets uint64    // from the peer
	TxPackets, TxOctets uint64    // to the peer
	RxFrames            uint64    // PPP frames of any kind from the peer: 0 means that GRE does not arrive
	LastActivity        time.Time // last unicast IP packet either way; zero before the first
	Lost                uint64    // GRE sequence numbers never seen
	Reordered           uint64    // arrived late, still used
	Duplicates          uint64    // arrived again or too late, dropped
	MPPEResets          uint64    // CCP Reset-Requests asked for
	Drops               map[DropReason]uint64
}

// PlaneCounters are the totals of what belongs to no tunnel.
type PlaneCounters struct {
	Drops map[DropReason]uint64
}

// DropReason says why a packet was dropped.
type DropReason string

// Reasons for dropped packets.
const (
	DropMalformed      DropReason = "malformed"        // GRE or PPP header
	DropUnknownCall    DropReason = "unknown-call"     // no tunnel with that call id
	DropWrongPeer      DropReason = "wrong-peer"       // right call id, wrong source address
	DropDuplicate      DropReason = "duplicate"        // GRE sequence number seen before or too old
	DropClearText      DropReason = "clear-text"       // IP without encryption where it is required
	DropMPPE           DropReason = "mppe"             // not armed, out of coherency, undecodable
	DropNotForwarding  DropReason = "not-forwarding"   // IP before IPCP is up
	DropSource         DropReason = "source-address"   // source is not the address of the peer
	DropNoDestination  DropReason = "no-destination"   // no session has that address
	DropTooBig         DropReason = "too-big"          // larger than the MTU, not to be fragmented
	DropQueueFull      DropReason = "queue-full"       // somebody did not keep up
	DropSendFailed     DropReason = "send-failed"      // the kernel refused
	DropInnerProtocol  DropReason = "inner-protocol"   // not IPv4 inside MPPE
	DropControlTooLong DropReason = "control-too-long" // control frame larger than any MRU
)

// Snapshot is a tunnel written out. It is a versioned value; only the plane
// that wrote it, or a later version of it, reads it. It contains keys: String
// and GoString print none of them.
type Snapshot struct {
	Version int
	Data    []byte
}

// String hides the data.
func (s Snapshot) String() string { return "<tunnel snapshot>" }

// GoString hides the data.
func (s Snapshot) GoString() string { return s.String() }
