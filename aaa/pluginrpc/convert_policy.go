package pluginrpc

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

func policyToProto(p *aaa.Policy) *aaav1.Policy {
	if p == nil {
		return nil
	}
	out := &aaav1.Policy{
		User:            octets([]byte(p.User)),
		LocalAddress:    addressToProto(p.LocalAddress),
		RemoteAddress:   addressToProto(p.RemoteAddress),
		Pool:            text(p.Pool),
		Dns:             addressesToProto(p.DNS),
		Nbns:            addressesToProto(p.NBNS),
		SessionTimeout:  int64(p.SessionTimeout),
		IdleTimeout:     int64(p.IdleTimeout),
		InterimInterval: int64(p.InterimInterval),
		Encryption:      text(p.Encryption),
		MppeBits:        intsToProto(p.MPPEBits),
		Mtu:             clamp(p.MTU),
		Class:           p.Class,
		Rate:            rateToProto(p.Rate),
		MaxSessions:     clamp(p.MaxSessions),
		ReplaceOldest:   p.ReplaceOldest,
		OctetLimits: &aaav1.OctetLimits{
			Receive:  p.OctetLimits.Receive,
			Transmit: p.OctetLimits.Transmit,
			Total:    p.OctetLimits.Total,
		},
		Group: text(p.Group),
	}
	for _, r := range p.Routes {
		out.Routes = append(out.Routes, &aaav1.Route{
			Destination:  addressToProto(r.Destination.Addr()),
			PrefixLength: clamp(r.Destination.Bits()),
			Gateway:      addressToProto(r.Gateway),
			Metric:       clamp(r.Metric),
		})
	}
	for _, id := range p.FilterIDs {
		out.FilterIds = append(out.FilterIds, text(id))
	}
	return out
}

func (d *decoder) policy(p *aaav1.Policy) *aaa.Policy {
	if p == nil {
		return nil
	}
	out := &aaa.Policy{
		User:            string(p.GetUser()),
		LocalAddress:    d.address("policy.local_address", p.GetLocalAddress()),
		RemoteAddress:   d.address("policy.remote_address", p.GetRemoteAddress()),
		Pool:            p.GetPool(),
		DNS:             d.addresses("policy.dns", p.GetDns()),
		NBNS:            d.addresses("policy.nbns", p.GetNbns()),
		SessionTimeout:  time.Duration(p.GetSessionTimeout()),
		IdleTimeout:     time.Duration(p.GetIdleTimeout()),
		InterimInterval: time.Duration(p.GetInterimInterval()),
		Encryption:      p.GetEncryption(),
		MPPEBits:        intsFromProto(p.GetMppeBits()),
		MTU:             int(p.GetMtu()),
		FilterIDs:       p.GetFilterIds(),
		Class:           p.GetClass(),
		Rate:            rateFromProto(p.GetRate()),
		MaxSessions:     int(p.GetMaxSessions()),
		ReplaceOldest:   p.GetReplaceOldest(),
		OctetLimits: aaa.OctetLimits{
			Receive:  p.GetOctetLimits().GetReceive(),
			Transmit: p.GetOctetLimits().GetTransmit(),
			Total:    p.GetOctetLimits().GetTotal(),
		},
		Group: p.GetGroup(),
	}
	for _, r := range p.GetRoutes() {
		out.Routes = append(out.Routes, aaa.Route{
			Destination: d.prefix("policy.routes.destination", r.GetDestination(), int(r.GetPrefixLength())),
			Gateway:     d.address("policy.routes.gateway", r.GetGateway()),
			Metric:      int(r.GetMetric()),
		})
	}
	return out
}

func (d *decoder) prefix(field string, address []byte, bits int) netip.Prefix {
	a := d.address(field, address)
	if !a.IsValid() {
		return netip.Prefix{}
	}
	if bits < 0 || bits > a.BitLen() {
		d.fail(field, fmt.Sprintf("prefix length %d is not in 0-%d", bits, a.BitLen()))
	}
	return netip.PrefixFrom(a, bits)
}

func rateToProto(r aaa.Rate) *aaav1.Rate {
	return &aaav1.Rate{
		Upload:        r.Upload,
		Download:      r.Download,
		UploadBurst:   r.UploadBurst,
		DownloadBurst: r.DownloadBurst,
	}
}

func rateFromProto(r *aaav1.Rate) aaa.Rate {
	return aaa.Rate{
		Upload:        r.GetUpload(),
		Download:      r.GetDownload(),
		UploadBurst:   r.GetUploadBurst(),
		DownloadBurst: r.GetDownloadBurst(),
	}
}

func keysToProto(k *mschap.StartKeys) *aaav1.StartKeys {
	if k == nil {
		return nil
	}
	return &aaav1.StartKeys{
		Send128: octets(k.Send128),
		Recv128: octets(k.Recv128),
		Send64:  octets(k.Send64),
		Recv64:  octets(k.Recv64),
	}
}

func (d *decoder) keys(k *aaav1.StartKeys) *mschap.StartKeys {
	if k == nil {
		return nil
	}
	return &mschap.StartKeys{
		Send128: d.key("keys.send128", k.GetSend128(), 16),
		Recv128: d.key("keys.recv128", k.GetRecv128(), 16),
		Send64:  d.key("keys.send64", k.GetSend64(), 8),
		Recv64:  d.key("keys.recv64", k.GetRecv64(), 8),
	}
}

// key refuses a key of the wrong length here, where a plugin's mistake can be
// named, and not in the cipher.
func (d *decoder) key(field string, b []byte, size int) []byte {
	if len(b) != 0 && len(b) != size {
		d.fail(field, fmt.Sprintf("the key has %d octets or none, not %d", size, len(b)))
	}
	return octets(b)
}
