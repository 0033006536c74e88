package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/pptpac/pptpac/aaa"
)

// Account implements aaa.Backend. A record that is delivered twice stands in the
// file twice, and has the same id, type and time.
func (b *Backend) Account(ctx context.Context, r *aaa.Record) error {
	if r.Type.String() == aaa.RecordType(0).String() {
		return fmt.Errorf("%w: accounting record of type %d", aaa.ErrInvalid, r.Type)
	}
	text, err := encodeLine(r)
	if err != nil {
		return err
	}
	d, done, err := b.use()
	if err != nil {
		return err
	}
	defer done()
	name, err := d.sightedUser(r)
	if err != nil {
		return err
	}
	return d.journal.write(ctx, text, sightingOf(name, r))
}

// sightedUser is the user whose last sessions a record changes, "" if nobody's.
func (d *database) sightedUser(r *aaa.Record) (string, error) {
	if r.Type != aaa.Start && r.Type != aaa.Stop {
		return "", nil
	}
	name, _, err := d.lookup(r.User)
	if errors.Is(err, aaa.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up user: %w", err)
	}
	return name, nil
}

// sightingOf is what a record tells of a user. Records may come late and out of
// order: only the latest counts.
func sightingOf(name string, r *aaa.Record) sighting {
	at, caller, reason := r.Time.UTC(), r.CallerID, r.Reason
	if reason == "" && r.TerminateCause != 0 {
		reason = r.TerminateCause.String()
	}
	if r.Type == aaa.Start {
		return sighting{user: name, apply: func(l *seen) {
			if at.After(l.LoggedIn) {
				l.LoggedIn, l.CallerID = at, caller
			}
		}}
	}
	return sighting{user: name, apply: func(l *seen) {
		if at.After(l.LoggedOut) {
			l.LoggedOut, l.DisconnectReason = at, reason
		}
	}}
}
