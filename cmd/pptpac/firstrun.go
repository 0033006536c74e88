package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/pptpac/pptpac/aaa"
)

// firstUser is the name of the user that --first-user makes.
const firstUser = "demo"

// greet tells who has no users yet how to add one, or makes the first one.
func (d *daemon) greet(ctx context.Context, w io.Writer, makeUser bool) error {
	users, err := d.backends.users("")
	if err != nil {
		return nil // users live elsewhere
	}
	ctx, cancel := context.WithTimeout(ctx, configureTimeout)
	defer cancel()
	list, err := users.ListUsers(ctx)
	if err != nil {
		return fmt.Errorf("list users: %w", err)
	}
	switch {
	case len(list) > 0:
		return nil
	case !makeUser:
		fmt.Fprintf(w, "There is no user yet. Add one with:\n\n    pptpac --socket %s users add name=john group=ppp\n\n", d.cfg.Admin.Socket)
		return nil
	}
	password := rand.Text()[:16]
	if err := users.AddUser(ctx, aaa.User{Name: firstUser, Group: aaa.GroupPPP, Enabled: true, Comment: "made by the first run"}, aaa.Secret(password)); err != nil {
		return fmt.Errorf("first user: %w", err)
	}
	fmt.Fprintf(w, firstUserText, firstUser, password, d.cfg.Admin.Socket)
	return nil
}

// firstUserText says what to type where.
const firstUserText = `
A first user was made. It is shown this once:

    user      %[1]s
    password  %[2]s

Windows     Settings > Network & internet > VPN > Add a VPN connection:
            VPN type "Point to Point Tunneling Protocol (PPTP)", server = this
            machine's address, user name and password as above.
Linux       pppd pty "pptp SERVER --nolaunchpppd" noauth nodetach user %[1]s \
                password %[2]s refuse-pap refuse-chap refuse-mschap require-mppe-128
RouterOS    /interface pptp-client add connect-to=SERVER user=%[1]s password=%[2]s \
                profile=default-encryption disabled=no

Sessions    pptpac --socket %[3]s sessions list

`

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
