package pluginrpc

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/rs/zerolog"
)

func TestHCLog(t *testing.T) {
	for _, c := range []struct {
		name  string
		level zerolog.Level
		log   func(hclog.Logger)
		want  string
	}{
		{"fields", zerolog.DebugLevel, func(l hclog.Logger) {
			l.With("plugin", "local").Named("stdio").Debug("started", "pid", 7, "error", errors.New("none"))
		}, `{"level":"debug","logger":"host.stdio","plugin":"local","pid":7,"error":"none","message":"started"}` + "\n"},
		{"odd number", zerolog.DebugLevel, func(l hclog.Logger) { l.Warn("what", "alone") },
			`{"level":"warn","logger":"host","extra":"alone","message":"what"}` + "\n"},
		{"error is a warning", zerolog.WarnLevel, func(l hclog.Logger) { l.Error("plugin process exited") },
			`{"level":"warn","logger":"host","message":"plugin process exited"}` + "\n"},
		{"info is for debugging", zerolog.InfoLevel, func(l hclog.Logger) { l.Info("plugin process exited") }, ""},
		{"below the level", zerolog.InfoLevel, func(l hclog.Logger) { l.Trace("x"); l.Debug("y") }, ""},
		{"disabled", zerolog.Disabled, func(l hclog.Logger) { l.Error("x") }, ""},
		{"off", zerolog.TraceLevel, func(l hclog.Logger) { l.Log(hclog.Off, "x") }, ""},
		{"writer", zerolog.DebugLevel, func(l hclog.Logger) {
			l.StandardLogger(&hclog.StandardLoggerOptions{}).Print("line")
		}, `{"level":"debug","logger":"host","message":"line"}` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			c.log(NewHCLog(zerolog.New(&out).Level(c.level), "host"))
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHCLogLevels(t *testing.T) {
	for _, c := range []struct {
		level                    zerolog.Level
		want                     hclog.Level
		trace, debug, info, warn bool
	}{
		{zerolog.TraceLevel, hclog.Trace, true, true, true, true},
		{zerolog.DebugLevel, hclog.Debug, false, true, true, true},
		{zerolog.InfoLevel, hclog.Warn, false, false, false, true},
		{zerolog.WarnLevel, hclog.Warn, false, false, false, true},
		{zerolog.ErrorLevel, hclog.Off, false, false, false, false},
		{zerolog.Disabled, hclog.Off, false, false, false, false},
	} {
		l := NewHCLog(zerolog.New(nil).Level(c.level), "")
		if l.GetLevel() != c.want || l.IsTrace() != c.trace || l.IsDebug() != c.debug || l.IsInfo() != c.info ||
			l.IsWarn() != c.warn || l.IsError() != c.warn {
			t.Errorf("at %v: %v %v %v %v %v %v, want %+v", c.level, l.GetLevel(), l.IsTrace(), l.IsDebug(), l.IsInfo(), l.IsWarn(), l.IsError(), c)
		}
	}
}
