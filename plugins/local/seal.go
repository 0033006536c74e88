package local

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keySize is that of AES-256.
const keySize = 32

// sealer seals secrets for storage. A sealed secret is a nonce of 12 octets and
// the ciphertext; it opens only for the name it was sealed for, so that a secret
// moved to another user's record is useless. Safe for concurrent use.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key that seals passwords: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("key that seals passwords: %w", err)
	}
	return &sealer{aead: aead}, nil
}

func (s *sealer) seal(name string, secret []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(secret)+s.aead.Overhead())
	_, _ = rand.Read(nonce) // does not fail (crypto/rand)
	return s.aead.Seal(nonce, nonce, secret, []byte(name))
}

// errSealed does not say more: the details would help nobody but an attacker.
var errSealed = errors.New("the stored password does not open: wrong key file, or users.db was tampered with")

func (s *sealer) open(name string, sealed []byte) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, errSealed
	}
	secret, err := s.aead.Open(nil, sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():], []byte(name))
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}

// loadKey reads the key file, and makes it if it is not there and may be made:
// beside a database with users, a new key would only hide that the old one is
// lost.
func loadKey(path string, mayCreate bool) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if !mayCreate {
		return nil, fmt.Errorf("key file %s is missing, and users.db was sealed with it: restore it, or remove users.db", path)
	}
	if err := createKey(path); err != nil {
		return nil, fmt.Errorf("create key file: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("inspect key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s has mode %04o: it must be readable by its owner only (chmod 600)", path, info.Mode().Perm())
	}
	if info.Size() != keySize {
		return nil, fmt.Errorf("key file %s has %d octets: it must have %d", path, info.Size(), keySize)
	}
	key := make([]byte, keySize)
	if n, err := f.ReadAt(key, 0); n != keySize {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	return key, nil
}

// createKey writes a new key durably; a crash leaves the whole key or none.
func createKey(path string) error {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)                                       // does not fail (crypto/rand)
	f, err := os.CreateTemp(filepath.Dir(path), ".users.key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // the name is gone if all went well
	_, err = f.Write(key)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	// A link, not a rename: whoever was faster keeps his key.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes names created or renamed in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
