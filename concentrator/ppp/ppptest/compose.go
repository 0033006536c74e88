package ppptest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Compose makes the frame (protocol, information) that the text describes; it
// is the inverse of Describe.
func Compose(text string) ([]byte, error) {
	w, err := words(text)
	if err != nil {
		return nil, err
	}
	if len(w) == 2 && w[0] == "raw" {
		return hex.DecodeString(w[1])
	}
	if len(w) < 3 {
		return nil, fmt.Errorf("%q: want protocol, code, id=n", text)
	}
	proto, ok := protocolNumber(w[0])
	if !ok {
		return nil, fmt.Errorf("%q: unknown protocol %q", text, w[0])
	}
	code, f, ok := codeNumber(proto, w[1])
	if !ok {
		return nil, fmt.Errorf("%q: unknown code %q", text, w[1])
	}
	idText, ok := strings.CutPrefix(w[2], "id=")
	if !ok {
		return nil, fmt.Errorf("%q: no id", text)
	}
	id, err := strconv.ParseUint(idText, 10, 8)
	if err != nil {
		return nil, fmt.Errorf("%q: id: %w", text, err)
	}
	data, err := composeData(proto, f, w[3:])
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return Packet(proto, code, uint8(id), data), nil
}

// Packet makes a frame of one control packet.
func Packet(proto uint16, code, id uint8, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, proto)
	b = append(b, code, id)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(data)))
	return append(b, data...)
}

// words splits a line at blanks that do not stand in a quoted string, and
// removes a comment.
func words(line string) ([]string, error) {
	var out []string
	for i := 0; i < len(line); {
		switch line[i] {
		case ' ', '\t':
			i++
			continue
		case '#':
			return out, nil
		}
		start := i
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			if line[i] != '"' {
				i++
				continue
			}
			quoted, err := strconv.QuotedPrefix(line[i:])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			i += len(quoted)
		}
		out = append(out, line[start:i])
	}
	return out, nil
}

func protocolNumber(name string) (uint16, bool) {
	for number, n := range protocolNames {
		if n == name {
			return number, true
		}
	}
	return 0, false
}

func codeNumber(proto uint16, name string) (uint8, form, bool) {
	if digits, ok := strings.CutPrefix(name, "Code"); ok {
		if n, err := strconv.ParseUint(digits, 10, 8); err == nil {
			return uint8(n), formData, true
		}
	}
	for n := range 256 {
		if c, ok := lookupCode(proto, uint8(n)); ok && c.name == name {
			return uint8(n), c.form, true
		}
	}
	return 0, 0, false
}

func composeData(proto uint16, f form, w []string) ([]byte, error) {
	switch f {
	case formOptions:
		return composeOptions(proto, w)
	case formText, formMessage:
		if len(w) == 0 {
			w = []string{`""`}
		}
		s, err := strconv.Unquote(w[0])
		if f == formMessage && err == nil {
			return append([]byte{byte(len(s))}, s...), nil
		}
		return []byte(s), err
	}
	var data []byte
	for _, word := range w {
		name, value, found := strings.Cut(word, "=")
		if !found || word[0] == '"' { // a quoted text may hold anything
			name, value = "text", word
		}
		b, err := composeField(name, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", word, err)
		}
		data = append(data, b...)
	}
	return data, nil
}

// composeField makes the octets of a named field that is not an option.
func composeField(name, value string) ([]byte, error) {
	switch name {
	case "data":
		return hex.DecodeString(value)
	case "value":
		b, err := hex.DecodeString(value)
		return append([]byte{byte(len(b))}, b...), err
	case "proto":
		n, err := strconv.ParseUint(value, 0, 16)
		return binary.BigEndian.AppendUint16(nil, uint16(n)), err
	case "magic":
		n, err := strconv.ParseUint(value, 0, 32)
		return binary.BigEndian.AppendUint32(nil, uint32(n)), err
	case "name", "text":
		s, err := strconv.Unquote(value)
		return []byte(s), err
	case "user", "password":
		s, err := strconv.Unquote(value)
		return append([]byte{byte(len(s))}, s...), err
	}
	return nil, fmt.Errorf("unknown field %q", name)
}

func composeOptions(proto uint16, w []string) ([]byte, error) {
	var data []byte
	for _, word := range w {
		name, text, _ := strings.Cut(word, "=")
		kind, value, err := composeOption(proto, name, text)
		if err != nil {
			return nil, fmt.Errorf("option %s: %w", word, err)
		}
		data = append(data, kind, byte(2+len(value)))
		data = append(data, value...)
	}
	return data, nil
}

func composeOption(proto uint16, name, text string) (kind uint8, value []byte, err error) {
	if digits, ok := strings.CutPrefix(name, "opt"); ok {
		n, err := strconv.ParseUint(digits, 10, 8)
		if err != nil {
			return 0, nil, err
		}
		value, err := hex.DecodeString(text)
		return uint8(n), value, err
	}
	for k, o := range optionNames[proto] {
		if o.name == name {
			value, err := composeValue(o.kind, text)
			return k, value, err
		}
	}
	return 0, nil, fmt.Errorf("unknown to protocol 0x%04x", proto)
}

func composeValue(k valueKind, text string) ([]byte, error) {
	switch k {
	case kindFlag:
		return nil, nil
	case kindUint:
		n, err := strconv.ParseUint(text, 0, 16)
		return binary.BigEndian.AppendUint16(nil, uint16(n)), err
	case kindWord:
		n, err := strconv.ParseUint(text, 0, 32)
		return binary.BigEndian.AppendUint32(nil, uint32(n)), err
	case kindAddr:
		a, err := netip.ParseAddr(text)
		if err != nil || !a.Is4() {
			return nil, fmt.Errorf("%q is not an IPv4 address", text)
		}
		return a.AsSlice(), nil
	case kindAuth:
		if wire, ok := authNames[text]; ok {
			return wire, nil
		}
	}
	return hex.DecodeString(text)
}
