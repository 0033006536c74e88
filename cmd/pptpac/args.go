package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst moves the flags of the command that args name in front of its
// words, so that `users add name=john --password-stdin` works as people type
// it. A word after "--" is never a flag.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) == 0 {
		return args
	}
	head, tail := args[:1], args[1:]
	commands, flags := app.Commands, app.Flags
	for {
		i := commandAt(tail, commands, flags)
		if i < 0 {
			break
		}
		c := lookup(commands, tail[i])
		head = append(slices.Clone(head), tail[:i+1]...)
		tail, commands, flags = tail[i+1:], c.Subcommands, c.Flags
	}
	var options, words []string
	for i := 0; i < len(tail); i++ {
		switch {
		case tail[i] == "--":
			words = append(words, tail[i:]...)
			i = len(tail)
		case isFlag(tail[i]):
			options = append(options, tail[i])
			if takesValue(tail[i], flags) && i+1 < len(tail) {
				i++
				options = append(options, tail[i])
			}
		default:
			words = append(words, tail[i])
		}
	}
	return slices.Concat(head, options, words)
}

// commandAt returns where the first word that is no flag stands, if it names a
// command; -1 otherwise.
func commandAt(args []string, commands []*cli.Command, flags []cli.Flag) int {
	for i := 0; i < len(args); i++ {
		if !isFlag(args[i]) {
			if lookup(commands, args[i]) == nil {
				return -1
			}
			return i
		}
		if args[i] == "--" {
			return -1
		}
		if takesValue(args[i], flags) {
			i++
		}
	}
	return -1
}

func lookup(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// takesValue reports whether the word after the flag belongs to it.
func takesValue(arg string, flags []cli.Flag) bool {
	if strings.Contains(arg, "=") {
		return false
	}
	name := strings.TrimLeft(arg, "-")
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}
