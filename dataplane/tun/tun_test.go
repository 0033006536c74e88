package tun

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCheckName(t *testing.T) {
	tests := []struct {
		name string
		ok   bool
	}{
		{"pptp0", true},
		{"exactly-15-char", true},
		{"sixteen-chars-xx", false},
		{"Tunnel_To_HomeOffice", false},
		{"", false},
		{".", false},
		{"..", false},
		{"a/b", false},
		{"a b", false},
		{"tun%d", false},
		{"eth0:1", false},
		{"tab\t", false},
		{"umläut", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CheckName(tt.name) == nil; got != tt.ok {
				t.Errorf("CheckName(%q) ok = %v, want %v", tt.name, got, tt.ok)
			}
		})
	}
}

func TestOpenRefusesLongName(t *testing.T) {
	if dev, err := Open("Tunnel_To_HomeOffice"); err == nil {
		dev.Close()
		t.Fatal("Open accepted a name of 20 octets")
	}
}

// What the administrator reads must name the remedy, and keep the cause.
func TestOpenErrorNamesRemedy(t *testing.T) {
	tests := []struct {
		cause error
		is    error
		want  string
	}{
		{&os.PathError{Op: "open", Path: cloneDevice, Err: unix.ENOENT}, fs.ErrNotExist, "modprobe tun"},
		{unix.ENODEV, unix.ENODEV, "modprobe tun"},
		{os.NewSyscallError("ioctl", unix.EPERM), fs.ErrPermission, "CAP_NET_ADMIN"},
		{unix.EACCES, fs.ErrPermission, "CAP_NET_ADMIN"},
		{unix.EBUSY, unix.EBUSY, "in use"},
		{unix.EINVAL, unix.EINVAL, "no TUN device"},
		{unix.ENOMEM, unix.ENOMEM, "make TUN device"},
	}
	for _, tt := range tests {
		t.Run(tt.cause.Error(), func(t *testing.T) {
			got := openError("pptp0", tt.cause)
			if !errors.Is(got, tt.is) {
				t.Errorf("openError = %v, does not wrap %v", got, tt.is)
			}
			if !strings.Contains(got.Error(), tt.want) || !strings.Contains(got.Error(), "pptp0") {
				t.Errorf("openError = %q, want it to name %q and the device", got, tt.want)
			}
		})
	}
}
