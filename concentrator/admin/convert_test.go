package admin

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/dataplane"
)

// filler gives every field a value of its own.
type filler struct{ n int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(f.n)})))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(1000+f.n), 0)))
		return
	case time.Duration:
		v.Set(reflect.ValueOf(time.Duration(f.n) * time.Second))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.n))
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0))
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(k)
		f.fill(e)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	default:
		panic("the test cannot fill " + v.Type().String())
	}
}

// leaves calls f for each field of v, and for those of the structs in it.
func leaves(v reflect.Value, path string, f func(path string, field reflect.Value)) {
	for i := range v.NumField() {
		field := v.Field(i)
		at := path + v.Type().Field(i).Name
		switch field.Interface().(type) {
		case netip.Addr, time.Time:
			f(at, field)
			continue
		}
		if field.Kind() == reflect.Struct {
			leaves(field, at+".", f)
			continue
		}
		f(at, field)
	}
}

// carried checks that each field of a value shows in the message that convert
// makes of it, but for those that are left out on purpose, and that every field
// of the message is used.
func carried[T any](t *testing.T, convert func(*T) proto.Message, leftOut ...string) {
	t.Helper()
	value := new(T)
	(&filler{}).fill(reflect.ValueOf(value).Elem())
	whole := convert(value)
	m := whole.ProtoReflect()
	for i := range m.Descriptor().Fields().Len() {
		if fd := m.Descriptor().Fields().Get(i); !m.Has(fd) {
			t.Errorf("message field %s is never set", fd.Name())
		}
	}
	leaves(reflect.ValueOf(value).Elem(), "", func(path string, field reflect.Value) {
		old := reflect.New(field.Type()).Elem()
		old.Set(field)
		field.SetZero()
		same := proto.Equal(whole, convert(value))
		field.Set(old)
		if same != slices.Contains(leftOut, path) {
			t.Errorf("field %s: in the message %t, meant to be left out %t", path, !same, slices.Contains(leftOut, path))
		}
	})
}

func TestEveryFactOfASessionIsCarried(t *testing.T) {
	carried(t, func(e *concentrator.EndedSession) proto.Message { return endedSession(e) },
		"SessionInfo.Policy",            // its effects are shown, not its words
		"SessionInfo.Counters.RxFrames", // only says whether GRE arrives, which the cause tells
	)
	now := time.Unix(5000, 0)
	i := &concentrator.SessionInfo{Connected: time.Unix(1000, 0), Counters: dataplane.Counters{LastActivity: time.Unix(4990, 0)}}
	p := liveSession(i, now)
	if p.GetUptime().GetSeconds() != 4000 || p.GetIdle().GetSeconds() != 10 {
		t.Errorf("uptime %v, idle %v, want 4000 s, 10 s", p.GetUptime(), p.GetIdle())
	}
}

func TestWhatIsAbsentStaysAbsent(t *testing.T) {
	p := liveSession(&concentrator.SessionInfo{Counters: dataplane.Counters{Drops: map[dataplane.DropReason]uint64{"x": 0}}}, time.Unix(5000, 0))
	if p.GetCaller() != "" || p.GetAddress() != "" || p.Connected != nil || p.Started != nil || p.IdleTimeout != nil ||
		p.Ended != nil || len(p.GetDrops()) != 0 || p.GetUptime().AsDuration() != 0 || p.GetIdle().AsDuration() != 0 {
		t.Errorf("an empty session is %v", p)
	}
}

func TestEveryFactOfAUserIsCarried(t *testing.T) {
	carried(t, func(u *aaa.User) proto.Message { return userMessage(u) },
		"Rate.UploadBurst", "Rate.DownloadBurst") // not in the API yet
	u := aaa.User{}
	(&filler{}).fill(reflect.ValueOf(&u).Elem())
	back, err := userValue(userMessage(&u))
	if err != nil {
		t.Fatal(err)
	}
	u.LastSeen, u.Rate.UploadBurst, u.Rate.DownloadBurst = aaa.LastSeen{}, 0, 0
	if diff := cmp.Diff(u, back, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
}

func TestEveryChangeIsCarried(t *testing.T) {
	fields := (&adminv1.UserChange{}).ProtoReflect().Descriptor().Fields()
	set := map[string]bool{}
	for i := range fields.Len() {
		name := fields.Get(i).TextName()
		p := &adminv1.UserChange{}
		v := reflect.ValueOf(p).Elem()
		for j := range v.NumField() {
			if f := v.Type().Field(j); f.IsExported() && protoName(f) == name {
				(&filler{}).fillPointer(v.Field(j))
			}
		}
		switch name { // what has a form, or goes together
		case "local_address", "remote_address":
			a := "10.0.0.1"
			v.FieldByName(map[string]string{"local_address": "LocalAddress", "remote_address": "RemoteAddress"}[name]).Set(reflect.ValueOf(&a))
		case "tx_bit_rate", "rx_bit_rate":
			n, zero := uint64(5), uint64(0)
			p.TxBitRate, p.RxBitRate = &n, &zero
		}
		c, err := changeValue(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := 0
		cv := reflect.ValueOf(c)
		for j := range cv.NumField() {
			if !cv.Field(j).IsNil() {
				got++
				set[cv.Type().Field(j).Name] = true
			}
		}
		if got != 1 {
			t.Errorf("%s alone sets %d fields, want 1", name, got)
		}
	}
	for j := range reflect.TypeFor[aaa.UserChange]().NumField() {
		if name := reflect.TypeFor[aaa.UserChange]().Field(j).Name; !set[name] {
			t.Errorf("UserChange.%s cannot be set", name)
		}
	}
}

// protoName is the name of the field in the proto.
func protoName(f reflect.StructField) string {
	for part := range strings.SplitSeq(f.Tag.Get("protobuf"), ",") {
		if name, ok := strings.CutPrefix(part, "name="); ok {
			return name
		}
	}
	return ""
}

// fillPointer fills a field of a message.
func (f *filler) fillPointer(v reflect.Value) {
	v.Set(reflect.New(v.Type().Elem()))
	if v.Elem().Kind() != reflect.Struct { // of a duration even zero is a value
		f.fill(v.Elem())
	}
}

func TestParseAddr(t *testing.T) {
	for _, bad := range []string{"x", "10.0.0", "10.0.0.1/32", "10.0.0.01", "::1", "::ffff:10.0.0.1", " 10.0.0.1", "fe80::1%eth0"} {
		if a, err := parseAddr("local-address", bad); err == nil {
			t.Errorf("parseAddr(%q) = %s, want an error", bad, a)
		} else if want := fmt.Sprintf("local-address=%s: not an IPv4 address, such as 10.5.17.9", bad); err.Error() != want {
			t.Errorf("parseAddr(%q): %q, want %q", bad, err, want)
		}
	}
	if a, err := parseAddr("k", ""); err != nil || a.IsValid() {
		t.Errorf("parseAddr of nothing = %v, %v", a, err)
	}
}
