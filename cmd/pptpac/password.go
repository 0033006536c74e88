package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// maxPassword is what MS-CHAP can carry, in characters.
const maxPassword = 256

// readPassword reads a password from standard input, or twice from a prompt;
// never from the command line.
func readPassword(c *cli.Context, name string) (string, error) {
	if c.Bool("password-stdin") {
		line, err := bufio.NewReader(io.LimitReader(c.App.Reader, 4*maxPassword)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("password from standard input: %w", err)
		}
		return checkPassword(strings.TrimRight(line, "\r\n"))
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return "", usagef("no terminal to ask for the password on: use --password-stdin")
	}
	first, err := prompt(fd, passwordPrompt(name))
	if err != nil {
		return "", err
	}
	second, err := prompt(fd, "again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return checkPassword(first)
}

func prompt(fd int, text string) (string, error) {
	fmt.Fprint(os.Stderr, text)
	b, err := term.ReadPassword(fd)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	return string(b), nil
}

func checkPassword(p string) (string, error) {
	switch n := len([]rune(p)); {
	case n == 0:
		return "", usagef("the password is empty; allowed are 1 to %d characters", maxPassword)
	case n > maxPassword:
		return "", usagef("the password has %d characters; allowed are 1 to %d", n, maxPassword)
	}
	return p, nil
}
