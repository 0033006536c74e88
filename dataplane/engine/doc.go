// Package engine is the user-space dataplane.Plane: it carries the packets of
// all calls between one raw GRE socket and TUN devices. It negotiates nothing
// and knows no users; sessions tell it keys and addresses.
//
// # From the peer to the kernel
//
//  1. The GRE worker, one goroutine, receives a packet with its outer addresses
//     from the raw socket (worker.go).
//  2. gre.Parse checks the header; the tunnel is found by local outer address
//     and call id; the source must be the peer of the control connection
//     (calls.go).
//  3. The acknowledgement in the packet is noted, and gre.Receiver puts the
//     payload into order; it may hold it back for a moment (receive.go).
//  4. The PPP frame is unwrapped: address, control and compressed protocol
//     fields are accepted whether negotiated or not (frame.go).
//  5. MPPE is decrypted, and the state moved only if what came out is a packet
//     (decrypt.go). IP in clear text is dropped where encryption is required.
//  6. IP is checked: version, lengths, source address; the MSS of a TCP SYN is
//     lowered (inbound.go).
//  7. No lock held any more, IP is written to the TUN device, and everything
//     else goes to Events.ControlFrame (receive.go).
//  8. What was received is to be acknowledged: on the next packet to the peer,
//     or by the timer goroutine after a short delay (timer.go).
//
// # From the kernel to the peer
//
//  1. The worker of a TUN device, one goroutine each, reads an IP packet
//     (device.go).
//  2. On a shared device the destination address chooses the tunnel, longest
//     prefix first (table.go); on a device of one session there is no choice.
//  3. The MSS of a TCP SYN is lowered (mss.go). A packet larger than the MTU of
//     the session is fragmented (fragment.go), or, with DF, answered by ICMP
//     through the device it came from (icmp.go).
//  4. Sequence number, acknowledgement and MPPE are put on under one lock, so
//     that their orders agree (transmit.go); IP in clear text is dropped where
//     encryption is required.
//  5. The socket sends it with the call's local outer address, not waiting: what
//     the kernel refuses is counted and gone.
//
// # Who owns what
//
// Every tunnel has a lock for its receiving and one for its sending half. None
// is held during I/O or while Events are called. Packets of one tunnel leave
// its receiving half in order although two goroutines (GRE worker and timer)
// feed it: the one that comes second leaves its packet to the first. The
// exception to "no lock during I/O" is the lock that serialises Forward,
// StopForwarding and Close of one tunnel or device: the routes that they add and
// remove by netlink must not cross.
//
// The engine logs nothing: a packet path must not be slowed by a log, and what
// concerns a session is better told by the session, which knows its user. Drops
// are counted by reason, and what ends a tunnel goes to Events.Fault.
package engine
