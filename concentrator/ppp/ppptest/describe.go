package ppptest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Describe writes a frame (protocol, information) in the notation. What does
// not parse is written "raw <hex>", so that Compose(Describe(f)) is always f.
func Describe(frame []byte) string {
	raw := "raw " + hex.EncodeToString(frame)
	if len(frame) < 6 {
		return raw
	}
	proto := binary.BigEndian.Uint16(frame)
	name, ok := protocolNames[proto]
	if !ok {
		return raw
	}
	packet := frame[2:]
	if int(binary.BigEndian.Uint16(packet[2:])) != len(packet) {
		return raw
	}
	data := packet[4:]
	code, ok := lookupCode(proto, packet[0])
	if !ok {
		return fmt.Sprintf("%s Code%d id=%d %s", name, packet[0], packet[1], dataText(data))
	}
	body, ok := describeData(proto, code.form, data)
	if !ok {
		return raw
	}
	return strings.TrimRight(fmt.Sprintf("%s %s id=%d %s", name, code.name, packet[1], body), " ")
}

func dataText(data []byte) string { return "data=" + hex.EncodeToString(data) }

func describeData(proto uint16, f form, data []byte) (string, bool) {
	switch f {
	case formOptions:
		return describeOptions(proto, data)
	case formText:
		return strconv.QuoteToASCII(string(data)), true
	case formReject:
		if len(data) < 2 {
			return "", false
		}
		return fmt.Sprintf("proto=0x%04x %s", binary.BigEndian.Uint16(data), dataText(data[2:])), true
	case formMagic, formIdent:
		if len(data) < 4 {
			return "", false
		}
		rest := dataText(data[4:])
		if f == formIdent {
			rest = strconv.QuoteToASCII(string(data[4:]))
		}
		return fmt.Sprintf("magic=0x%08x %s", binary.BigEndian.Uint32(data), rest), true
	case formValue:
		if len(data) < 1 || len(data) < 1+int(data[0]) {
			return "", false
		}
		value, name := data[1:1+data[0]], data[1+data[0]:]
		return fmt.Sprintf("value=%x name=%s", value, strconv.QuoteToASCII(string(name))), true
	case formPassword:
		user, rest, ok := counted(data)
		if !ok {
			return "", false
		}
		password, rest, ok := counted(rest)
		if !ok || len(rest) > 0 {
			return "", false
		}
		return fmt.Sprintf("user=%s password=%s", strconv.QuoteToASCII(user), strconv.QuoteToASCII(password)), true
	case formMessage:
		message, rest, ok := counted(data)
		if !ok || len(rest) > 0 {
			return "", false
		}
		return strconv.QuoteToASCII(message), true
	default:
		return dataText(data), true
	}
}

// counted splits off a string behind its length octet.
func counted(b []byte) (s string, rest []byte, ok bool) {
	if len(b) < 1 || len(b) < 1+int(b[0]) {
		return "", nil, false
	}
	return string(b[1 : 1+b[0]]), b[1+b[0]:], true
}

func describeOptions(proto uint16, data []byte) (string, bool) {
	var words []string
	for len(data) > 0 {
		if len(data) < 2 || data[1] < 2 || int(data[1]) > len(data) {
			return "", false
		}
		words = append(words, describeOption(proto, data[0], data[2:data[1]]))
		data = data[data[1]:]
	}
	return strings.Join(words, " "), true
}

func describeOption(proto uint16, kind uint8, value []byte) string {
	o, ok := optionNames[proto][kind]
	plain := fmt.Sprintf("opt%d=%x", kind, value)
	if !ok {
		return plain
	}
	switch {
	case o.kind == kindFlag && len(value) == 0:
		return o.name
	case o.kind == kindUint && len(value) == 2:
		return fmt.Sprintf("%s=%d", o.name, binary.BigEndian.Uint16(value))
	case o.kind == kindWord && len(value) == 4:
		return fmt.Sprintf("%s=0x%08x", o.name, binary.BigEndian.Uint32(value))
	case o.kind == kindAddr && len(value) == 4:
		return fmt.Sprintf("%s=%v", o.name, netip.AddrFrom4([4]byte(value)))
	case o.kind == kindAuth:
		for name, wire := range authNames {
			if string(wire) == string(value) {
				return o.name + "=" + name
			}
		}
	case o.kind == kindHex:
		return fmt.Sprintf("%s=%x", o.name, value)
	}
	return plain
}
