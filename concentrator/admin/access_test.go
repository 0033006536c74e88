package admin

import (
	"os"
	"testing"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

func TestAccessOf(t *testing.T) {
	me := os.Getuid()
	const other = 54321
	for _, tt := range []struct {
		name   string
		groups Groups
		uid    int
		gids   []int
		want   Access
	}{
		{"root", Groups{-1, -1}, 0, nil, FullAccess},
		{"the daemon's own user", Groups{-1, -1}, me, nil, FullAccess},
		{"somebody", Groups{-1, -1}, other, []int{other}, NoAccess},
		{"somebody in no group", Groups{10, 20}, other, nil, NoAccess},
		{"somebody of other groups", Groups{10, 20}, other, []int{30, 40}, NoAccess},
		{"administrator", Groups{10, 20}, other, []int{10}, FullAccess},
		{"administrator by another group", Groups{10, 20}, other, []int{30, 10}, FullAccess},
		{"reader", Groups{10, 20}, other, []int{30, 20}, ReadAccess},
		{"both", Groups{10, 20}, other, []int{20, 10}, FullAccess},
		{"one group for both", Groups{10, 10}, other, []int{10}, FullAccess},
		{"no group of administrators", Groups{-1, 20}, other, []int{20}, ReadAccess},
		{"group 0 is a group", Groups{0, -1}, other, []int{0}, FullAccess},
		{"no group is not group -1", Groups{-1, -1}, other, []int{-1}, NoAccess},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.groups.accessOf(tt.uid, tt.gids); got != tt.want {
				t.Errorf("accessOf(%d, %v) = %d, want %d", tt.uid, tt.gids, got, tt.want)
			}
		})
	}
}

// TestEveryProcedureHasItsAccess holds this table and the proto together: who
// adds a procedure decides here who may use it.
func TestEveryProcedureHasItsAccess(t *testing.T) {
	want := map[string]Access{
		"SessionService/ListSessions":      ReadAccess,
		"SessionService/ShowSession":       ReadAccess,
		"SessionService/TerminateSessions": FullAccess,
		"UserService/ListUsers":            ReadAccess,
		"UserService/AddUser":              FullAccess,
		"UserService/SetUser":              FullAccess,
		"UserService/RemoveUser":           FullAccess,
		"PoolService/ListPools":            ReadAccess,
		"PoolService/ListLeases":           ReadAccess,
		"DaemonService/Version":            ReadAccess,
		"DaemonService/Reload":             FullAccess,
	}
	services := adminv1.File_concentrator_admin_v1_admin_proto.Services()
	n := 0
	for i := range services.Len() {
		s := services.Get(i)
		for j := range s.Methods().Len() {
			n++
			m := s.Methods().Get(j)
			name := string(s.Name()) + "/" + string(m.Name())
			access, ok := want[name]
			if !ok {
				t.Errorf("%s is not in the table", name)
			}
			if got := accessNeeded("/" + string(s.FullName()) + "/" + string(m.Name())); got != access {
				t.Errorf("accessNeeded(%s) = %d, want %d", name, got, access)
			}
			if m.IsStreamingClient() || m.IsStreamingServer() {
				t.Errorf("%s streams: guard only sees unary calls", name)
			}
		}
	}
	if n != len(want) {
		t.Errorf("%d procedures, %d in the table", n, len(want))
	}
	if got := accessNeeded("/x/Unheard"); got != FullAccess {
		t.Errorf("accessNeeded of an unknown procedure = %d, want full access", got)
	}
}
