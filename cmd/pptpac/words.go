package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// words are the key=value arguments of a command, as in the manual, and the
// bare words among them.
type words struct {
	bare   []string
	values map[string]string
	order  []string // keys as given
}

// parseWords reads arguments. An unknown or repeated key is an error that
// names the allowed ones.
func parseWords(args []string, keys ...string) (words, error) {
	w := words{values: make(map[string]string)}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			w.bare = append(w.bare, arg)
			continue
		}
		if !slices.Contains(keys, key) {
			if key == "password" {
				return w, usagef("password=: passwords do not go on the command line, where every user of the machine can read them; use the prompt or --password-stdin")
			}
			return w, usagef("%s: unknown key; allowed are %s", key, strings.Join(keys, ", "))
		}
		if _, twice := w.values[key]; twice {
			return w, usagef("%s: given twice", key)
		}
		w.values[key] = value
		w.order = append(w.order, key)
	}
	return w, nil
}

// noBare refuses words that are not key=value.
func (w words) noBare() error {
	if len(w.bare) > 0 {
		return usagef("%q: expected key=value", w.bare[0])
	}
	return nil
}

// names are the bare words and what name= gives; at least one is needed.
func (w words) names(c *cli.Context) ([]string, error) {
	list := w.bare
	if name, ok := w.values["name"]; ok {
		list = append(list, name)
	}
	if len(list) == 0 || slices.Contains(list, "") {
		return nil, usagef("%s: a user name is needed", commandName(c))
	}
	return list, nil
}

// oneName is names where only one is allowed.
func (w words) oneName(c *cli.Context) (string, error) {
	list, err := w.names(c)
	if err == nil && len(list) > 1 {
		err = usagef("%s: exactly one user name is needed", commandName(c))
	}
	if err != nil {
		return "", err
	}
	return list[0], nil
}

// parseYesNo reads the manual's yes and no.
func parseYesNo(key, s string) (bool, error) {
	switch s {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return false, usagef("%s=%s: allowed are yes, no", key, s)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func quoted(err error, key, value string) error {
	return &usage{fmt.Sprintf("%s=%s: %v", key, value, err)}
}
