package ppp

// Protocol numbers of PPP (RFC 1661 §2 and its registry).
const (
	protoIP   uint16 = 0x0021
	protoMPPE uint16 = 0x00fd // compressed datagram: MPPE (RFC 3078 §3)
	protoIPCP uint16 = 0x8021
	protoCCP  uint16 = 0x80fd
	protoLCP  uint16 = 0xc021
	protoPAP  uint16 = 0xc023
	protoCHAP uint16 = 0xc223
)

// protocolNames are protocols that peers are known to try; it only serves
// the texts for people.
var protocolNames = map[uint16]string{
	protoIP: "IP", protoMPPE: "MPPE", protoIPCP: "IPCP", protoCCP: "CCP",
	protoLCP: "LCP", protoPAP: "PAP", protoCHAP: "CHAP",
	0x0057: "IPv6", 0x802b: "IPXCP", 0x803f: "NBFCP", 0x8053: "ECP",
	0x8057: "IPV6CP", 0x80fb: "CCP-LINK", 0xc025: "LQR", 0xc029: "CBCP", 0xc227: "EAP",
}
