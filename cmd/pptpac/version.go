package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

// version is set by the linker for releases; otherwise the build knows the
// commit.
var version string

func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if revision == "" {
		return info.Main.Version
	}
	return "devel " + revision + dirty
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version of this program, and of the daemon if one runs",
		Action: func(c *cli.Context) error {
			if err := noWords(c, 0); err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "pptpac %s (%s)\n", buildVersion(), runtime.Version())
			r, err := daemonClient(c).Version(c.Context, connect.NewRequest(&adminv1.VersionRequest{}))
			if err != nil {
				return nil // no daemon: the program's own version is the answer
			}
			m := r.Msg
			fmt.Fprintf(c.App.Writer, "daemon %s (%s), since %s, %d session(s), listening on %s\n",
				m.GetVersion(), m.GetGoVersion(), m.GetStarted().AsTime().Local().Format("2006-01-02 15:04:05"), m.GetSessions(), strings.Join(m.GetListen(), ", "))
			return nil
		},
	}
}

func reloadCommand() *cli.Command {
	return &cli.Command{
		Name: "reload", Usage: "have the daemon read its configuration again; on any error it keeps the old one",
		Action: func(c *cli.Context) error {
			if err := noWords(c, 0); err != nil {
				return err
			}
			r, err := daemonClient(c).Reload(c.Context, connect.NewRequest(&adminv1.ReloadRequest{}))
			if err != nil {
				return err
			}
			for _, w := range r.Msg.GetWarnings() {
				fmt.Fprintln(c.App.ErrWriter, "warning:", w)
			}
			return nil
		},
	}
}
