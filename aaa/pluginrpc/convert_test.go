package pluginrpc

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/mschap"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

// trip carries a message over the wire format.
func trip[M proto.Message](t *testing.T, m M, into M) M {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	if err := proto.Unmarshal(b, into); err != nil {
		t.Fatalf("unmarshal: %v", err)
	}
	return into
}

func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEveryFieldIsCarried sets each field of each type of the contract alone,
// and all together, and wants it to arrive. A field that was added to the
// contract and forgotten here fails.
func TestEveryFieldIsCarried(t *testing.T) {
	t.Run("Info", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.Info) aaa.Info {
			return infoFromProto(trip(t, infoToProto(v), &aaav1.InfoResponse{}))
		})
	})
	t.Run("Configuration", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.Configuration) aaa.Configuration {
			return configurationFromProto(trip(t, configurationToProto(v), &aaav1.ConfigureRequest{}))
		})
	})
	t.Run("AuthRequest", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.AuthRequest) aaa.AuthRequest {
			got, err := authRequestFromProto(trip(t, authRequestToProto(&v), &aaav1.AuthRequest{}))
			return *must(t, got, err)
		})
	})
	verdict := func(t *testing.T, v aaa.Verdict) aaa.Verdict {
		m, err := verdictToProto(&v)
		got, err2 := verdictFromProto(trip(t, must(t, m, err), &aaav1.Verdict{}))
		return *must(t, got, err2)
	}
	// Each field is carried with the result that it belongs to.
	with := func(r aaa.Result, absent ...string) func(*aaa.Verdict) []string {
		return func(v *aaa.Verdict) []string {
			v.Result = r
			return append(absent, "Result")
		}
	}
	t.Run("Verdict/reject", func(t *testing.T) {
		carried(t, with(aaa.Reject, "Policy", "Success", "Keys", "State"), verdict)
	})
	t.Run("Verdict/accept", func(t *testing.T) { carried(t, with(aaa.Accept, "Code", "State"), verdict) })
	t.Run("Verdict/challenge", func(t *testing.T) {
		carried(t, with(aaa.Challenge, "Policy", "Success", "Keys", "Code"), verdict)
	})
	t.Run("Verdict/unknown-user", func(t *testing.T) {
		carried(t, with(aaa.UnknownUser, "Policy", "Success", "Keys", "Code", "State"), verdict)
	})
	t.Run("Record", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.Record) aaa.Record {
			got, err := recordFromProto(trip(t, recordToProto(&v), &aaav1.Record{}))
			return *must(t, got, err)
		})
	})
	t.Run("Command", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.Command) aaa.Command {
			got, err := commandFromProto(trip(t, commandToProto(&v), &aaav1.Command{}))
			return *must(t, got, err)
		})
	})
	t.Run("CommandResult", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.CommandResult) aaa.CommandResult {
			return commandResultFromProto(trip(t, commandResultToProto(v), &aaav1.CommandResult{}))
		})
	})
	t.Run("User", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.User) aaa.User {
			got, err := userFromProto(trip(t, userToProto(v), &aaav1.User{}))
			return must(t, got, err)
		})
	})
	t.Run("UserChange", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.UserChange) aaa.UserChange {
			got, err := userChangeFromProto(trip(t, userChangeToProto(v), &aaav1.UserChange{}))
			return must(t, got, err)
		})
	})
	t.Run("RespondRequest", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.RespondRequest) aaa.RespondRequest {
			got, err := respondRequestFromProto(trip(t, respondRequestToProto(&v), &aaav1.RespondRequest{}))
			return *must(t, got, err)
		})
	})
	t.Run("Response", func(t *testing.T) {
		carried(t, nil, func(t *testing.T, v aaa.Response) aaa.Response {
			got, err := responseFromProto(trip(t, responseToProto(&v), &aaav1.RespondResponse{}))
			return *must(t, got, err)
		})
	})
}

// carried checks a conversion there and back. base sets what every value has and
// names the fields that this shape of the value does not have.
func carried[T any](t *testing.T, base func(*T) []string, there func(*testing.T, T) T) {
	t.Helper()
	start := func() (v T, absent []string) {
		if base != nil {
			absent = base(&v)
		}
		return v, absent
	}
	check := func(t *testing.T, v T) {
		t.Helper()
		got := there(t, v)
		// Secrets print as such, and must be compared as what they are.
		if diff := cmp.Diff(v, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
			cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("what arrives differs (-sent +arrived):\n%s", diff)
		}
	}
	empty, absent := start()
	t.Run("none", func(t *testing.T) { check(t, empty) })
	all := empty
	for _, path := range leaves(t, reflect.TypeFor[T](), nil) {
		first := reflect.TypeFor[T]().FieldByIndex(path[:1]).Name
		if contains(absent, first) {
			continue
		}
		one, _ := start()
		name := fill(t, reflect.ValueOf(&one).Elem(), path)
		fill(t, reflect.ValueOf(&all).Elem(), path)
		t.Run(name, func(t *testing.T) { check(t, one) })
	}
	t.Run("all", func(t *testing.T) { check(t, all) })
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// opaque types are leaves although they are structs.
func opaque(typ reflect.Type) bool {
	return typ == reflect.TypeFor[netip.Addr]() || typ == reflect.TypeFor[netip.Prefix]() || typ == reflect.TypeFor[time.Time]()
}

// leaves lists the paths to all fields, through pointers and slices.
func leaves(t *testing.T, typ reflect.Type, path []int) (all [][]int) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || opaque(typ) {
		return [][]int{append([]int(nil), path...)}
	}
	for i := range typ.NumField() {
		all = append(all, leaves(t, typ.Field(i).Type, append(path, i))...)
	}
	return all
}

// fill sets the field at path to something that is not its zero value, making
// pointers and slices on the way, and returns its name.
func fill(t *testing.T, v reflect.Value, path []int) string {
	t.Helper()
	var names []string
	for _, i := range path {
		v = reach(v)
		names = append(names, v.Type().Field(i).Name)
		v = v.Field(i)
	}
	name := strings.Join(names, ".")
	v = reach(v)
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.MustParseAddr("10.5.17.1")))
		return name
	case netip.Prefix:
		v.Set(reflect.ValueOf(netip.MustParsePrefix("10.6.0.0/16")))
		return name
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)))
		return name
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text ü")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(40)
	case reflect.Uint8:
		v.SetUint(2)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(41)
	default:
		t.Fatalf("BUG in the test: %s is a %v", name, v.Type())
	}
	return name
}

// reach follows v through pointers and slices, making what is missing. Keys have
// a length of their own.
func reach(v reflect.Value) reflect.Value {
	for {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		case reflect.Slice:
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			}
			v = v.Index(0)
		case reflect.Struct:
			if keys, ok := v.Addr().Interface().(*mschap.StartKeys); ok && keys.Send128 == nil {
				*keys = mschap.StartKeys{
					Send128: make([]byte, 16), Recv128: make([]byte, 16),
					Send64: make([]byte, 8), Recv64: make([]byte, 8),
				}
			}
			return v
		default:
			return v
		}
	}
}
