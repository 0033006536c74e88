package admin

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"
)

// Access is what a peer of the socket may do.
type Access uint8

// Accesses.
const (
	NoAccess Access = iota
	ReadAccess
	FullAccess
)

// Groups say who, besides root and the daemon's own user, may use the socket.
// A group of -1 is none.
type Groups struct {
	Full     int // group id of administrators
	ReadOnly int // group id of those who may only look
}

// accessOf decides by user and groups of the peer.
func (g Groups) accessOf(uid int, gids []int) Access {
	switch {
	case uid == 0 || uid == os.Getuid():
		return FullAccess
	case g.Full >= 0 && slices.Contains(gids, g.Full):
		return FullAccess
	case g.ReadOnly >= 0 && slices.Contains(gids, g.ReadOnly):
		return ReadAccess
	}
	return NoAccess
}

// peer returns user and groups of the process at the other end.
func peer(c net.Conn) (uid int, gids []int, err error) {
	unixConn, ok := c.(*net.UnixConn)
	if !ok {
		return 0, nil, errors.New("not a unix socket")
	}
	raw, err := unixConn.SyscallConn()
	if err != nil {
		return 0, nil, err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		var cred *unix.Ucred
		cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if inner != nil {
			return
		}
		uid, gids = int(cred.Uid), []int{int(cred.Gid)}
		var more []int
		more, inner = peerGroups(fd)
		gids = append(gids, more...)
	})
	return uid, gids, errors.Join(err, inner)
}

// maxGroups is Linux's NGROUPS_MAX.
const maxGroups = 65536

// peerGroups returns the supplementary groups of the peer (SO_PEERGROUPS).
func peerGroups(fd uintptr) ([]int, error) {
	buf := make([]byte, 4*64)
	for {
		size := uint32(len(buf))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)), 0)
		if errno == syscall.ERANGE && len(buf) < 4*maxGroups {
			buf = make([]byte, 4*maxGroups)
			continue
		}
		if errno == syscall.ENOPROTOOPT {
			return nil, nil // before Linux 4.13: the primary group has to do
		}
		if errno != 0 {
			return nil, fmt.Errorf("SO_PEERGROUPS: %w", errno)
		}
		var gids []int
		for i := 0; i+4 <= int(size); i += 4 {
			gids = append(gids, int(binary.NativeEndian.Uint32(buf[i:])))
		}
		return gids, nil
	}
}

type peerKey struct{}

// peerInfo is what is known of the process at the other end of a connection.
// The zero value is of nobody.
type peerInfo struct {
	uid    int
	access Access
}

func peerOf(ctx context.Context) peerInfo {
	p, ok := ctx.Value(peerKey{}).(peerInfo)
	if !ok {
		p.uid = -1
	}
	return p
}

var errDenied = errors.New("you may not do this: be root or a member of the group of [admin] group")

// turnAway answers peers without any access before a byte of what they send is
// read, and ends their connection.
func turnAway(next http.Handler) http.Handler {
	refuse := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peerOf(r.Context()).access != NoAccess {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		if err := connect.NewError(connect.CodePermissionDenied, errDenied); refuse.IsSupported(r) {
			_ = refuse.Write(w, r, err)
		} else {
			http.Error(w, err.Message(), http.StatusForbidden)
		}
	})
}

// guard lets a call pass if the peer's access allows it.
func guard() connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
			if peerOf(ctx).access < accessNeeded(r.Spec().Procedure) {
				return nil, connect.NewError(connect.CodePermissionDenied, errDenied)
			}
			return next(ctx, r)
		}
	}
}

// accessNeeded: what only lists needs ReadAccess, all else FullAccess.
func accessNeeded(procedure string) Access {
	method := procedure[strings.LastIndexByte(procedure, '/')+1:]
	for _, verb := range []string{"List", "Show", "Version"} {
		if strings.HasPrefix(method, verb) {
			return ReadAccess
		}
	}
	return FullAccess
}
