// Command pptpac is a PPTP access concentrator, and the tool that administers
// it. This package only wires: flags, files, packages, tables.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"

	"github.com/pptpac/pptpac/cmd/pptpac/config"
)

// Exit statuses.
const (
	exitFailed = 1 // refused or failed
	exitUsage  = 2 // wrong use
)

func main() {
	app := newApp()
	err := app.Run(flagsFirst(app, os.Args))
	if err == nil {
		return
	}
	text := cleanLines(message(err))
	if _, ok := errors.AsType[config.Problems](err); !ok { // those begin with file:line, for editors
		text = "pptpac: " + text
	}
	fmt.Fprintln(os.Stderr, text)
	os.Exit(status(err))
}

func newApp() *cli.App {
	app := &cli.App{
		Name:                 "pptpac",
		Usage:                "PPTP access concentrator",
		HideVersion:          true,
		EnableBashCompletion: true,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "socket", Usage: "admin `SOCKET` of the running daemon", EnvVars: []string{"PPTPAC_SOCKET"}, Value: defaultSocket},
		},
		Commands: []*cli.Command{
			serveCommand(), checkCommand(), reloadCommand(), versionCommand(),
			sessionsCommand(), usersCommand(), poolsCommand(), pluginCommand(),
		},
		Action:         groupAction,
		OnUsageError:   usageError,
		ExitErrHandler: func(*cli.Context, error) {}, // main does it
	}
	strict(app.Commands)
	return app
}

// strict makes wrong use of every command an error of type usage. Commands get
// no sub-command "help": it would stand in the way of a user by that name, or
// by the name "h". There is --help.
func strict(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError, c.HideHelpCommand = usageError, true
		strict(c.Subcommands)
	}
}

// usage is an error in the use of the command line: exit status 2.
type usage struct{ text string }

func (u *usage) Error() string { return u.text }

func usagef(format string, a ...any) error { return &usage{fmt.Sprintf(format, a...)} }

func usageError(_ *cli.Context, err error, _ bool) error { return &usage{err.Error()} }

// groupAction is the action of a command that only has sub-commands.
func groupAction(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("no such command %q; see '%s --help'", c.Args().First(), c.Command.HelpName)
	}
	_ = cli.ShowSubcommandHelp(c)
	return usagef("a command is needed after '%s'", c.Command.HelpName)
}

// commandName is what the user typed after "pptpac".
func commandName(c *cli.Context) string {
	return strings.TrimPrefix(c.Command.HelpName, c.App.Name+" ")
}

// noWords refuses words after a command that takes at most so many.
func noWords(c *cli.Context, most int) error {
	if c.NArg() > most {
		return usagef("%s: %q is too much", commandName(c), c.Args().Get(most))
	}
	return nil
}

// failures are what went wrong with several items of one command.
type failures []error

func (f failures) Error() string {
	var lines []string
	for _, err := range f {
		lines = append(lines, message(err))
	}
	return strings.Join(lines, "\n")
}

func (f failures) Unwrap() []error { return f }

// status is the exit status for an error.
func status(err error) int {
	if _, ok := errors.AsType[*usage](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[cli.ExitCoder](err); ok { // `help` on a topic that is none
		return exitUsage
	}
	if c, ok := errors.AsType[*connect.Error](err); ok && c.Code() == connect.CodeInvalidArgument {
		return exitUsage
	}
	return exitFailed
}

// message strips what only matters between client and daemon.
func message(err error) string {
	if f, ok := errors.AsType[failures](err); ok {
		return f.Error()
	}
	c, ok := errors.AsType[*connect.Error](err)
	switch {
	case !ok:
		return err.Error()
	case connect.IsWireError(err):
		return c.Message()
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("you may not use the socket of the daemon: %s (be root, or a member of the group of [admin] group)", c.Message())
	case c.Code() == connect.CodeUnavailable:
		return fmt.Sprintf("no daemon answers: %s (is `pptpac serve` running? --socket or PPTPAC_SOCKET names its socket)", c.Message())
	case c.Code() == connect.CodeDeadlineExceeded:
		return fmt.Sprintf("the daemon does not answer: %s", c.Message())
	}
	return c.Message()
}
