package dataplane

import "fmt"

// Validate tells whether the parameters can be armed: 40, 56 or 128 bits with a
// start key of the length RFC 3079 gives for it.
func (m MPPE) Validate() error {
	var want int
	switch m.Bits {
	case 40, 56:
		want = 8
	case 128:
		want = 16
	default:
		return fmt.Errorf("mppe: %d bits, want 40, 56 or 128", m.Bits)
	}
	if len(m.StartKey) != want {
		return fmt.Errorf("mppe: start key of %d octets for %d bits, want %d", len(m.StartKey), m.Bits, want)
	}
	return nil
}
