package admin

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
)

// dialAs connects to the socket as another user. It needs root. Linux keeps the
// credentials of each thread and takes those of the one that connects; the
// thread dies with its goroutine.
func dialAs(path string, uid, gid uint32, groups ...uint32) (net.Conn, error) {
	type result struct {
		c   net.Conn
		err error
	}
	done := make(chan result)
	go func() { // ends after one connect
		runtime.LockOSThread()
		set := func(nr uintptr, a, b, c uintptr) error {
			if _, _, errno := unix.RawSyscall(nr, a, b, c); errno != 0 {
				return fmt.Errorf("change user of a thread (root is needed): %w", errno)
			}
			return nil
		}
		var list unsafe.Pointer
		if len(groups) > 0 {
			list = unsafe.Pointer(&groups[0])
		}
		err := set(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(list), 0)
		if err == nil {
			err = set(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid))
		}
		if err == nil {
			err = set(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid))
		}
		if err != nil {
			done <- result{err: err}
			return
		}
		c, err := net.Dial("unix", path)
		done <- result{c, err}
	}()
	r := <-done
	return r.c, r.err
}

// Groups of the tests; no file of the system needs to know them.
const (
	administrators = 71001
	readers        = 71002
	stranger       = 71003
)

func TestIntegrationPeersAndWhatTheyMayDo(t *testing.T) {
	a := startAPI(t, Groups{Full: administrators, ReadOnly: readers})
	for _, tt := range []struct {
		name   string
		uid    uint32
		gid    uint32
		groups []uint32
		want   Access
	}{
		{"root", 0, 0, nil, FullAccess},
		{"stranger", stranger, stranger, nil, NoAccess},
		{"stranger of many groups", stranger, stranger, many(200), NoAccess},
		{"administrator", stranger, administrators, nil, FullAccess},
		{"administrator by a supplementary group", stranger, stranger, []uint32{5, administrators}, FullAccess},
		{"the last of many groups", stranger, stranger, append(many(200), administrators), FullAccess},
		{"reader", stranger, readers, nil, ReadAccess},
		{"reader by a supplementary group", stranger, stranger, []uint32{readers}, ReadAccess},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := dialAs(a.socket, tt.uid, tt.gid, tt.groups...)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			h := connected(c)
			client := adminv1connect.NewUserServiceClient(h, BaseURL)
			if tt.want >= ReadAccess {
				if _, err := client.ListUsers(context.Background(), connect.NewRequest(&adminv1.ListUsersRequest{})); err != nil {
					t.Errorf("list: %v", err)
				}
			}
			_, err = client.RemoveUser(context.Background(), connect.NewRequest(&adminv1.RemoveUserRequest{Name: tt.name}))
			if tt.want == FullAccess {
				if err != nil {
					t.Errorf("remove: %v", err)
				}
				return
			}
			code(t, err, connect.CodePermissionDenied, "be root or a member")
			for _, name := range a.users.removed {
				if name == tt.name {
					t.Error("and yet it was done")
				}
			}
		})
	}
	if log := a.log.String(); !strings.Contains(log, fmt.Sprintf(`"by-uid":%d`, stranger)) {
		t.Errorf("the log does not tell who did it: %s", log)
	}
}

func many(n uint32) (list []uint32) {
	for i := range n {
		list = append(list, 80000+i)
	}
	return list
}

// TestIntegrationFileModeKeepsStrangersOut: without a read-only group they do
// not even connect.
func TestIntegrationFileModeKeepsStrangersOut(t *testing.T) {
	for _, groups := range []Groups{{-1, -1}, {administrators, -1}, {-1, readers}} {
		a := startAPI(t, groups)
		if c, err := dialAs(a.socket, stranger, stranger); err == nil {
			c.Close()
			t.Errorf("%+v: a stranger has connected", groups)
		}
		if group := max(groups.Full, groups.ReadOnly); group >= 0 {
			c, err := dialAs(a.socket, stranger, stranger, uint32(group))
			if err != nil {
				t.Errorf("%+v: a member: %v", groups, err)
				continue
			}
			c.Close()
		}
	}
}

// TestIntegrationStrangersCannotUseUpTheDaemon: they get an answer before they
// have sent their request, and no more than a few are heard at a time.
func TestIntegrationStrangersCannotUseUpTheDaemon(t *testing.T) {
	a := startAPI(t, Groups{Full: administrators, ReadOnly: readers})
	c, err := dialAs(a.socket, stranger, stranger)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /pptpac.admin.v1.UserService/ListUsers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	var b [64]byte
	n, err := c.Read(b[:])
	if got := string(b[:n]); err != nil || !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d", http.StatusForbidden)) {
		t.Errorf("answer %q, %v, want 403 at once", got, err)
	}
	var open []net.Conn
	closed := 0
	for range 3 * maxStrangers {
		c, err := dialAs(a.socket, stranger, stranger)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	for _, c := range open {
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := c.Read(b[:]); err != nil && !isTimeout(err) {
			closed++
		}
	}
	if want := 2 * maxStrangers; closed < want {
		t.Errorf("%d of %d connections are closed, want at least %d", closed, len(open), want)
	}
	if _, err := a.daemon().Version(context.Background(), connect.NewRequest(&adminv1.VersionRequest{})); err != nil {
		t.Errorf("root is kept out: %v", err)
	}
	for _, c := range open {
		c.Close()
	}
	// Room is given back.
	for deadline := time.Now().Add(5 * time.Second); ; {
		c, err := dialAs(a.socket, stranger, stranger)
		if err != nil {
			t.Fatal(err)
		}
		_, err = adminv1connect.NewDaemonServiceClient(connected(c), BaseURL).Version(context.Background(), connect.NewRequest(&adminv1.VersionRequest{}))
		c.Close()
		if connect.CodeOf(err) == connect.CodePermissionDenied {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no answer any more: %v", err)
		}
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
