package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/pptpac/pptpac/cmd/pptpac/config"
	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

type sessionRow = *adminv1.Session

func sessionsCommand() *cli.Command {
	return &cli.Command{
		Name: "sessions", Aliases: []string{"session"}, Usage: "list, show and terminate sessions", Action: groupAction,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list live sessions, or the last ended ones",
				ArgsUsage: "[user=NAME] [caller=ADDRESS] [address=ADDRESS] [server=NAME] [ID ...]",
				Flags:     []cli.Flag{outputFlag(), &cli.BoolFlag{Name: "ended", Usage: "the last ended sessions and refused calls, with their cause"}},
				Action:    listSessions,
			},
			{
				Name: "show", Usage: "show everything about one session", ArgsUsage: "ID",
				Flags: []cli.Flag{outputFlag()}, Action: showSession,
			},
			{
				Name: "terminate", Usage: "end sessions",
				ArgsUsage: "ID ... | user=NAME | caller=ADDRESS | address=ADDRESS | server=NAME | --all   [reason=TEXT]",
				Flags:     []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "every session"}},
				Action:    terminateSessions,
			},
		},
	}
}

// filterKeys select sessions, the same in every command.
var filterKeys = []string{"user", "caller", "address", "server"}

// sessionFilter refuses empty values: they would select everything, which is
// not what a script with an empty variable means.
func sessionFilter(w words) (*adminv1.SessionFilter, error) {
	for _, key := range filterKeys {
		if value, given := w.values[key]; given && value == "" {
			return nil, usagef("%s=: the value is empty", key)
		}
	}
	if slices.Contains(w.bare, "") {
		return nil, usagef("a session id is empty")
	}
	return &adminv1.SessionFilter{
		Id: w.bare, User: w.values["user"], Caller: w.values["caller"], Address: w.values["address"], Server: w.values["server"],
	}, nil
}

func listSessions(c *cli.Context) error {
	w, err := parseWords(c.Args().Slice(), filterKeys...)
	if err != nil {
		return err
	}
	filter, err := sessionFilter(w)
	if err != nil {
		return err
	}
	r, err := sessionClient(c).ListSessions(c.Context, connect.NewRequest(&adminv1.ListSessionsRequest{Filter: filter, Ended: c.Bool("ended")}))
	if err != nil {
		return err
	}
	if c.Bool("ended") {
		return printRows(c, r.Msg.GetSessions(), endedColumns)
	}
	return printRows(c, r.Msg.GetSessions(), liveColumns)
}

func showSession(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("sessions show: exactly one session id is needed")
	}
	r, err := sessionClient(c).ShowSession(c.Context, connect.NewRequest(&adminv1.ShowSessionRequest{Id: c.Args().First()}))
	if err != nil {
		return err
	}
	s := r.Msg.GetSession()
	if s.GetEnded() != nil {
		return printObject(c, s, endedColumns)
	}
	return printObject(c, s, liveColumns)
}

func terminateSessions(c *cli.Context) error {
	w, err := parseWords(c.Args().Slice(), append([]string{"reason"}, filterKeys...)...)
	if err != nil {
		return err
	}
	filter, err := sessionFilter(w)
	if err != nil {
		return err
	}
	r, err := sessionClient(c).TerminateSessions(c.Context, connect.NewRequest(&adminv1.TerminateSessionsRequest{
		Filter: filter, All: c.Bool("all"), Reason: w.values["reason"],
	}))
	if err != nil {
		return err
	}
	ids := r.Msg.GetIds()
	if len(ids) == 0 {
		return errors.New("no live session matches")
	}
	fmt.Fprintf(c.App.Writer, "terminated %d session(s): %s\n", len(ids), strings.Join(ids, " "))
	return nil
}

// The columns of sessions; live and ended ones share most.
var (
	idColumn = textColumn("id", false, sessionRow.GetId)
	liveHead = []column[sessionRow]{
		idColumn,
		textColumn("user", false, sessionRow.GetUser),
		textColumn("server", false, sessionRow.GetServer),
		textColumn("caller", false, sessionRow.GetCaller),
		textColumn("address", false, sessionRow.GetAddress),
		secondsColumn("uptime", false, sessionRow.GetUptime),
		secondsColumn("idle", false, sessionRow.GetIdle),
		textColumn("encoding", false, sessionRow.GetEncoding),
		octetsColumn("rx", sessionRow.GetRxOctets),
		octetsColumn("tx", sessionRow.GetTxOctets),
	}
	endedHead = []column[sessionRow]{
		idColumn,
		timeColumn("ended", false, sessionRow.GetEnded),
		textColumn("user", false, sessionRow.GetUser),
		textColumn("caller", false, sessionRow.GetCaller),
		textColumn("address", false, sessionRow.GetAddress),
		secondsColumn("uptime", false, sessionRow.GetUptime),
		octetsColumn("rx", sessionRow.GetRxOctets),
		octetsColumn("tx", sessionRow.GetTxOctets),
		textColumn("cause", false, sessionRow.GetCause),
		textColumn("reason", false, sessionRow.GetReason),
	}
	sessionDetail = []column[sessionRow]{
		textColumn("stage", true, sessionRow.GetStage),
		textColumn("interface", true, sessionRow.GetInterface),
		textColumn("local-address", true, sessionRow.GetLocalAddress),
		textColumn("called", true, sessionRow.GetCalled),
		numberColumn("caller-port", sessionRow.GetCallerPort),
		numberColumn("local-call-id", sessionRow.GetLocalCallId),
		numberColumn("peer-call-id", sessionRow.GetPeerCallId),
		textColumn("method", true, sessionRow.GetMethod),
		textColumn("backend", true, sessionRow.GetBackend),
		numberColumn("mtu", sessionRow.GetMtu),
		listColumn("dns", sessionRow.GetDns),
		listColumn("wins", sessionRow.GetWins),
		textColumn("client-host", true, sessionRow.GetClientHost),
		textColumn("client-vendor", true, sessionRow.GetClientVendor),
		textColumn("client-ident", true, sessionRow.GetClientIdent),
		timeColumn("started", true, sessionRow.GetStarted),
		timeColumn("connected", true, sessionRow.GetConnected),
		secondsColumn("idle-timeout", true, sessionRow.GetIdleTimeout),
		secondsColumn("session-timeout", true, sessionRow.GetSessionTimeout),
		numberColumn("rx-packets", sessionRow.GetRxPackets),
		numberColumn("tx-packets", sessionRow.GetTxPackets),
		numberColumn("lost", sessionRow.GetLost),
		numberColumn("reordered", sessionRow.GetReordered),
		numberColumn("duplicates", sessionRow.GetDuplicates),
		numberColumn("mppe-resets", sessionRow.GetMppeResets),
		{name: "drops", wide: true, text: dropsText, json: dropsJSON},
	}
	liveColumns  = append(liveHead[:len(liveHead):len(liveHead)], sessionDetail...)
	endedColumns = append(append(endedHead[:len(endedHead):len(endedHead)],
		boolColumn("refused", true, sessionRow.GetRefused),
		secondsColumn("idle", true, sessionRow.GetIdle),
		textColumn("server", true, sessionRow.GetServer),
		textColumn("encoding", true, sessionRow.GetEncoding),
	), sessionDetail...)
)

func dropsText(s sessionRow) string {
	var list []string
	for reason, n := range s.GetDrops() {
		list = append(list, fmt.Sprintf("%s %d", reason, n))
	}
	return sorted(list)
}

func dropsJSON(s sessionRow) any {
	if s.GetDrops() == nil {
		return map[string]uint64{}
	}
	return s.GetDrops()
}

func textColumn[T any](name string, wide bool, get func(T) string) column[T] {
	return column[T]{name: name, wide: wide, text: get}
}

func numberColumn[T any, N uint32 | uint64](name string, get func(T) N) column[T] {
	return column[T]{name: name, wide: true,
		text: func(r T) string { return strconv.FormatUint(uint64(get(r)), 10) },
		json: func(r T) any { return get(r) }}
}

func octetsColumn[T any](name string, get func(T) uint64) column[T] {
	return column[T]{name: name, text: func(r T) string { return octets(get(r)) }, json: func(r T) any { return get(r) }}
}

// secondsColumn prints 4h35s for people, seconds for programs.
func secondsColumn[T any](name string, wide bool, get func(T) *durationpb.Duration) column[T] {
	return column[T]{name: name, wide: wide,
		text: func(r T) string { return config.FormatTime(get(r).AsDuration()) },
		json: func(r T) any { return get(r).AsDuration().Round(time.Millisecond).Seconds() }}
}

// timeColumn prints local time for people, RFC 3339 in UTC for programs, and
// nothing for no time.
func timeColumn[T any](name string, wide bool, get func(T) *timestamppb.Timestamp) column[T] {
	return column[T]{name: name, wide: wide,
		text: func(r T) string {
			if get(r) == nil {
				return ""
			}
			return get(r).AsTime().Local().Format("2006-01-02 15:04:05")
		},
		json: func(r T) any {
			if get(r) == nil {
				return nil
			}
			return get(r).AsTime().Format(time.RFC3339Nano)
		}}
}

func listColumn[T any](name string, get func(T) []string) column[T] {
	return column[T]{name: name, wide: true,
		text: func(r T) string { return strings.Join(get(r), ",") },
		json: func(r T) any { return append([]string{}, get(r)...) }}
}
