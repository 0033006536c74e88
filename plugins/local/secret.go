package local

import (
	"errors"
	"fmt"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
)

// secret is what is known of a user's password.
type secret struct {
	nt       [16]byte
	password []byte    // nil: only the hash is known
	lm       *[16]byte // nil: only the NT hash is known
}

// First octet of what is sealed: its form. It is inside the seal, so that
// nobody can have a hash taken for a password by editing users.db.
const (
	formNTHash     = 1
	formReversible = 2
)

// encodeSecret is what is sealed of a password.
func encodeSecret(storage aaa.Storage, password string) []byte {
	if storage == aaa.StoreReversible {
		return append([]byte{formReversible}, password...)
	}
	hash := mschap.NTHash(password)
	return append([]byte{formNTHash}, hash[:]...)
}

func decodeSecret(b []byte) (secret, error) {
	switch {
	case len(b) == 17 && b[0] == formNTHash:
		return secret{nt: [16]byte(b[1:])}, nil
	case len(b) > 1 && b[0] == formReversible:
		password := string(b[1:])
		lm := mschap.LMHash(password)
		return secret{nt: mschap.NTHash(password), password: b[1:], lm: &lm}, nil
	}
	return secret{}, errors.New("the stored password has no known form")
}

// secretOf opens the secret of a record.
func (d *database) secretOf(name string, r *record) (secret, error) {
	b, err := d.sealer.open(name, r.Sealed)
	if err != nil {
		return secret{}, fmt.Errorf("user %q: %w", name, err)
	}
	s, err := decodeSecret(b)
	if err != nil {
		return secret{}, fmt.Errorf("user %q: %w", name, err)
	}
	return s, nil
}

// needReversible is the advice for a method that the NT hash is not enough for.
func needReversible(name, what string) string {
	return fmt.Sprintf("%s needs the password of user %q, of which only the NT hash is stored: "+
		"set storage=reversible and a new password for him", what, name)
}
