package ppptest

// PPP protocol numbers that have a name in the notation.
const (
	ProtoIP   = 0x0021
	ProtoMPPE = 0x00fd
	ProtoIPCP = 0x8021
	ProtoNBF  = 0x803f // NetBEUI
	ProtoIPX  = 0x802b
	ProtoIPv6 = 0x8057
	ProtoCCP  = 0x80fd
	ProtoLCP  = 0xc021
	ProtoPAP  = 0xc023
	ProtoCBCP = 0xc029
	ProtoCHAP = 0xc223
)

// form says how the data of a packet is written.
type form uint8

const (
	formOptions  form = iota // name=value ...
	formText                 // "text"
	formData                 // hex
	formReject               // proto=0x8057 data=hex
	formMagic                // magic=0x... data=hex
	formIdent                // magic=0x... "text"
	formValue                // value=hex name="..."
	formPassword             // user="..." password="..."
	formMessage              // "text" behind a length octet
)

type codeName struct {
	name string
	form form
}

var protocolNames = map[uint16]string{
	ProtoLCP: "lcp", ProtoPAP: "pap", ProtoCHAP: "chap", ProtoIPCP: "ipcp", ProtoCCP: "ccp",
	ProtoIPX: "ipxcp", ProtoNBF: "nbfcp", ProtoIPv6: "ipv6cp", ProtoCBCP: "cbcp",
}

// controlCodes are the codes RFC 1661 gives every control protocol.
var controlCodes = map[uint8]codeName{
	1: {"ConfReq", formOptions}, 2: {"ConfAck", formOptions}, 3: {"ConfNak", formOptions},
	4: {"ConfRej", formOptions}, 5: {"TermReq", formText}, 6: {"TermAck", formText}, 7: {"CodeRej", formData},
}

// ownCodes are codes of one protocol.
var ownCodes = map[uint16]map[uint8]codeName{
	ProtoLCP: {
		8: {"ProtoRej", formReject}, 9: {"EchoReq", formMagic}, 10: {"EchoRep", formMagic},
		11: {"DiscardReq", formMagic}, 12: {"Ident", formIdent}, 13: {"TimeRemaining", formMagic},
	},
	ProtoCCP: {14: {"ResetReq", formData}, 15: {"ResetAck", formData}},
	ProtoPAP: {1: {"AuthReq", formPassword}, 2: {"AuthAck", formMessage}, 3: {"AuthNak", formMessage}},
	ProtoCHAP: {
		1: {"Challenge", formValue}, 2: {"Response", formValue}, 3: {"Success", formText}, 4: {"Failure", formText},
	},
}

func lookupCode(proto uint16, code uint8) (codeName, bool) {
	if c, ok := ownCodes[proto][code]; ok {
		return c, true
	}
	if proto == ProtoPAP || proto == ProtoCHAP {
		return codeName{}, false
	}
	c, ok := controlCodes[code]
	return c, ok
}

// valueKind says how the value of an option is written.
type valueKind uint8

const (
	kindHex  valueKind = iota // octets in hex
	kindFlag                  // no value
	kindUint                  // two octets, decimal
	kindWord                  // four octets, 0x00000000
	kindAddr                  // four octets, dotted
	kindAuth                  // authentication protocol
)

type optionName struct {
	name string
	kind valueKind
}

// optionNames by protocol and type. Others are written opt<type>=<hex>.
var optionNames = map[uint16]map[uint8]optionName{
	ProtoLCP: {
		1: {"mru", kindUint}, 2: {"accm", kindWord}, 3: {"auth", kindAuth}, 4: {"quality", kindHex},
		5: {"magic", kindWord}, 7: {"pcomp", kindFlag}, 8: {"accomp", kindFlag}, 13: {"callback", kindHex},
		17: {"mrru", kindUint}, 18: {"ssnhf", kindFlag}, 19: {"endpoint", kindHex},
	},
	ProtoCCP: {18: {"mppe", kindWord}, 26: {"deflate", kindHex}},
	ProtoIPCP: {
		1: {"addresses", kindHex}, 2: {"comp", kindHex}, 3: {"addr", kindAddr},
		129: {"dns1", kindAddr}, 130: {"nbns1", kindAddr}, 131: {"dns2", kindAddr}, 132: {"nbns2", kindAddr},
	},
}

// authNames are the values of LCP's Authentication-Protocol option.
var authNames = map[string][]byte{
	"pap": {0xc0, 0x23}, "md5": {0xc2, 0x23, 5}, "mschapv1": {0xc2, 0x23, 0x80},
	"mschapv2": {0xc2, 0x23, 0x81}, "eap": {0xc2, 0x27},
}
