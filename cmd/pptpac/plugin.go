package main

import (
	"github.com/urfave/cli/v2"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/aaa/pluginrpc"
	"github.com/pptpac/pptpac/plugins/local"
)

// shippedPlugins are the plugins in this binary. They run as processes of
// their own, like any other.
var shippedPlugins = map[string]func() aaa.Backend{
	"local": func() aaa.Backend { return local.New(buildVersion()) },
}

// pluginCommand is how the daemon starts a shipped plugin.
func pluginCommand() *cli.Command {
	return &cli.Command{
		Name: "plugin", Hidden: true, Usage: "run a shipped plugin; the daemon does this", ArgsUsage: "NAME",
		Action: func(c *cli.Context) error {
			make, ok := shippedPlugins[c.Args().First()]
			if !ok {
				return usagef("no shipped plugin %q", c.Args().First())
			}
			return pluginrpc.Serve(make())
		},
	}
}
