package concentrator

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/pptpac/pptpac/dataplane"
)

// A client whose random call id is taken on its plane takes another.
func TestClientAvoidsTakenCallIDs(t *testing.T) {
	plane := &dataplane.Null{}
	defer plane.Close()
	// The same randomness twice: both would begin with id 0x1234.
	for want := uint16(0x1234); want < 0x1237; want++ {
		random := bytes.NewReader(bytes.Repeat([]byte{0x12, 0x34}, 10))
		tunnel, id, err := openClientTunnel(ClientOptions{Plane: plane, Rand: random}, alice, bob, tunnelEvents{})
		if err != nil || id != want {
			t.Fatalf("id %#x, error %v, want %#x", id, err, want)
		}
		defer tunnel.Close()
	}
	if _, _, err := openClientTunnel(ClientOptions{Plane: plane, Rand: bytes.NewReader(nil)}, alice, bob, tunnelEvents{}); !errors.Is(err, io.EOF) {
		t.Errorf("no randomness: error %v, want %v", err, io.EOF)
	}
}
