package main

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPasswordFromStandardInput(t *testing.T) {
	wide := strings.Repeat("\U0001F600", maxPassword) // four octets each
	for _, tt := range []struct{ name, stdin, want, err string }{
		{"line", "secret\n", "secret", ""},
		{"line of Windows", "secret\r\n", "secret", ""},
		{"no line end", "secret", "secret", ""},
		{"first line only", "secret\nother\n", "secret", ""},
		{"blanks are part of it", " a b \n", " a b ", ""},
		{"longest", strings.Repeat("x", maxPassword) + "\n", strings.Repeat("x", maxPassword), ""},
		{"longest in octets", wide + "\n", wide, ""},
		{"too long", strings.Repeat("x", maxPassword+1) + "\n", "", "more than 256"},
		{"too long in octets", wide + "x\n", "", "more than 256"},
		{"endless", strings.Repeat("\U0001F600", 100_000), "", "more than 256"},
		{"empty line", "\n", "", "empty"},
		{"nothing", "", "", "empty"},
		{"not UTF-8", "a\xff\n", "", "not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeDaemon(t)
			o := on(f.socket, tt.stdin, "users", "add", "name=x", "--password-stdin")
			if tt.err != "" {
				o.check(t, 2, tt.err)
				if f.added != nil {
					t.Error("the daemon was asked all the same")
				}
				return
			}
			o.check(t, 0, "")
			if got := f.added.GetPassword(); got != tt.want {
				t.Errorf("password %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPasswordThatCannotBeRead(t *testing.T) {
	app := newApp()
	app.Reader = iotest.ErrReader(errors.New("broken"))
	err := app.Run([]string{"pptpac", "users", "add", "--password-stdin", "name=x"})
	if err == nil || !strings.Contains(err.Error(), "broken") || status(err) != exitFailed {
		t.Errorf("error %v, want a failure that tells why", err)
	}
}
