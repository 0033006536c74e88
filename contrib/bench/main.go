// Command bench measures pptpac as a whole: what a call costs in time, in
// processor and in memory, and how fast packets pass. It prints a figure a line;
// what is to be compared is measured in turns within the same run and printed as
// a ratio. Microbenchmarks are in the packages themselves. It needs root.
//
//	go run ./contrib/bench [-run REGEXP]
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/pptpac/pptpac/contrib/bench/lab"
)

// roles are what a second process of this program can be.
func roles() map[string]lab.Role {
	return map[string]lab.Role{serverRole: server, sinkRole: sink, sourceRole: source}
}

// measures in the order of their run.
func measures() []measure {
	return []measure{
		{"setup/null", setupNull},
		{"setup/namespaces", setupNamespaces},
		{"rate", rate},
		{"memory", memory},
		{"engine", enginePackets},
		{"throughput", throughput},
	}
}

type measure struct {
	name string
	run  func(*bench) error
}

// bench is what all measures work with.
type bench struct {
	figures
	dir    string // for their files
	binary string // pptpac, built for this run
	heap   string // directory for heap profiles; "" writes none
}

func main() { os.Exit(lab.Main(roles(), run)) }

func run() error {
	which := flag.String("run", "", "`regexp`: only measures with such a name")
	heap := flag.String("heap", "", "`directory` for heap profiles of the server with many sessions")
	flag.Parse()
	selected, err := regexp.Compile(*which)
	if err != nil {
		return err
	}
	b := &bench{figures: figures{out: os.Stdout}, heap: *heap}
	if b.dir, err = os.MkdirTemp("", "pptpac-bench"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if b.binary, err = lab.Build(b.dir); err != nil {
		return err
	}
	for _, m := range measures() {
		if !selected.MatchString(m.name) {
			continue
		}
		if err := m.run(b); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}
