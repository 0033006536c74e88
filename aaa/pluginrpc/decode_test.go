package pluginrpc

import (
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

// Absent and empty differ where the contract says so.
func TestPresence(t *testing.T) {
	t.Run("keys that do not exist are nil", func(t *testing.T) {
		in := &mschap.StartKeys{Send128: make([]byte, 16), Recv128: make([]byte, 16), Send64: []byte{}}
		var d decoder
		got := d.keys(trip(t, keysToProto(in), &aaav1.StartKeys{}))
		if d.err != nil || got.Send64 != nil || got.Recv64 != nil || !got.Has(128) || got.Has(40) {
			t.Errorf("keys %#v, %v, want those of 128 bits only", got, d.err)
		}
	})
	t.Run("a change to nothing is a change", func(t *testing.T) {
		empty, password := "", aaa.Secret("")
		in := aaa.UserChange{Comment: &empty, LocalAddress: &netip.Addr{}, Password: &password, Rate: &aaa.Rate{}}
		got, err := userChangeFromProto(trip(t, userChangeToProto(in), &aaav1.UserChange{}))
		if err != nil || got.Comment == nil || got.LocalAddress == nil || got.LocalAddress.IsValid() || got.Password == nil || got.Rate == nil {
			t.Errorf("change %+v, %v, want all four present", got, err)
		}
		if got.Enabled != nil || got.RemoteAddress != nil || got.MaxSessionTime != nil || got.Storage != nil {
			t.Errorf("change %+v, want nothing else", got)
		}
	})
}

// Names that peers choose arrive as they are, whatever octets they have; other
// text never keeps a message from being sent.
func TestOddText(t *testing.T) {
	const odd = "a\xffb\x00"
	got, err := authRequestFromProto(trip(t, authRequestToProto(&aaa.AuthRequest{User: odd, Server: odd}), &aaav1.AuthRequest{}))
	if err != nil || got.User != odd || got.Server != "a\uFFFDb\x00" {
		t.Errorf("user %q, server %q, %v", got.User, got.Server, err)
	}
	m, err := verdictToProto(&aaa.Verdict{Reason: odd, Message: odd})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verdictFromProto(trip(t, m, &aaav1.Verdict{}))
	if err != nil || v.Message != odd || v.Reason != "a\uFFFDb\x00" {
		t.Errorf("message %q, reason %q, %v", v.Message, v.Reason, err)
	}
}

func TestNumbersAreClampedNotWrapped(t *testing.T) {
	for _, c := range []struct{ in, want int }{
		{math.MaxInt, math.MaxInt32}, {math.MinInt, math.MinInt32}, {-1, -1}, {1 << 40, math.MaxInt32},
	} {
		p := aaa.Policy{MaxSessions: c.in}
		var d decoder
		if got := d.policy(policyToProto(&p)).MaxSessions; got != c.want {
			t.Errorf("MaxSessions %d arrives as %d, want %d", c.in, got, c.want)
		}
	}
}

func TestWhatDoesNotDecodeIsNamed(t *testing.T) {
	five := make([]byte, 5)
	accept := func(a *aaav1.Acceptance) func() error {
		return func() error {
			_, err := verdictFromProto(&aaav1.Verdict{Outcome: &aaav1.Verdict_Accept{Accept: a}})
			return err
		}
	}
	for _, c := range []struct {
		field  string
		decode func() error
	}{
		{"verdict.outcome", func() error { _, err := verdictFromProto(&aaav1.Verdict{}); return err }},
		{"verdict.outcome", func() error { _, err := verdictFromProto(nil); return err }},
		{"keys.send128", accept(&aaav1.Acceptance{Keys: &aaav1.StartKeys{Send128: five}})},
		{"keys.recv64", accept(&aaav1.Acceptance{Keys: &aaav1.StartKeys{Recv64: five}})},
		{"policy.remote_address", accept(&aaav1.Acceptance{Policy: &aaav1.Policy{RemoteAddress: five}})},
		{"policy.dns", accept(&aaav1.Acceptance{Policy: &aaav1.Policy{Dns: [][]byte{{1, 2, 3, 4}, five}}})},
		{"policy.routes.destination", accept(&aaav1.Acceptance{Policy: &aaav1.Policy{
			Routes: []*aaav1.Route{{Destination: five[:4], PrefixLength: 33}}}})},
		{"request.credential.id", func() error {
			_, err := authRequestFromProto(&aaav1.AuthRequest{Credential: &aaav1.Credential{Id: 256}})
			return err
		}},
		{"request.requested", func() error { _, err := authRequestFromProto(&aaav1.AuthRequest{Requested: five}); return err }},
		{"record.type", func() error { _, err := recordFromProto(&aaav1.Record{Type: 256}); return err }},
		{"record.local_address", func() error { _, err := recordFromProto(&aaav1.Record{LocalAddress: five}); return err }},
		{"command.type", func() error { _, err := commandFromProto(&aaav1.Command{Type: -1}); return err }},
		{"user.remote_address", func() error { _, err := userFromProto(&aaav1.User{RemoteAddress: five}); return err }},
		{"change.local_address", func() error { _, err := userChangeFromProto(&aaav1.UserChange{LocalAddress: five}); return err }},
		{"request.id", func() error { _, err := respondRequestFromProto(&aaav1.RespondRequest{Id: 1000}); return err }},
	} {
		t.Run(c.field, func(t *testing.T) {
			if err := c.decode(); err == nil || !strings.Contains(err.Error(), c.field) {
				t.Errorf("error %v, want one that names %s", err, c.field)
			}
		})
	}
}

// Messages without contents, as a plugin in another language may send them, do
// no harm.
func TestNilMessages(t *testing.T) {
	_, err := authRequestFromProto(nil)
	_, err2 := recordFromProto(nil)
	_, err3 := commandFromProto(nil)
	_, err4 := userFromProto(nil)
	_, err5 := userChangeFromProto(nil)
	_, err6 := respondRequestFromProto(nil)
	_, err7 := responseFromProto(nil)
	for i, err := range []error{err, err2, err3, err4, err5, err6, err7} {
		if err != nil {
			t.Errorf("message %d: %v, want nil", i, err)
		}
	}
	if diff := cmp.Diff(aaa.Info{}, infoFromProto(nil)); diff != "" {
		t.Errorf("Info (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(aaa.CommandResult{}, commandResultFromProto(nil)); diff != "" {
		t.Errorf("CommandResult (-want +got):\n%s", diff)
	}
}
