package nulltest

import (
	"net/netip"

	"github.com/pptpac/pptpac/dataplane"
)

// envelopeLen is two addresses of 16 octets and a call id.
const envelopeLen = 16 + 16 + 2

// pack puts in front of a frame what is needed to deliver it.
func pack(call dataplane.Spec, frame []byte) []byte {
	local, peer := call.Local.As16(), call.Peer.As16()
	b := make([]byte, 0, envelopeLen+len(frame))
	b = append(b, local[:]...)
	b = append(b, peer[:]...)
	b = append(b, byte(call.PeerCallID>>8), byte(call.PeerCallID))
	return append(b, frame...)
}

// unpack undoes pack; frame aliases b.
func unpack(b []byte) (call dataplane.Spec, frame []byte) {
	call.Local = netip.AddrFrom16([16]byte(b[:16])).Unmap()
	call.Peer = netip.AddrFrom16([16]byte(b[16:32])).Unmap()
	call.PeerCallID = uint16(b[32])<<8 | uint16(b[33])
	return call, b[envelopeLen:]
}
