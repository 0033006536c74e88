package local

import (
	"context"
	"fmt"
	"time"

	"github.com/pptpac/pptpac/aaa"
)

// ListUsers implements aaa.UserAdmin.
func (b *Backend) ListUsers(ctx context.Context) ([]aaa.User, error) {
	d, done, err := b.use()
	if err != nil {
		return nil, err
	}
	defer done()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var users []aaa.User
	err = d.store.each(func(name string, r record, last seen) {
		users = append(users, r.user(name, last))
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

func (u *record) user(name string, last seen) aaa.User {
	return aaa.User{
		Name:           name,
		Group:          u.Group,
		Enabled:        u.Enabled,
		Comment:        u.Comment,
		CallerID:       u.CallerID,
		OnlyOne:        u.OnlyOne,
		LocalAddress:   u.LocalAddress,
		RemoteAddress:  u.RemoteAddress,
		MaxSessionTime: time.Duration(u.MaxSessionTime),
		Rate:           aaa.Rate(u.Rate),
		Storage:        u.Storage,
		LastSeen:       aaa.LastSeen(last),
	}
}

// AddUser implements aaa.UserAdmin. Storage "" is StoreNTHash; LastSeen is
// ignored.
func (b *Backend) AddUser(ctx context.Context, u aaa.User, password aaa.Secret) error {
	if u.Storage == "" {
		u.Storage = aaa.StoreNTHash
	}
	added := record{
		Group:          u.Group,
		Enabled:        u.Enabled,
		Comment:        u.Comment,
		CallerID:       u.CallerID,
		OnlyOne:        u.OnlyOne,
		LocalAddress:   u.LocalAddress,
		RemoteAddress:  u.RemoteAddress,
		MaxSessionTime: int64(u.MaxSessionTime),
		Rate:           rate(u.Rate),
		Storage:        u.Storage,
	}
	if err := checkName("name", u.Name); err != nil {
		return err
	}
	if err := added.check(); err != nil {
		return err
	}
	if err := checkPassword(password.Reveal()); err != nil {
		return err
	}
	return b.change(ctx, u.Name, func(d *database, r *record, exists bool) error {
		if exists {
			return fmt.Errorf("%w: %s", aaa.ErrExists, u.Name)
		}
		*r = added
		r.Sealed = d.sealer.seal(u.Name, encodeSecret(r.Storage, password.Reveal()))
		return nil
	})
}

// SetUser implements aaa.UserAdmin.
func (b *Backend) SetUser(ctx context.Context, name string, c aaa.UserChange) error {
	if c.Password != nil {
		if err := checkPassword(c.Password.Reveal()); err != nil {
			return err
		}
	}
	return b.change(ctx, name, func(d *database, r *record, exists bool) error {
		if !exists {
			return fmt.Errorf("%w: %s", aaa.ErrNotFound, name)
		}
		if c.Storage != nil && *c.Storage != r.Storage && c.Password == nil {
			if err := checkStorage(*c.Storage); err != nil {
				return err
			}
			return fmt.Errorf("%w: storage: to change it from %s to %s the password must be given again",
				aaa.ErrInvalid, r.Storage, *c.Storage)
		}
		r.apply(c)
		if err := r.check(); err != nil {
			return err
		}
		if c.Password != nil {
			r.Sealed = d.sealer.seal(name, encodeSecret(r.Storage, c.Password.Reveal()))
		}
		return nil
	})
}

// apply sets the fields that a change gives, except the password.
func (u *record) apply(c aaa.UserChange) {
	set(&u.Group, c.Group)
	set(&u.Enabled, c.Enabled)
	set(&u.Comment, c.Comment)
	set(&u.CallerID, c.CallerID)
	set(&u.OnlyOne, c.OnlyOne)
	set(&u.LocalAddress, c.LocalAddress)
	set(&u.RemoteAddress, c.RemoteAddress)
	set(&u.MaxSessionTime, (*int64)(c.MaxSessionTime))
	set(&u.Rate, (*rate)(c.Rate))
	set(&u.Storage, c.Storage)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// RemoveUser implements aaa.UserAdmin.
func (b *Backend) RemoveUser(ctx context.Context, name string) error {
	d, done, err := b.use()
	if err != nil {
		return err
	}
	defer done()
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.store.remove(name)
}

func (b *Backend) change(ctx context.Context, name string, f func(d *database, r *record, exists bool) error) error {
	d, done, err := b.use()
	if err != nil {
		return err
	}
	defer done()
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.store.change(name, func(r *record, exists bool) error { return f(d, r, exists) })
}
