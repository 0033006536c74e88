package pluginrpc

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

func userToProto(u aaa.User) *aaav1.User {
	return &aaav1.User{
		Name:           text(u.Name),
		Group:          text(u.Group),
		Enabled:        u.Enabled,
		Comment:        text(u.Comment),
		CallerId:       text(u.CallerID),
		OnlyOne:        u.OnlyOne,
		LocalAddress:   addressToProto(u.LocalAddress),
		RemoteAddress:  addressToProto(u.RemoteAddress),
		MaxSessionTime: int64(u.MaxSessionTime),
		Rate:           rateToProto(u.Rate),
		Storage:        text(string(u.Storage)),
		LastSeen: &aaav1.LastSeen{
			LoggedIn:         timeToProto(u.LastSeen.LoggedIn),
			LoggedOut:        timeToProto(u.LastSeen.LoggedOut),
			CallerId:         text(u.LastSeen.CallerID),
			DisconnectReason: text(u.LastSeen.DisconnectReason),
			FailedAt:         timeToProto(u.LastSeen.FailedAt),
			FailedReason:     text(u.LastSeen.FailedReason),
		},
	}
}

func userFromProto(u *aaav1.User) (aaa.User, error) {
	var d decoder
	out := aaa.User{
		Name:           u.GetName(),
		Group:          u.GetGroup(),
		Enabled:        u.GetEnabled(),
		Comment:        u.GetComment(),
		CallerID:       u.GetCallerId(),
		OnlyOne:        u.GetOnlyOne(),
		LocalAddress:   d.address("user.local_address", u.GetLocalAddress()),
		RemoteAddress:  d.address("user.remote_address", u.GetRemoteAddress()),
		MaxSessionTime: time.Duration(u.GetMaxSessionTime()),
		Rate:           rateFromProto(u.GetRate()),
		Storage:        aaa.Storage(u.GetStorage()),
		LastSeen: aaa.LastSeen{
			LoggedIn:         timeFromProto(u.GetLastSeen().GetLoggedIn()),
			LoggedOut:        timeFromProto(u.GetLastSeen().GetLoggedOut()),
			CallerID:         u.GetLastSeen().GetCallerId(),
			DisconnectReason: u.GetLastSeen().GetDisconnectReason(),
			FailedAt:         timeFromProto(u.GetLastSeen().GetFailedAt()),
			FailedReason:     u.GetLastSeen().GetFailedReason(),
		},
	}
	return out, d.err
}

func userChangeToProto(c aaa.UserChange) *aaav1.UserChange {
	out := &aaav1.UserChange{
		Group:          textPointer(c.Group),
		Enabled:        c.Enabled,
		Comment:        textPointer(c.Comment),
		CallerId:       textPointer(c.CallerID),
		OnlyOne:        c.OnlyOne,
		LocalAddress:   addressPointer(c.LocalAddress),
		RemoteAddress:  addressPointer(c.RemoteAddress),
		MaxSessionTime: (*int64)(c.MaxSessionTime),
	}
	if c.Rate != nil {
		out.Rate = rateToProto(*c.Rate)
	}
	if c.Storage != nil {
		s := text(string(*c.Storage))
		out.Storage = &s
	}
	if c.Password != nil {
		// Present and empty is not the same as absent.
		out.Password = append([]byte{}, c.Password.Reveal()...)
	}
	return out
}

func userChangeFromProto(c *aaav1.UserChange) (aaa.UserChange, error) {
	if c == nil {
		return aaa.UserChange{}, nil
	}
	var d decoder
	out := aaa.UserChange{
		Group:          c.Group,
		Enabled:        c.Enabled,
		Comment:        c.Comment,
		CallerID:       c.CallerId,
		OnlyOne:        c.OnlyOne,
		LocalAddress:   d.addressPointer("change.local_address", c.LocalAddress),
		RemoteAddress:  d.addressPointer("change.remote_address", c.RemoteAddress),
		MaxSessionTime: (*time.Duration)(c.MaxSessionTime),
		Storage:        (*aaa.Storage)(c.Storage),
	}
	if c.Rate != nil {
		r := rateFromProto(c.Rate)
		out.Rate = &r
	}
	if c.Password != nil {
		s := aaa.Secret(c.Password)
		out.Password = &s
	}
	return out, d.err
}

func textPointer(s *string) *string {
	if s == nil {
		return nil
	}
	t := text(*s)
	return &t
}

// addressPointer is nil for nil, and present but empty for an invalid address,
// which clears.
func addressPointer(a *netip.Addr) []byte {
	if a == nil {
		return nil
	}
	return append([]byte{}, addressToProto(*a)...)
}

func (d *decoder) addressPointer(field string, b []byte) *netip.Addr {
	if b == nil {
		return nil
	}
	a := d.address(field, b)
	return &a
}

func respondRequestToProto(r *aaa.RespondRequest) *aaav1.RespondRequest {
	return &aaav1.RespondRequest{
		User:          text(r.User),
		Method:        text(string(r.Method)),
		Id:            uint32(r.ID),
		Challenge:     octets(r.Challenge),
		PeerChallenge: octets(r.PeerChallenge),
	}
}

func respondRequestFromProto(r *aaav1.RespondRequest) (*aaa.RespondRequest, error) {
	var d decoder
	out := &aaa.RespondRequest{
		User:          r.GetUser(),
		Method:        aaa.Method(r.GetMethod()),
		ID:            d.octet("request.id", r.GetId()),
		Challenge:     octets(r.GetChallenge()),
		PeerChallenge: octets(r.GetPeerChallenge()),
	}
	return out, d.err
}

func responseToProto(r *aaa.Response) *aaav1.RespondResponse {
	return &aaav1.RespondResponse{
		Response:      octets(r.Response),
		Authenticator: text(r.Authenticator),
		Keys:          keysToProto(r.Keys),
	}
}

func responseFromProto(r *aaav1.RespondResponse) (*aaa.Response, error) {
	var d decoder
	out := &aaa.Response{
		Response:      octets(r.GetResponse()),
		Authenticator: r.GetAuthenticator(),
		Keys:          d.keys(r.GetKeys()),
	}
	return out, d.err
}
