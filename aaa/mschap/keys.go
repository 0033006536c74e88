package mschap

// StartKeys are the MPPE start keys of one link (RFC 3079), from the point of
// view of the end that holds them: Send is what that end encrypts with.
//
// The 128-bit keys have 16 octets; the 64-bit keys have 8 octets and are the
// basis of both 40- and 56-bit encryption. A key that does not exist is nil:
// MS-CHAPv1 yields no 64-bit keys for a user of whom only the NT hash is known.
//
// StartKeys are secrets. String and GoString print none of them.
type StartKeys struct {
	Send128, Recv128 []byte
	Send64, Recv64   []byte
}

// Swap returns the keys as the other end of the link sees them.
func (k StartKeys) Swap() StartKeys {
	return StartKeys{Send128: k.Recv128, Recv128: k.Send128, Send64: k.Recv64, Recv64: k.Send64}
}

// Has reports whether keys for encryption of the given strength (40, 56 or 128
// bits) are present in both directions.
func (k StartKeys) Has(bits int) bool {
	send, recv := k.For(bits)
	return send != nil && recv != nil
}

// For returns the start keys for the given strength (40, 56 or 128 bits), nil
// where there are none. The slices are borrowed from k.
func (k StartKeys) For(bits int) (send, recv []byte) {
	switch bits {
	case 128:
		return k.Send128, k.Recv128
	case 40, 56:
		return k.Send64, k.Recv64
	}
	return nil, nil
}

// String hides the keys.
func (k StartKeys) String() string { return "<mppe start keys>" }

// GoString hides the keys.
func (k StartKeys) GoString() string { return k.String() }
