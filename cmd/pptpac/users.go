package main

import (
	"fmt"
	"strconv"

	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/cmd/pptpac/config"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

// userKeys are what can be said about a user, in the manual's words.
var userKeys = []string{
	"group", "enabled", "comment", "caller-id", "only-one", "local-address", "remote-address",
	"max-session-time", "storage", "tx-bit-rate", "rx-bit-rate",
}

func usersCommand() *cli.Command {
	backend := &cli.StringFlag{Name: "backend", Usage: "`NAME` of the backend that keeps the users; default: the first that does"}
	stdin := &cli.BoolFlag{Name: "password-stdin", Usage: "read the password from the first line of standard input instead of a prompt"}
	words := "[group=ppp] [enabled=yes|no] [comment=TEXT] [caller-id=ADDRESS] [only-one=yes|no] [local-address=ADDRESS] " +
		"[remote-address=ADDRESS] [max-session-time=TIME] [storage=nt-hash|reversible] [tx-bit-rate=N rx-bit-rate=N]"
	return &cli.Command{
		Name: "users", Aliases: []string{"user"}, Usage: "keep the local users", Action: groupAction,
		Subcommands: []*cli.Command{
			{Name: "add", Usage: "add a user; the password is asked for", ArgsUsage: "name=NAME " + words, Flags: []cli.Flag{backend, stdin}, Action: addUser},
			{Name: "set", Usage: "change a user", ArgsUsage: "NAME " + words, Flags: []cli.Flag{backend, stdin}, Action: setUser},
			{Name: "list", Usage: "list users", Flags: []cli.Flag{backend, outputFlag()}, Action: listUsers},
			{Name: "passwd", Usage: "change a user's password", ArgsUsage: "NAME [storage=nt-hash|reversible]", Flags: []cli.Flag{backend, stdin}, Action: setPassword},
			{Name: "disable", Usage: "let users in no more; live sessions go on", ArgsUsage: "NAME ...", Flags: []cli.Flag{backend}, Action: enableUsers(false)},
			{Name: "enable", Usage: "let users in again", ArgsUsage: "NAME ...", Flags: []cli.Flag{backend}, Action: enableUsers(true)},
			{Name: "remove", Usage: "remove users; live sessions go on", ArgsUsage: "NAME ...", Flags: []cli.Flag{backend}, Action: removeUsers},
		},
	}
}

func addUser(c *cli.Context) error {
	w, err := parseWords(c.Args().Slice(), append([]string{"name"}, userKeys...)...)
	if err == nil {
		err = w.noBare()
	}
	if err != nil {
		return err
	}
	name := w.values["name"]
	if name == "" {
		return usagef("users add: name=NAME is needed")
	}
	change, err := userChange(w)
	if err != nil {
		return err
	}
	password, err := readPassword(c, name)
	if err != nil {
		return err
	}
	u := &adminv1.User{
		Name: name, Group: aaa.GroupPPP, Enabled: true, Comment: change.GetComment(), CallerId: change.GetCallerId(),
		OnlyOne: change.GetOnlyOne(), LocalAddress: change.GetLocalAddress(), RemoteAddress: change.GetRemoteAddress(),
		MaxSessionTime: change.MaxSessionTime, Storage: change.GetStorage(),
		TxBitRate: change.GetTxBitRate(), RxBitRate: change.GetRxBitRate(),
	}
	if change.Group != nil {
		u.Group = change.GetGroup()
	}
	if change.Enabled != nil {
		u.Enabled = change.GetEnabled()
	}
	if _, err = userClient(c).AddUser(c.Context, connect.NewRequest(&adminv1.AddUserRequest{Backend: c.String("backend"), User: u, Password: password})); err != nil {
		return err
	}
	warnOfGroup(c, name, u.GetGroup())
	return nil
}

func setUser(c *cli.Context) error {
	w, err := parseWords(c.Args().Slice(), append([]string{"name"}, userKeys...)...)
	if err != nil {
		return err
	}
	name, err := w.oneName(c)
	if err != nil {
		return err
	}
	change, err := userChange(w)
	if err != nil {
		return err
	}
	if change.Storage != nil || c.Bool("password-stdin") {
		password, err := readPassword(c, name)
		if err != nil {
			return err
		}
		change.Password = &password
	}
	if err := changeUser(c, name, change); err != nil {
		return err
	}
	if change.Group != nil {
		warnOfGroup(c, name, change.GetGroup())
	}
	return nil
}

func setPassword(c *cli.Context) error {
	w, err := parseWords(c.Args().Slice(), "name", "storage")
	if err != nil {
		return err
	}
	name, err := w.oneName(c)
	if err != nil {
		return err
	}
	password, err := readPassword(c, name)
	if err != nil {
		return err
	}
	change := &adminv1.UserChange{Password: &password}
	if s, ok := w.values["storage"]; ok {
		change.Storage = &s
	}
	return changeUser(c, name, change)
}

func enableUsers(enabled bool) cli.ActionFunc {
	return func(c *cli.Context) error {
		return eachUser(c, func(name string) error {
			return changeUser(c, name, &adminv1.UserChange{Enabled: &enabled})
		})
	}
}

func removeUsers(c *cli.Context) error {
	return eachUser(c, func(name string) error {
		r := &adminv1.RemoveUserRequest{Backend: c.String("backend"), Name: name}
		_, err := userClient(c).RemoveUser(c.Context, connect.NewRequest(r))
		return err
	})
}

// eachUser does something to every user that is named, whatever happens to the
// others: who locks three users out must not stop at a slip in the first name.
func eachUser(c *cli.Context, do func(name string) error) error {
	w, err := parseWords(c.Args().Slice(), "name")
	if err != nil {
		return err
	}
	names, err := w.names(c)
	if err != nil {
		return err
	}
	var failed failures
	for _, name := range names {
		err := do(name)
		if err != nil && !connect.IsWireError(err) {
			return err // no daemon
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

func changeUser(c *cli.Context, name string, change *adminv1.UserChange) error {
	_, err := userClient(c).SetUser(c.Context, connect.NewRequest(&adminv1.SetUserRequest{Backend: c.String("backend"), Name: name, Change: change}))
	return err
}

// warnOfGroup tells of a user who cannot dial in.
func warnOfGroup(c *cli.Context, name, group string) {
	if group != aaa.GroupPPP {
		fmt.Fprintf(c.App.ErrWriter, "note: %s cannot dial in: that takes group=%s\n", name, aaa.GroupPPP)
	}
}

// userChange reads the words that describe a user.
func userChange(w words) (*adminv1.UserChange, error) {
	change := &adminv1.UserChange{}
	for _, key := range w.order {
		value := w.values[key]
		var err error
		switch key {
		case "group":
			change.Group = &value
		case "enabled":
			change.Enabled, err = yesNoPointer(key, value)
		case "comment":
			change.Comment = &value
		case "caller-id":
			change.CallerId = &value
		case "only-one":
			change.OnlyOne, err = yesNoPointer(key, value)
		case "local-address":
			change.LocalAddress = &value
		case "remote-address":
			change.RemoteAddress = &value
		case "max-session-time":
			d, parseErr := config.ParseTime(value)
			if parseErr != nil {
				return nil, quoted(parseErr, key, value)
			}
			change.MaxSessionTime = durationpb.New(d)
		case "storage":
			change.Storage = &value
		case "tx-bit-rate":
			change.TxBitRate, err = rate(key, value)
		case "rx-bit-rate":
			change.RxBitRate, err = rate(key, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return change, nil
}

func yesNoPointer(key, value string) (*bool, error) {
	b, err := parseYesNo(key, value)
	return &b, err
}

func rate(key, value string) (*uint64, error) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return nil, usagef("%s=%s: expected bits per second, 0 is no limit", key, value)
	}
	return &n, nil
}

func listUsers(c *cli.Context) error {
	if err := noWords(c, 0); err != nil {
		return err
	}
	r, err := userClient(c).ListUsers(c.Context, connect.NewRequest(&adminv1.ListUsersRequest{Backend: c.String("backend")}))
	if err != nil {
		return err
	}
	return printRows(c, r.Msg.GetUsers(), userColumns)
}

type userRow = *adminv1.User

var userColumns = []column[userRow]{
	textColumn("name", false, userRow.GetName),
	textColumn("group", false, userRow.GetGroup),
	boolColumn("enabled", false, userRow.GetEnabled),
	textColumn("caller-id", false, userRow.GetCallerId),
	boolColumn("only-one", false, userRow.GetOnlyOne),
	textColumn("local-address", true, userRow.GetLocalAddress),
	textColumn("remote-address", false, userRow.GetRemoteAddress),
	secondsColumn("max-session-time", true, userRow.GetMaxSessionTime),
	textColumn("storage", true, userRow.GetStorage),
	numberColumn("tx-bit-rate", userRow.GetTxBitRate),
	numberColumn("rx-bit-rate", userRow.GetRxBitRate),
	timeColumn("last-logged-in", false, userRow.GetLastLoggedIn),
	timeColumn("last-logged-out", true, userRow.GetLastLoggedOut),
	textColumn("last-caller-id", true, userRow.GetLastCallerId),
	textColumn("last-disconnect-reason", true, userRow.GetLastDisconnectReason),
	timeColumn("last-failed", true, userRow.GetLastFailed),
	textColumn("last-failed-reason", true, userRow.GetLastFailedReason),
	textColumn("comment", false, userRow.GetComment),
}

func boolColumn[T any](name string, wide bool, get func(T) bool) column[T] {
	return column[T]{name: name, wide: wide, text: func(r T) string { return yesNo(get(r)) }, json: func(r T) any { return get(r) }}
}

// passwordPrompt is what a user is asked.
func passwordPrompt(name string) string { return fmt.Sprintf("password of %s: ", name) }
