// Command pptpac is a PPTP access concentrator, and the tool that administers
// it. This package only wires: flags, files, packages, tables.
package main

import (
	"errors"
	"fmt"
	"os"

	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"
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
	fmt.Fprintln(os.Stderr, "pptpac:", message(err))
	os.Exit(status(err))
}

func newApp() *cli.App {
	return &cli.App{
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
		Action:          groupAction,
		OnUsageError:    usageError,
		CommandNotFound: nil,
		ExitErrHandler:  func(*cli.Context, error) {}, // main does it
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
		return usagef("%s: no such command %q; see '%s --help'", c.Command.HelpName, c.Args().First(), c.Command.HelpName)
	}
	_ = cli.ShowSubcommandHelp(c)
	return usagef("%s: a command is needed", c.Command.HelpName)
}

// status is the exit status for an error.
func status(err error) int {
	var u *usage
	if errors.As(err, &u) {
		return exitUsage
	}
	var c *connect.Error
	if errors.As(err, &c) && c.Code() == connect.CodeInvalidArgument {
		return exitUsage
	}
	return exitFailed
}

// message strips what only matters between client and daemon.
func message(err error) string {
	var c *connect.Error
	if !errors.As(err, &c) {
		return err.Error()
	}
	if c.Code() == connect.CodeUnavailable && !connect.IsWireError(err) {
		return fmt.Sprintf("no daemon answers: %s (is `pptpac serve` running? --socket or PPTPAC_SOCKET names its socket)", c.Message())
	}
	return c.Message()
}
