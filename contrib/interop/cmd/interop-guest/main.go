// Command interop-guest runs inside the guest of the interop harness: its
// agent, and both ends of a bulk transfer with a checksum.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
  interop-guest agent ADDRESS                       run scripts for the test
  interop-guest send DEVICE ADDRESS BYTES           upload, print the checksum
  interop-guest receive DEVICE ADDRESS BYTES        download, print the checksum
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interop-guest:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "agent":
		return agent(args[1])
	case len(args) == 4 && args[0] == "send":
		return transfer(send, args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "receive":
		return transfer(receive, args[1], args[2], args[3])
	}
	fmt.Fprint(os.Stderr, usage)
	os.Exit(2)
	return nil
}
