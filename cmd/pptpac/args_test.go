package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsFirst(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"no flags", "users list", "users list"},
		{"flag after words", "users add name=x --password-stdin", "users add --password-stdin name=x"},
		{"flag between words", "users add name=x --password-stdin group=ppp", "users add --password-stdin name=x group=ppp"},
		{"value after the flag after a word", "sessions list user=x -o json caller=y", "sessions list -o json user=x caller=y"},
		{"value with =", "sessions list user=x --output=json", "sessions list --output=json user=x"},
		{"boolean flag takes no value", "sessions list --ended user=x", "sessions list --ended user=x"},
		{"in order already", "pools leases -o json big", "pools leases -o json big"},
		{"alias", "user add name=x --password-stdin", "user add --password-stdin name=x"},
		{"global before", "--socket /s users add name=x --password-stdin", "--socket /s users add --password-stdin name=x"},
		{"global with = before", "--socket=/s users list", "--socket=/s users list"},
		{"global that looks like a command", "--socket users list", "--socket users list"},
		{"global between", "users --socket /s list", "--socket /s users list"},
		{"global after", "users list --socket /s", "--socket /s users list"},
		{"global with = after", "users list -o json --socket=/s", "--socket=/s users list -o json"},
		{"words that look like commands", "users remove list users", "users remove list users"},
		{"after --", "users add -- name=-x --password-stdin", "users add -- name=-x --password-stdin"},
		{"words and --", "users remove a -- -b --password-stdin", "users remove -- a -b --password-stdin"},
		{"flags, words and --", "users remove a --backend b -- -c", "users remove --backend b -- a -c"},
		{"nothing after --", "users remove a --", "users remove -- a"},
		{"-- before the command", "-- users list", "-- users list"},
		{"unknown flags stay flags", "users add name=x --bogus", "users add --bogus name=x"},
		{"unknown global flag", "--bogus users list", "--bogus users list"},
		{"a single dash is a word", "users remove - --backend x", "users remove --backend x -"},
		{"missing value", "pools leases big -o", "pools leases -o"},
		{"missing value of a global", "pools leases big --socket", "pools leases --socket"},
		{"unknown command", "bogus --x y", "--x bogus y"},
		{"completion stays last", "users add name=x --generate-bash-completion", "users add name=x --generate-bash-completion"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := append([]string{"pptpac"}, strings.Fields(tt.in)...)
			got := flagsFirst(newApp(), in)
			want := append([]string{"pptpac"}, strings.Fields(tt.want)...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("flagsFirst(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
	if got := flagsFirst(newApp(), nil); len(got) != 0 {
		t.Errorf("flagsFirst(nil) = %q", got)
	}
}

func TestFlagsFirstDoesNotWriteToItsArgument(t *testing.T) {
	in := strings.Fields("pptpac users add name=x --password-stdin -- y")
	before := strings.Join(in, " ")
	flagsFirst(newApp(), in)
	if got := strings.Join(in, " "); got != before {
		t.Errorf("argument is now %q, was %q", got, before)
	}
}
