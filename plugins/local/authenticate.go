package local

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// Authenticate implements aaa.Backend. What the password proves is looked at
// first, so that only who knows it learns what else is wrong with the account;
// an unknown user costs as much work as a wrong password.
func (b *Backend) Authenticate(ctx context.Context, r *aaa.AuthRequest) (*aaa.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, done, err := b.use()
	if err != nil {
		return nil, err
	}
	defer done()

	name, user, err := d.lookup(r.User)
	known := err == nil
	if errors.Is(err, aaa.ErrNotFound) {
		name, user = nobodyName, d.nobody
	} else if err != nil {
		return nil, fmt.Errorf("look up user: %w", err)
	}
	s, err := d.secretOf(name, &user)
	if err != nil {
		return nil, err
	}
	p := prove(s, name, r)
	if !known {
		return &aaa.Verdict{Result: aaa.UnknownUser, Reason: "unknown user"}, nil
	}
	v := judge(name, &user, r, p)
	if v.Result == aaa.Reject {
		at, reason := b.now().UTC(), v.Reason
		d.journal.note(sighting{user: name, apply: func(l *seen) {
			l.FailedAt, l.FailedReason = at, reason
		}})
	}
	return v, nil
}

// lookup finds a user by the name a peer sent: the whole of it, or what follows
// the domain.
func (d *database) lookup(sent string) (string, record, error) {
	r, err := d.store.get(sent)
	if short := mschap.UserPart(sent); short != sent && errors.Is(err, aaa.ErrNotFound) {
		sent = short
		r, err = d.store.get(short)
	}
	return sent, r, err
}

// judge decides about a known user, given what the credential proved.
func judge(name string, u *record, r *aaa.AuthRequest, p proof) *aaa.Verdict {
	switch {
	case !p.ok:
		return reject(aaa.AuthFailure, p.reason)
	case !u.Enabled:
		return reject(aaa.AccountDisabled, "disabled")
	case u.Group != aaa.GroupPPP:
		return reject(aaa.NoDialIn, fmt.Sprintf("in group %q: only group %q may dial in", u.Group, aaa.GroupPPP))
	case u.CallerID != "" && !sameAddress(u.CallerID, r.CallerID):
		return reject(aaa.NoDialIn, fmt.Sprintf("may dial in from %s only, not from %s", u.CallerID, r.CallerID))
	}
	if reason := lackOfKeys(name, r, p); reason != "" {
		return reject(aaa.NoDialIn, reason)
	}
	return &aaa.Verdict{
		Result:  aaa.Accept,
		Policy:  u.policy(name, r.User),
		Success: p.success,
		Keys:    p.keys,
	}
}

func reject(code aaa.ErrorCode, reason string) *aaa.Verdict {
	return &aaa.Verdict{Result: aaa.Reject, Code: code, Reason: reason}
}

// policy is what a user is granted.
func (u *record) policy(name, sent string) *aaa.Policy {
	p := &aaa.Policy{
		LocalAddress:   u.LocalAddress,
		RemoteAddress:  u.RemoteAddress,
		SessionTimeout: time.Duration(u.MaxSessionTime),
		Rate:           aaa.Rate(u.Rate),
		Group:          u.Group,
	}
	if name != sent {
		p.User = name
	}
	if u.OnlyOne {
		p.MaxSessions = 1
	}
	return p
}

// sameAddress compares addresses, not their spelling.
func sameAddress(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x.Unmap() == y.Unmap()
}

// lackOfKeys explains why encryption, where it is required, is not possible with
// what was proved; "" if it is.
func lackOfKeys(name string, r *aaa.AuthRequest, p proof) string {
	if !r.MPPE {
		return ""
	}
	if p.keys == nil {
		return fmt.Sprintf("encryption is required, and %s yields no keys for it: ms-chapv2 does", r.Credential.Method)
	}
	wanted := r.MPPEBits
	if len(wanted) == 0 {
		wanted = []int{40, 56, 128}
	}
	for _, bits := range wanted {
		if p.keys.Has(bits) {
			return ""
		}
	}
	lengths := strings.Trim(fmt.Sprint(wanted), "[]")
	return needReversible(name, fmt.Sprintf("encryption with %s bits after %s", strings.ReplaceAll(lengths, " ", " or "), r.Credential.Method))
}
