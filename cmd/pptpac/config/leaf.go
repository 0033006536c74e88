package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pptpac/pptpac/pool"
)

// elementError is about one element of an array, which may have a line of its
// own.
type elementError struct {
	index int
	text  string
}

func (e *elementError) Error() string { return e.text }

// setLeaf sets a field that is no table, if value is what type and tags of the
// field ask for; else the error says what that is.
func setLeaf(into reflect.Value, value any, tag reflect.StructTag) error {
	var v any
	var err error
	switch into.Interface().(type) {
	case bool:
		v, err = toBool(value)
	case string:
		v, err = toString(value, tag)
	case int:
		v, err = toInt(value, tag)
	case time.Duration:
		v, err = toTime(value, tag)
	case []string:
		v, err = toList(value, tag, "names", toString)
	case []int:
		v, err = toList(value, tag, "numbers", toInt)
	case []netip.Addr:
		v, err = toList(value, tag, "addresses", toAddr)
	case []netip.AddrPort:
		v, err = toList(value, tag, "addresses with ports", toAddrPort)
	case pool.Ranges:
		v, err = toRanges(value)
	case remoteAddress:
		v, err = toRemote(value)
	case map[string]any:
		table, ok := value.(map[string]any)
		if !ok {
			err = errors.New("want a table")
		}
		v = table
	default:
		panic("BUG: the schema has a field of type " + into.Type().String())
	}
	if err == nil {
		into.Set(reflect.ValueOf(v))
	}
	return err
}

func toBool(value any) (bool, error) {
	if b, ok := value.(bool); ok {
		return b, nil
	}
	return false, errors.New("want true or false")
}

func toString(value any, tag reflect.StructTag) (string, error) {
	words := strings.Fields(tag.Get("oneof"))
	s, ok := value.(string)
	switch {
	case ok && (len(words) == 0 || slices.Contains(words, s)):
		return s, nil
	case len(words) > 0:
		return "", errors.New("want " + either(words))
	}
	return "", errors.New("want a string")
}

func toInt(value any, tag reflect.StructTag) (int, error) {
	words := strings.Fields(tag.Get("oneof"))
	n, ok := value.(int64)
	if len(words) > 0 {
		if !ok || !slices.Contains(words, strconv.FormatInt(n, 10)) {
			return 0, errors.New("want " + either(words))
		}
		return int(n), nil
	}
	low, high := mustInt(tag.Get("min")), mustInt(tag.Get("max"))
	if zero := tag.Get("zero"); !ok || (n < low || n > high) && (n != 0 || zero == "") {
		return 0, fmt.Errorf("want a whole number from %d to %d%s", low, high, orZero("0", zero))
	}
	return int(n), nil
}

func toTime(value any, tag reflect.StructTag) (time.Duration, error) {
	var d time.Duration
	var err error
	switch v := value.(type) {
	case string:
		d, err = ParseTime(v)
	case int64:
		d, err = secondsTime(v)
	default:
		err = errTime
	}
	if err != nil {
		return 0, err
	}
	low, high, zero := mustTime(tag.Get("min")), mustTime(tag.Get("max")), tag.Get("zero")
	if (d < low || d > high) && (d != 0 || zero == "") {
		return 0, fmt.Errorf("want a time from %s to %s%s", FormatTime(low), FormatTime(high), orZero("0s", zero))
	}
	return d, nil
}

func orZero(value, meaning string) string {
	if meaning == "" {
		return ""
	}
	return fmt.Sprintf(", or %s (%s)", value, meaning)
}

func toAddr(value any, _ reflect.StructTag) (netip.Addr, error) {
	s, _ := value.(string)
	if a, err := netip.ParseAddr(s); err == nil && hostAddress(a) {
		return a, nil
	}
	return netip.Addr{}, errors.New("want the IPv4 address of a host, such as 192.0.2.1")
}

func toAddrPort(value any, _ reflect.StructTag) (netip.AddrPort, error) {
	s, _ := value.(string)
	ap, err := netip.ParseAddrPort(s)
	if a := ap.Addr(); err != nil || !a.Is4() || a.IsMulticast() || a.As4()[0] >= 240 || ap.Port() == 0 {
		return netip.AddrPort{}, errors.New("want an IPv4 address and a port from 1 to 65535, such as 0.0.0.0:1723")
	}
	return ap, nil
}

// hostAddress reports whether one host, another than this, can have it.
func hostAddress(a netip.Addr) bool {
	return a.Is4() && a.As4()[0] != 0 && !a.IsLoopback() && a.As4()[0] < 224
}

// toList reads an array. The tag max bounds its length, without repeat no
// element may come twice, and the other tags are for the elements.
func toList[T comparable](value any, tag reflect.StructTag, what string, one func(any, reflect.StructTag) (T, error)) ([]T, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("want a list of %s in brackets", what)
	}
	out := make([]T, 0, len(list))
	for i, v := range list {
		e, err := one(v, tag)
		switch {
		case err != nil:
			return nil, &elementError{i, fmt.Sprintf("%s: %s", show(v), err)}
		case tag.Get("repeat") == "" && slices.Contains(out, e):
			return nil, &elementError{i, fmt.Sprintf("%s is in the list twice", show(v))}
		}
		out = append(out, e)
	}
	if bound := tag.Get("max"); bound != "" && int64(len(out)) > mustInt(bound) {
		return nil, fmt.Errorf("want at most %s %s", bound, what)
	}
	return out, nil
}

// toRanges reads ranges, from one string or from a list of them.
func toRanges(value any) (pool.Ranges, error) {
	s, err := joined(value)
	if err != nil {
		return nil, err
	}
	return pool.ParseRanges(s)
}

func joined(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				return "", &elementError{i, show(e) + ": want address ranges in quotes, such as \"10.5.17.1-10.5.17.50\""}
			}
			parts[i] = s
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New(`want address ranges in quotes, such as "10.5.17.1-10.5.17.50"`)
}

// toRemote reads ranges, or the name of a pool: names begin with a letter and
// ranges never do.
func toRemote(value any) (remoteAddress, error) {
	if s, ok := value.(string); ok && validName(s) {
		return remoteAddress{pool: s}, nil
	}
	s, err := joined(value)
	if err != nil {
		return remoteAddress{}, err
	}
	rs, err := pool.ParseRanges(s)
	if err != nil {
		return remoteAddress{}, fmt.Errorf("%w; or the name of a [[pool]]", err)
	}
	return remoteAddress{ranges: rs}, nil
}

const nameForm = "want a name of at most 63 letters, digits, - and _ that begins with a letter"

// validName reports whether s can be the name of a pool or of a backend.
func validName(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		inner := '0' <= c && c <= '9' || c == '-' || c == '_'
		if !letter && (i == 0 || !inner) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 63
}

// mustInt and mustTime read the tags of the schema.
func mustInt(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("BUG: schema: " + err.Error())
	}
	return n
}

func mustTime(s string) time.Duration {
	d, err := ParseTime(s)
	if err != nil {
		panic("BUG: schema: " + err.Error())
	}
	return d
}
