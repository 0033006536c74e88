package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"

	"github.com/urfave/cli/v2"
)

// column is one fact of a row: the name is the head of the column and the key
// in JSON.
type column[T any] struct {
	name string
	wide bool           // not in the narrow table
	text func(T) string // for people
	json func(T) any    // for programs: durations are seconds, sizes octets
}

func outputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "`FORMAT`: table, wide or json",
		Action: func(_ *cli.Context, format string) error {
			if !slices.Contains([]string{"table", "wide", "json"}, format) {
				return usagef("--output %s: allowed are table, wide, json", format)
			}
			return nil
		}}
}

// printRows prints rows in the format that the output flag asks for.
func printRows[T any](c *cli.Context, rows []T, columns []column[T]) error {
	format := c.String("output")
	if format == "json" {
		return printJSON(c.App.Writer, rows, columns)
	}
	return printTable(c.App.Writer, rows, columns, format == "wide")
}

func printTable[T any](w io.Writer, rows []T, columns []column[T], wide bool) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(cell func(column[T]) string) {
		var cells []string
		for _, c := range columns {
			if wide || !c.wide {
				cells = append(cells, cell(c))
			}
		}
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	line(func(c column[T]) string { return strings.ToUpper(c.name) })
	for _, r := range rows {
		line(func(c column[T]) string {
			if t := clean(c.text(r)); t != "" {
				return t
			}
			return "-"
		})
	}
	return tw.Flush()
}

// clean keeps what a client sent from playing with the terminal: control
// characters, invisible ones and those that turn the direction of the line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// cleanLines is clean for a text of several lines.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	return strings.Join(lines, "\n")
}

// printJSON prints an array of objects, keys in the order of the columns.
func printJSON[T any](w io.Writer, rows []T, columns []column[T]) error {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, r := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendObject(&b, r, columns); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return indent(w, b.Bytes())
}

func appendObject[T any](b *bytes.Buffer, row T, columns []column[T]) error {
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:", c.name)
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		if err := e.Encode(c.value(row)); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func (c column[T]) value(row T) any {
	if c.json != nil {
		return c.json(row)
	}
	return c.text(row)
}

// printObject prints all facts of one row: a line each, or a JSON object.
func printObject[T any](c *cli.Context, row T, columns []column[T]) error {
	if c.String("output") == "json" {
		var b bytes.Buffer
		if err := appendObject(&b, row, columns); err != nil {
			return err
		}
		return indent(c.App.Writer, b.Bytes())
	}
	tw := tabwriter.NewWriter(c.App.Writer, 0, 8, 1, ' ', 0)
	for _, col := range columns {
		fmt.Fprintf(tw, "%s:\t%s\n", col.name, clean(col.text(row)))
	}
	return tw.Flush()
}

// indent writes JSON for the eye, too: what clean would replace is escaped.
func indent(w io.Writer, object []byte) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, object, "", "  "); err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range strings.TrimSpace(pretty.String()) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			b.WriteRune(r)
		default: // inside a string: JSON has no such characters elsewhere
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "\\u%04x", unit)
			}
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// octets prints a size for people.
func octets(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, i := float64(n)/unit, 0
	for value >= unit && i < 4 {
		value, i = value/unit, i+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[i])
}
