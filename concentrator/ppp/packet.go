package ppp

import (
	"encoding/binary"
	"errors"
)

// Codes of control packets (RFC 1661 §5, RFC 1570 §2, RFC 1962 §3).
const (
	codeConfigureRequest uint8 = 1
	codeConfigureAck     uint8 = 2
	codeConfigureNak     uint8 = 3
	codeConfigureReject  uint8 = 4
	codeTerminateRequest uint8 = 5
	codeTerminateAck     uint8 = 6
	codeCodeReject       uint8 = 7
	codeProtocolReject   uint8 = 8
	codeEchoRequest      uint8 = 9
	codeEchoReply        uint8 = 10
	codeDiscardRequest   uint8 = 11
	codeIdentification   uint8 = 12
	codeTimeRemaining    uint8 = 13
	codeResetRequest     uint8 = 14
	codeResetAck         uint8 = 15
)

// packetHeader is the size of code, identifier and length.
const packetHeader = 4

var errShortPacket = errors.New("ppp: control packet shorter than its length field or header")

// packet is a control packet of LCP, an NCP or an authentication protocol
// (RFC 1661 §5).
type packet struct {
	code uint8
	id   uint8
	data []byte
}

// parsePacket reads a control packet from an information field. What follows
// the packet's length is padding and ignored. The result aliases b.
func parsePacket(b []byte) (packet, error) {
	if len(b) < packetHeader {
		return packet{}, errShortPacket
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if length < packetHeader || length > len(b) {
		return packet{}, errShortPacket
	}
	return packet{code: b[0], id: b[1], data: b[packetHeader:length]}, nil
}

// appendTo writes the packet. Data beyond what the length field can say is
// left out.
func (p packet) appendTo(b []byte) []byte {
	data := p.data[:min(len(p.data), 0xffff-packetHeader)]
	b = append(b, p.code, p.id)
	b = binary.BigEndian.AppendUint16(b, uint16(packetHeader+len(data)))
	return append(b, data...)
}
