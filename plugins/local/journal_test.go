package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/aaatest"
)

func TestEncodeLine(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 500, time.FixedZone("", 7200))
	full := aaa.Record{
		Type: aaa.Stop, SessionID: "81", Time: at, User: "john", Server: "pptp-dynamic-server", Interface: "pptp0",
		Method: aaa.MSCHAPv2, CallerID: "192.0.2.7", CalledID: "198.51.100.1", NASPort: 3,
		LocalAddress: netip.MustParseAddr("10.5.17.254"), RemoteAddress: netip.MustParseAddr("10.5.17.1"),
		Encoding: "MPPE 128 bit, stateless", Class: [][]byte{{1, 2}}, Duration: 1500 * time.Millisecond,
		RxOctets: 4, RxPackets: 5, TxOctets: 6, TxPackets: 7,
		TerminateCause: aaa.IdleTimeout, Reason: "idle for 10m", Backend: "local",
	}
	for _, c := range []struct {
		name string
		r    aaa.Record
		want string
	}{
		{"full", full, `{"time":"2024-05-06T05:08:09.0000005Z","type":"stop","id":"81","user":"john",` +
			`"server":"pptp-dynamic-server","interface":"pptp0","method":"ms-chapv2","caller-id":"192.0.2.7",` +
			`"called-id":"198.51.100.1","nas-port":3,"local-address":"10.5.17.254","remote-address":"10.5.17.1",` +
			`"encoding":"MPPE 128 bit, stateless","class":["AQI="],"uptime":1.5,"rx-octets":4,"rx-packets":5,` +
			`"tx-octets":6,"tx-packets":7,"terminate-cause":"Idle-Timeout","reason":"idle for 10m","backend":"local"}`},
		{"least", aaa.Record{Type: aaa.AccountingOn, Time: at}, `{"time":"2024-05-06T05:08:09.0000005Z",` +
			`"type":"accounting-on","uptime":0,"rx-octets":0,"rx-packets":0,"tx-octets":0,"tx-packets":0}`},
		{"odd name", aaa.Record{Type: aaa.Interim, Time: at, User: "a\n\xff\""}, `{"time":"2024-05-06T05:08:09.0000005Z",` +
			`"type":"interim","user":"a\n` + "\uFFFD" + `\"","uptime":0,"rx-octets":0,"rx-packets":0,"tx-octets":0,"tx-packets":0}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := encodeLine(&c.r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want+"\n", string(got)); diff != "" {
				t.Errorf("encodeLine() (-want +got):\n%s", diff)
			}
		})
	}
}

// lines reads the ids of a journal file, every line of which must be whole.
func lines(t *testing.T, path string) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		var got line
		if err := json.Unmarshal([]byte(l), &got); err != nil {
			t.Errorf("line %q of %s: %v", l, path, err)
		}
		ids = append(ids, got.ID)
	}
	return ids
}

func account(t *testing.T, b *Backend, id string) {
	t.Helper()
	r := aaa.Record{Type: aaa.Interim, SessionID: id, User: "john", Time: time.Unix(1, 0)}
	if err := b.Account(t.Context(), &r); err != nil {
		t.Errorf("Account(%s) = %v, want nil", id, err)
	}
}

func TestJournalKeepsEveryRecordOfManyWriters(t *testing.T) {
	dir := t.TempDir()
	b := configured(t, dir)
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for i := range 20 {
				account(t, b, fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	writers.Wait()
	seen := map[string]bool{}
	for _, id := range lines(t, filepath.Join(dir, journalFile)) {
		seen[id] = true
	}
	if got, want := len(seen), 16*20; got != want {
		t.Errorf("%d different records in the file, want %d", got, want)
	}
}

func TestJournalRotates(t *testing.T) {
	for _, keep := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			dir := t.TempDir()
			b := configured(t, dir)
			o := fmt.Sprintf(`{"accounting-fsync":false,"accounting-max-size":4096,"accounting-keep-files":%d}`, keep)
			if err := b.Configure(t.Context(), aaa.Configuration{StateDir: dir, Options: []byte(o)}); err != nil {
				t.Fatal(err)
			}
			for i := range 200 {
				account(t, b, fmt.Sprint(i))
			}
			files, err := filepath.Glob(filepath.Join(dir, journalFile+"*"))
			if err != nil || len(files) != keep+1 {
				t.Fatalf("files %v, %v, want %d", files, err, keep+1)
			}
			var ids []string
			for i := keep; i >= 0; i-- {
				path := filepath.Join(dir, journalFile)
				if i > 0 {
					path = fmt.Sprintf("%s.%d", path, i)
				}
				if info, err := os.Stat(path); err != nil || info.Size() > 4096 {
					t.Errorf("%s has %v, %v, want at most 4096 octets", path, info, err)
				}
				ids = append(ids, lines(t, path)...)
			}
			// What is left is the end of the sequence, without a hole.
			for i, id := range ids {
				if want := fmt.Sprint(200 - len(ids) + i); id != want {
					t.Fatalf("record %d is %s, want %s", i, id, want)
				}
			}
		})
	}
}

func TestJournalEndsALineThatACrashLeftOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalFile)
	if err := os.WriteFile(path, []byte(`{"id":"torn`), 0o600); err != nil {
		t.Fatal(err)
	}
	b := configured(t, dir)
	account(t, b, "whole")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if first, rest, _ := bytes.Cut(text, []byte("\n")); string(first) != `{"id":"torn` || !bytes.HasPrefix(rest, []byte(`{"time"`)) {
		t.Errorf("file is %q, want the torn line ended and a new one begun", text)
	}
}

func TestJournalTellsThatTheDiskRefuses(t *testing.T) {
	b := configured(t, t.TempDir())
	j := b.database.journal
	readOnly, err := os.Open(j.path)
	if err != nil {
		t.Fatal(err)
	}
	whole := j.file
	j.file = readOnly
	err = b.Account(t.Context(), &aaa.Record{Type: aaa.Interim})
	if err == nil {
		t.Errorf("Account() = %v, want an error", err)
	}
	// It goes on when the disk does.
	j.file = whole
	account(t, b, "1")
	if got := lines(t, j.path); len(got) != 1 || got[0] != "1" {
		t.Errorf("records %q, want [1]", got)
	}
	if err := readOnly.Close(); err != nil {
		t.Error(err)
	}
}

func TestAccountRespectsItsDeadline(t *testing.T) {
	b := configured(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Either it was quicker than the context, or it says so.
	err := b.Account(ctx, &aaa.Record{Type: aaa.Interim})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Account() = %v, want nil or Canceled", err)
	}
}

func TestLastSeen(t *testing.T) {
	dir := t.TempDir()
	b := configured(t, dir)
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	b.now = func() time.Time { return now }
	if _, err := b.Authenticate(t.Context(), aaatest.Request(t, aaa.MSCHAPv2, "john", "wrong")); err != nil {
		t.Fatal(err)
	}
	early, late := now.Add(time.Minute), now.Add(time.Hour)
	for _, r := range []aaa.Record{
		{Type: aaa.Start, User: "john", Time: late, CallerID: "192.0.2.2"},
		{Type: aaa.Start, User: "john", Time: early, CallerID: "192.0.2.1"}, // comes late
		{Type: aaa.Stop, User: "john", Time: early, TerminateCause: aaa.LostCarrier},
	} {
		if err := b.Account(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
	}
	// They survive a crash, which is an end without a goodbye, and a change of the user.
	no := false
	if err := b.SetUser(t.Context(), "john", aaa.UserChange{Enabled: &no}); err != nil {
		t.Fatal(err)
	}
	users, err := b.ListUsers(t.Context())
	if err != nil || len(users) != 1 {
		t.Fatalf("ListUsers() = %v, %v, want one user", users, err)
	}
	want := aaa.LastSeen{
		LoggedIn: late, LoggedOut: early, CallerID: "192.0.2.2", DisconnectReason: "Lost-Carrier",
		FailedAt: now, FailedReason: wrongPassword,
	}
	if diff := cmp.Diff(want, users[0].LastSeen); diff != "" {
		t.Errorf("last seen (-want +got):\n%s", diff)
	}
	// A new user of that name was never seen.
	if err := b.RemoveUser(t.Context(), "john"); err != nil {
		t.Fatal(err)
	}
	if err := b.AddUser(t.Context(), aaa.User{Name: "john", Group: "ppp"}, "x"); err != nil {
		t.Fatal(err)
	}
	users, err = b.ListUsers(t.Context())
	if err != nil || len(users) != 1 || users[0].LastSeen != (aaa.LastSeen{}) {
		t.Errorf("ListUsers() = %v, %v, want a user never seen", users, err)
	}
}
