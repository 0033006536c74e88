package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"github.com/pptpac/pptpac/cmd/pptpac/config"
)

// defaultConfig is read if it exists and no other file is named.
const defaultConfig = "/etc/pptpac/pptpac.toml"

func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "configuration `FILE`; default: " + defaultConfig + " if it exists, else built-in defaults"}
}

func serveCommand() *cli.Command {
	return &cli.Command{
		Name: "serve", Usage: "run the concentrator in the foreground",
		Flags: []cli.Flag{
			configFlag(),
			&cli.BoolFlag{Name: "first-user", Usage: "if there is no user yet, make one with a random password and print it"},
		},
		Action: serve,
	}
}

func checkCommand() *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "check a configuration file; prints every problem with its line", ArgsUsage: "[FILE]",
		Flags: []cli.Flag{configFlag()}, Action: check,
	}
}

func check(c *cli.Context) error {
	if err := noWords(c, 1); err != nil {
		return err
	}
	path := c.Args().First()
	switch {
	case path == "":
		path = c.String("config")
	case c.IsSet("config"):
		return usagef("check: two files: %s and %s", path, c.String("config"))
	}
	cfg, path, err := source{path: path}.load()
	if err != nil {
		return err
	}
	if err := checkHost(cfg, nil); err != nil {
		return err
	}
	if path == "" {
		path = "built-in defaults"
	}
	fmt.Fprintf(c.App.Writer, "%s: ok\n", path)
	return nil
}

func serve(c *cli.Context) error {
	if err := noWords(c, 0); err != nil {
		return err
	}
	// From the start: the default action would end the daemon, also while it
	// starts or shuts down.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	from := source{path: c.String("config")}
	if c.IsSet("socket") {
		from.socket = c.String("socket")
	}
	cfg, _, err := from.load()
	if err != nil {
		return err
	}
	log, err := newLogger(cfg.Log, os.Stderr)
	if err != nil {
		return err
	}
	d, err := openDaemon(ctx, from, cfg, log)
	if err != nil && ctx.Err() != nil {
		log.Info().Err(err).Msg("told to end while starting")
		return nil
	}
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.greet(ctx, c.App.Writer, c.Bool("first-user")); err != nil {
		return err
	}
	var reloads sync.WaitGroup
	reloads.Go(func() { d.reloadOn(ctx, hangups) }) // ends with ctx
	err = d.run(ctx)
	stop()
	reloads.Wait()
	return err
}

// reloadOn reloads on SIGHUP.
func (d *daemon) reloadOn(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-hangups:
			_, _ = d.reload(ctx) // the log tells
		case <-ctx.Done():
			return
		}
	}
}

// source says where the configuration comes from, at the start and at every
// reload.
type source struct {
	path   string // of --config; "" is the default one, if it exists
	socket string // of --socket or PPTPAC_SOCKET, over that of the file; "" for none
}

// load reads the configuration. It returns the path of the file that was read,
// "" for the built-in defaults.
func (s source) load() (cfg *config.Config, path string, err error) {
	path = s.path
	if path == "" {
		path = defaultConfig
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			path = ""
		}
	}
	if path == "" {
		cfg = config.Default()
	} else if cfg, err = config.Load(path); err != nil {
		return nil, path, err
	}
	if s.socket != "" {
		cfg.Admin.Socket = s.socket
	}
	return cfg, path, nil
}

// newLogger makes the one logger of the process.
func newLogger(l config.Log, w io.Writer) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(l.Level)
	if err != nil {
		return zerolog.Logger{}, fmt.Errorf("log.level = %q: %w", l.Level, err)
	}
	zerolog.SetGlobalLevel(level)
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.DurationFieldUnit = time.Second
	if l.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, NoColor: !isTerminal(w), TimeFormat: zerolog.TimeFieldFormat}
	}
	return zerolog.New(w).With().Timestamp().Logger(), nil
}
