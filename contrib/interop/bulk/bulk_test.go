package bulk

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestTransfer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- Serve(l) }()
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	for _, tt := range []struct {
		name string
		d    Direction
		size int64
	}{
		{"nothing up", Send, 0},
		{"nothing down", Receive, 0},
		{"odd size up", Send, 1<<20 + 7},
		{"odd size down", Receive, 1<<20 + 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := Transfer(t.Context(), tt.d, "", addr, tt.size)
			if err != nil {
				t.Fatal(err)
			}
			if res.Bytes != tt.size {
				t.Errorf("Bytes = %d, want %d", res.Bytes, tt.size)
			}
		})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve after Close = %v, want nil", err)
	}
}

// A tunnel that changes one byte, or loses the end, must not pass.
func TestTransferSeesDamage(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(b []byte) []byte
		want error
	}{
		{"one bit", func(b []byte) []byte { b[100] ^= 1; return b }, ErrChecksum},
		{"short", func(b []byte) []byte { return b[:500] }, io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				near, far := net.Pipe()
				defer near.Close()
				go func() {
					defer far.Close()
					_ = answer(far)
				}()
				header := make([]byte, 9)
				if _, err := io.ReadFull(conn, header); err != nil {
					return
				}
				if _, err := near.Write(header); err != nil {
					return
				}
				all, err := io.ReadAll(near)
				if err != nil {
					return
				}
				_, _ = conn.Write(tt.edit(all))
			}()
			_, err = Transfer(t.Context(), Receive, "",
				l.Addr().(*net.TCPAddr).AddrPort(), 1000)
			if !errors.Is(err, tt.want) {
				t.Errorf("Transfer = %v, want %v", err, tt.want)
			}
		})
	}
}
