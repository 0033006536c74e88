package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completionFlag asks urfave/cli for completions; it has to stay last.
const completionFlag = "--generate-bash-completion"

// flagsFirst moves the flags of the command that args name in front of its
// words, so that `users add name=x --password-stdin` works as people type it,
// and global flags in front of the command. A word after "--" is never a flag.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) == 0 || args[len(args)-1] == completionFlag {
		return args
	}
	program, tail := args[:1], args[1:]
	commands, flags := app.Commands, app.Flags
	var path []string
	for {
		i := commandAt(tail, commands, flags)
		if i < 0 {
			break
		}
		c := lookup(commands, tail[i])
		path = append(path, tail[:i+1]...)
		tail, commands, flags = tail[i+1:], c.Subcommands, c.Flags
	}
	var global, options, words []string
	for i := 0; i < len(tail); i++ {
		arg := tail[i]
		switch {
		case arg == "--":
			words = append(words, tail[i+1:]...)
			return slices.Concat(program, global, path, options, []string{"--"}, words)
		case !isFlag(arg):
			words = append(words, arg)
		case takesValue(arg, flags) || takesValue(arg, app.Flags):
			if i+1 == len(tail) { // the command says what is missing; no word may stand in for it
				return slices.Concat(program, global, path, options, tail[i:])
			}
			i++
			if findFlag(arg, flags) == nil {
				global = append(global, arg, tail[i])
			} else {
				options = append(options, arg, tail[i])
			}
		case findFlag(arg, flags) == nil && findFlag(arg, app.Flags) != nil:
			global = append(global, arg)
		default:
			options = append(options, arg)
		}
	}
	return slices.Concat(program, global, path, options, words)
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

// findFlag returns the flag that arg gives, nil if it is none of flags.
func findFlag(arg string, flags []cli.Flag) cli.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// takesValue reports whether the word after the flag belongs to it.
func takesValue(arg string, flags []cli.Flag) bool {
	if strings.Contains(arg, "=") {
		return false
	}
	f := findFlag(arg, flags)
	_, isBool := f.(*cli.BoolFlag)
	return f != nil && !isBool
}
