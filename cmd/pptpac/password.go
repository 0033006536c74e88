package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// maxPassword is what MS-CHAP can carry, in characters.
const maxPassword = 256

// maxPasswordLine is more octets than any password has; what is longer is too
// long however it is cut.
const maxPasswordLine = 2 * utf8.UTFMax * maxPassword

// readPassword reads a password from standard input, or twice from a prompt;
// never from the command line.
func readPassword(c *cli.Context, name string) (string, error) {
	if c.Bool("password-stdin") {
		line, err := bufio.NewReader(io.LimitReader(c.App.Reader, maxPasswordLine)).ReadString('\n')
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
	restore, err := echoOnInterrupt(fd)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	defer restore()
	fmt.Fprint(os.Stderr, text)
	b, err := term.ReadPassword(fd)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	return string(b), nil
}

// echoOnInterrupt gives the terminal its echo back if the user interrupts the
// prompt, which ends the program. stop ends the watch.
func echoOnInterrupt(fd int) (stop func(), err error) {
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	interrupts, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(interrupts, syscall.SIGINT, syscall.SIGTERM)
	// Ends with stop.
	go func() {
		select {
		case <-interrupts:
			_ = term.Restore(fd, before)
			fmt.Fprintln(os.Stderr)
			os.Exit(exitFailed)
		case <-done:
		}
	}()
	return func() { signal.Stop(interrupts); close(done) }, nil
}

func checkPassword(p string) (string, error) {
	switch n := utf8.RuneCountInString(p); {
	case !utf8.ValidString(p):
		return "", usagef("the password is not UTF-8")
	case n == 0:
		return "", usagef("the password is empty; allowed are 1 to %d characters", maxPassword)
	case n > maxPassword:
		return "", usagef("the password has more than %d characters", maxPassword)
	}
	return p, nil
}
