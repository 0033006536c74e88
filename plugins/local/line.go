package local

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pptpac/pptpac/aaa"
)

// line is an accounting record as a line of accounting.jsonl. The names are
// those of the command line; uptime is in seconds; rx is from the client.
type line struct {
	Time           time.Time  `json:"time"`
	Type           string     `json:"type"` // start, interim, stop, accounting-on, accounting-off
	ID             string     `json:"id,omitempty"`
	User           string     `json:"user,omitempty"`
	Server         string     `json:"server,omitempty"`
	Interface      string     `json:"interface,omitempty"`
	Method         aaa.Method `json:"method,omitempty"`
	CallerID       string     `json:"caller-id,omitempty"`
	CalledID       string     `json:"called-id,omitempty"`
	NASPort        uint32     `json:"nas-port,omitempty"`
	LocalAddress   netip.Addr `json:"local-address,omitzero"`
	RemoteAddress  netip.Addr `json:"remote-address,omitzero"`
	Encoding       string     `json:"encoding,omitempty"`
	Class          [][]byte   `json:"class,omitempty"` // base64
	Uptime         float64    `json:"uptime"`
	RxOctets       uint64     `json:"rx-octets"`
	RxPackets      uint64     `json:"rx-packets"`
	TxOctets       uint64     `json:"tx-octets"`
	TxPackets      uint64     `json:"tx-packets"`
	TerminateCause string     `json:"terminate-cause,omitempty"`
	Reason         string     `json:"reason,omitempty"`
	Backend        string     `json:"backend,omitempty"`
}

// encodeLine returns a record as one line, with its end. Octets of a name that
// are not UTF-8 become U+FFFD.
func encodeLine(r *aaa.Record) ([]byte, error) {
	l := line{
		Time:          r.Time.UTC(),
		Type:          r.Type.String(),
		ID:            r.SessionID,
		User:          strings.ToValidUTF8(r.User, "\uFFFD"),
		Server:        r.Server,
		Interface:     r.Interface,
		Method:        r.Method,
		CallerID:      r.CallerID,
		CalledID:      r.CalledID,
		NASPort:       r.NASPort,
		LocalAddress:  r.LocalAddress,
		RemoteAddress: r.RemoteAddress,
		Encoding:      r.Encoding,
		Class:         r.Class,
		Uptime:        r.Duration.Seconds(),
		RxOctets:      r.RxOctets,
		RxPackets:     r.RxPackets,
		TxOctets:      r.TxOctets,
		TxPackets:     r.TxPackets,
		Reason:        r.Reason,
		Backend:       r.Backend,
	}
	if r.TerminateCause != 0 {
		l.TerminateCause = r.TerminateCause.String()
	}
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("%w: accounting record: %w", aaa.ErrInvalid, err)
	}
	return append(b, '\n'), nil
}
