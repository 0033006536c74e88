package pluginrpc

import (
	"math"
	"time"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

func recordToProto(r *aaa.Record) *aaav1.Record {
	return &aaav1.Record{
		Type:           aaav1.RecordType(r.Type),
		SessionId:      text(r.SessionID),
		Time:           timeToProto(r.Time),
		User:           octets([]byte(r.User)),
		Server:         text(r.Server),
		Interface:      text(r.Interface),
		Method:         text(string(r.Method)),
		CallerId:       text(r.CallerID),
		CalledId:       text(r.CalledID),
		NasPort:        r.NASPort,
		LocalAddress:   addressToProto(r.LocalAddress),
		RemoteAddress:  addressToProto(r.RemoteAddress),
		Encoding:       text(r.Encoding),
		Class:          r.Class,
		Duration:       int64(r.Duration),
		RxOctets:       r.RxOctets,
		RxPackets:      r.RxPackets,
		TxOctets:       r.TxOctets,
		TxPackets:      r.TxPackets,
		TerminateCause: uint32(r.TerminateCause),
		Reason:         text(r.Reason),
		Backend:        text(r.Backend),
	}
}

func recordFromProto(r *aaav1.Record) (*aaa.Record, error) {
	var d decoder
	out := &aaa.Record{
		Type:           aaa.RecordType(d.number("record.type", int64(r.GetType()))),
		SessionID:      r.GetSessionId(),
		Time:           timeFromProto(r.GetTime()),
		User:           string(r.GetUser()),
		Server:         r.GetServer(),
		Interface:      r.GetInterface(),
		Method:         aaa.Method(r.GetMethod()),
		CallerID:       r.GetCallerId(),
		CalledID:       r.GetCalledId(),
		NASPort:        r.GetNasPort(),
		LocalAddress:   d.address("record.local_address", r.GetLocalAddress()),
		RemoteAddress:  d.address("record.remote_address", r.GetRemoteAddress()),
		Encoding:       r.GetEncoding(),
		Class:          r.GetClass(),
		Duration:       time.Duration(r.GetDuration()),
		RxOctets:       r.GetRxOctets(),
		RxPackets:      r.GetRxPackets(),
		TxOctets:       r.GetTxOctets(),
		TxPackets:      r.GetTxPackets(),
		TerminateCause: aaa.TerminateCause(r.GetTerminateCause()),
		Reason:         r.GetReason(),
		Backend:        r.GetBackend(),
	}
	return out, d.err
}

// number is the value of an enum that fits the Go type behind it.
func (d *decoder) number(field string, v int64) uint8 {
	if v < 0 || v > math.MaxUint8 {
		d.fail(field, "not a known value")
		return 0
	}
	return uint8(v)
}

func commandToProto(c *aaa.Command) *aaav1.Command {
	return &aaav1.Command{
		Type:          aaav1.CommandType(c.Type),
		SessionId:     text(c.SessionID),
		User:          octets([]byte(c.User)),
		RemoteAddress: addressToProto(c.RemoteAddress),
		CallerId:      text(c.CallerID),
		CalledId:      text(c.CalledID),
		NasPort:       c.NASPort,
		Policy:        policyToProto(c.Policy),
		Reason:        text(c.Reason),
	}
}

func commandFromProto(c *aaav1.Command) (*aaa.Command, error) {
	var d decoder
	out := &aaa.Command{
		Type:          aaa.CommandType(d.number("command.type", int64(c.GetType()))),
		SessionID:     c.GetSessionId(),
		User:          string(c.GetUser()),
		RemoteAddress: d.address("command.remote_address", c.GetRemoteAddress()),
		CallerID:      c.GetCallerId(),
		CalledID:      c.GetCalledId(),
		Policy:        d.policy(c.GetPolicy()),
		Reason:        c.GetReason(),
	}
	if c != nil {
		out.NASPort = c.NasPort
	}
	return out, d.err
}

func commandResultToProto(r aaa.CommandResult) *aaav1.CommandResult {
	return &aaav1.CommandResult{
		Matched:    clamp(r.Matched),
		ErrorCause: r.ErrorCause,
		Reason:     text(r.Reason),
	}
}

func commandResultFromProto(r *aaav1.CommandResult) aaa.CommandResult {
	return aaa.CommandResult{
		Matched:    int(r.GetMatched()),
		ErrorCause: r.GetErrorCause(),
		Reason:     r.GetReason(),
	}
}
