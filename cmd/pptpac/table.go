package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

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
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "`FORMAT`: table, wide or json"}
}

// printRows prints rows in the format that the output flag asks for.
func printRows[T any](c *cli.Context, rows []T, columns []column[T]) error {
	switch format := c.String("output"); format {
	case "table", "wide":
		return printTable(c.App.Writer, rows, columns, format == "wide")
	case "json":
		return printJSON(c.App.Writer, rows, columns)
	default:
		return usagef("--output %s: allowed are table, wide, json", format)
	}
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

// clean keeps what a client sent from playing with the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
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
		value, err := json.Marshal(c.value(row))
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%q:%s", c.name, value)
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
	switch format := c.String("output"); format {
	case "table", "wide":
		tw := tabwriter.NewWriter(c.App.Writer, 0, 8, 1, ' ', 0)
		for _, col := range columns {
			fmt.Fprintf(tw, "%s:\t%s\n", col.name, clean(col.text(row)))
		}
		return tw.Flush()
	case "json":
		var b bytes.Buffer
		if err := appendObject(&b, row, columns); err != nil {
			return err
		}
		return indent(c.App.Writer, b.Bytes())
	default:
		return usagef("--output %s: allowed are table, wide, json", format)
	}
}

func indent(w io.Writer, object []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, object, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
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
