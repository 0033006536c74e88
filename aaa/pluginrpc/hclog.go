package pluginrpc

import (
	"bytes"
	"fmt"
	"io"
	"log"

	"github.com/hashicorp/go-hclog"
	"github.com/rs/zerolog"
)

// NewHCLog returns logger as the kind of logger that go-plugin wants. Errors
// arrive as warnings: what ends a plugin is told by its supervisor, which knows
// whether it was meant to end.
func NewHCLog(logger zerolog.Logger, name string) hclog.Logger {
	return &hclogBridge{logger: logger, name: name}
}

// hclogBridge is immutable, and hence safe for concurrent use.
type hclogBridge struct {
	logger  zerolog.Logger
	name    string
	implied []any
}

var _ hclog.Logger = (*hclogBridge)(nil)

// zerologLevel is the level of a message of hclog's level l.
func zerologLevel(l hclog.Level) zerolog.Level {
	switch l {
	case hclog.Trace:
		return zerolog.TraceLevel
	case hclog.Debug, hclog.Info, hclog.NoLevel:
		return zerolog.DebugLevel
	case hclog.Warn, hclog.Error:
		return zerolog.WarnLevel
	case hclog.Off:
		return zerolog.Disabled
	}
	return zerolog.DebugLevel
}

// Log implements hclog.Logger. args are keys and values in turn.
func (b *hclogBridge) Log(level hclog.Level, msg string, args ...any) {
	if level == hclog.Off {
		return
	}
	e := b.logger.WithLevel(zerologLevel(level))
	if !b.enabled(level) || !e.Enabled() {
		return
	}
	if b.name != "" {
		e = e.Str("logger", b.name)
	}
	for _, list := range [][]any{b.implied, args} {
		for i := 0; i+1 < len(list); i += 2 {
			e = field(e, fmt.Sprint(list[i]), list[i+1])
		}
		if len(list)%2 == 1 {
			e = field(e, "extra", list[len(list)-1])
		}
	}
	e.Msg(msg)
}

func field(e *zerolog.Event, key string, value any) *zerolog.Event {
	switch v := value.(type) {
	case error:
		return e.AnErr(key, v)
	case string:
		return e.Str(key, v)
	case fmt.Stringer:
		return e.Stringer(key, v)
	default:
		return e.Interface(key, v)
	}
}

func (b *hclogBridge) enabled(level hclog.Level) bool {
	return zerologLevel(level) >= b.logger.GetLevel() && b.logger.GetLevel() != zerolog.Disabled
}

func (b *hclogBridge) Trace(msg string, args ...any) { b.Log(hclog.Trace, msg, args...) }
func (b *hclogBridge) Debug(msg string, args ...any) { b.Log(hclog.Debug, msg, args...) }
func (b *hclogBridge) Info(msg string, args ...any)  { b.Log(hclog.Info, msg, args...) }
func (b *hclogBridge) Warn(msg string, args ...any)  { b.Log(hclog.Warn, msg, args...) }
func (b *hclogBridge) Error(msg string, args ...any) { b.Log(hclog.Error, msg, args...) }

func (b *hclogBridge) IsTrace() bool { return b.enabled(hclog.Trace) }
func (b *hclogBridge) IsDebug() bool { return b.enabled(hclog.Debug) }
func (b *hclogBridge) IsInfo() bool  { return b.enabled(hclog.Info) }
func (b *hclogBridge) IsWarn() bool  { return b.enabled(hclog.Warn) }
func (b *hclogBridge) IsError() bool { return b.enabled(hclog.Error) }

func (b *hclogBridge) ImpliedArgs() []any { return b.implied }

func (b *hclogBridge) With(args ...any) hclog.Logger {
	c := *b
	c.implied = append(append([]any(nil), b.implied...), args...)
	return &c
}

func (b *hclogBridge) Name() string { return b.name }

func (b *hclogBridge) Named(name string) hclog.Logger {
	if b.name != "" {
		name = b.name + "." + name
	}
	return b.ResetNamed(name)
}

func (b *hclogBridge) ResetNamed(name string) hclog.Logger {
	c := *b
	c.name = name
	return &c
}

// SetLevel does nothing: the level is the administrator's.
func (b *hclogBridge) SetLevel(hclog.Level) {}

func (b *hclogBridge) GetLevel() hclog.Level {
	switch b.logger.GetLevel() {
	case zerolog.TraceLevel:
		return hclog.Trace
	case zerolog.DebugLevel:
		return hclog.Debug
	case zerolog.InfoLevel, zerolog.WarnLevel:
		return hclog.Warn
	case zerolog.ErrorLevel, zerolog.FatalLevel, zerolog.PanicLevel, zerolog.NoLevel, zerolog.Disabled:
		return hclog.Off
	}
	return hclog.Debug
}

func (b *hclogBridge) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(b.StandardWriter(o), "", 0)
}

func (b *hclogBridge) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return lineWriter{b}
}

// lineWriter logs what is written to it, one write one line.
type lineWriter struct{ logger hclog.Logger }

func (w lineWriter) Write(p []byte) (int, error) {
	if line := bytes.TrimSpace(p); len(line) > 0 {
		w.logger.Debug(string(line))
	}
	return len(p), nil
}
