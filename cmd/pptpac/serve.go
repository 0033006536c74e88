package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
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
		OnUsageError: usageError, Action: serve,
	}
}

func checkCommand() *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "check a configuration file; prints every problem with its line", ArgsUsage: "[FILE]",
		Flags: []cli.Flag{configFlag()}, OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			path := c.Args().First()
			if path == "" {
				path = c.String("config")
			}
			_, path, err := loadConfig(path)
			if err != nil {
				return err
			}
			if path == "" {
				path = "built-in defaults"
			}
			fmt.Fprintf(c.App.Writer, "%s: ok\n", path)
			return nil
		},
	}
}

func serve(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("serve: %q is too much", c.Args().First())
	}
	cfg, path, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	if c.IsSet("socket") {
		cfg.Admin.Socket = c.String("socket")
	}
	log, err := newLogger(cfg.Log, os.Stderr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	d, err := openDaemon(ctx, path, cfg, log)
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.greet(ctx, c.App.Writer, c.Bool("first-user")); err != nil {
		return err
	}
	go d.reloadOnHangup(ctx) // ends with ctx
	return d.run(ctx)
}

// reloadOnHangup reloads on SIGHUP.
func (d *daemon) reloadOnHangup(ctx context.Context) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
			if _, err := d.reload(ctx); err != nil {
				d.log.Error().Err(err).Msg("reload failed, the old configuration stays in force")
			}
		case <-ctx.Done():
			return
		}
	}
}

// loadConfig reads the named file, or the default one, or takes the defaults.
// It returns the path of the file that was read, "" for none.
func loadConfig(path string) (*config.Config, string, error) {
	if path == "" {
		if _, err := os.Stat(defaultConfig); errors.Is(err, os.ErrNotExist) {
			return config.Default(), "", nil
		}
		path = defaultConfig
	}
	cfg, err := config.Load(path)
	return cfg, path, err
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
