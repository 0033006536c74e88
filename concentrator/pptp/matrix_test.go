package pptp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cell is what one message does in one fixture: the outputs as brief writes
// them, and the state of the connection afterwards.
type cell struct {
	outputs string
	state   State
}

// matrix is every message in every state of connection and call. The rows are
// ordered as everyMessage, the columns as fixtures.
func matrix() map[ControlType]map[string]cell {
	return map[ControlType]map[string]cell{
		TypeStartControlConnectionRequest: {
			"idle":                {"", StateIdle},
			"wait-request":        {"SCCR 1/0, Established", StateEstablished},
			"wait-reply":          {"SCCR 3/0", StateWaitReply},
			"established":         {"SCCR 3/0", StateEstablished},
			"requested":           {"SCCR 3/0", StateEstablished},
			"withdrawn":           {"SCCR 3/0", StateEstablished},
			"announced":           {"SCCR 3/0", StateEstablished},
			"call-wait-reply":     {"SCCR 3/0", StateEstablished},
			"call-wait-connected": {"SCCR 3/0", StateEstablished},
			"up-outgoing":         {"SCCR 3/0", StateEstablished},
			"up-incoming":         {"SCCR 3/0", StateEstablished},
			"up-ours":             {"SCCR 3/0", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeStartControlConnectionReply: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"Established, OCR", StateEstablished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeStopControlConnectionRequest: {
			"idle":                {"", StateIdle},
			"wait-request":        {"SCCR, Finished 2", StateFinished},
			"wait-reply":          {"SCCR, CallEnded 6, Finished 2", StateFinished},
			"established":         {"SCCR, Finished 2", StateFinished},
			"requested":           {"SCCR, Finished 2", StateFinished},
			"withdrawn":           {"SCCR, Finished 2", StateFinished},
			"announced":           {"SCCR, Finished 2", StateFinished},
			"call-wait-reply":     {"SCCR, CallEnded 6, Finished 2", StateFinished},
			"call-wait-connected": {"SCCR, CallEnded 6, Finished 2", StateFinished},
			"up-outgoing":         {"SCCR, CallEnded 6, Finished 2", StateFinished},
			"up-incoming":         {"SCCR, CallEnded 6, Finished 2", StateFinished},
			"up-ours":             {"SCCR, CallEnded 6, Finished 2", StateFinished},
			"wait-stop-reply":     {"SCCR, Finished 1", StateFinished},
			"finished":            {"", StateFinished},
		},
		TypeStopControlConnectionReply: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"Finished 1", StateFinished},
			"finished":            {"", StateFinished},
		},
		TypeEchoRequest: {
			"idle":                {"", StateIdle},
			"wait-request":        {"EReply 2/1", StateWaitRequest},
			"wait-reply":          {"EReply 1/0", StateWaitReply},
			"established":         {"EReply 1/0", StateEstablished},
			"requested":           {"EReply 1/0", StateEstablished},
			"withdrawn":           {"EReply 1/0", StateEstablished},
			"announced":           {"EReply 1/0", StateEstablished},
			"call-wait-reply":     {"EReply 1/0", StateEstablished},
			"call-wait-connected": {"EReply 1/0", StateEstablished},
			"up-outgoing":         {"EReply 1/0", StateEstablished},
			"up-incoming":         {"EReply 1/0", StateEstablished},
			"up-ours":             {"EReply 1/0", StateEstablished},
			"wait-stop-reply":     {"EReply 1/0", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeEchoReply: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeOutgoingCallRequest: {
			"idle":                {"", StateIdle},
			"wait-request":        {"OCReply 2/1", StateWaitRequest},
			"wait-reply":          {"OCReply 2/1", StateWaitReply},
			"established":         {"CallRequested", StateEstablished},
			"requested":           {"OCReply 2/5", StateEstablished},
			"withdrawn":           {"CallRequested", StateEstablished},
			"announced":           {"OCReply 2/5", StateEstablished},
			"call-wait-reply":     {"CallRequested", StateEstablished},
			"call-wait-connected": {"OCReply 2/5", StateEstablished},
			"up-outgoing":         {"OCReply 2/5", StateEstablished},
			"up-incoming":         {"OCReply 2/5", StateEstablished},
			"up-ours":             {"OCReply 2/5", StateEstablished},
			"wait-stop-reply":     {"OCReply 2/1", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeOutgoingCallReply: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"CallConnected", StateEstablished},
			"call-wait-connected": {"", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeIncomingCallRequest: {
			"idle":                {"", StateIdle},
			"wait-request":        {"ICReply 2/1", StateWaitRequest},
			"wait-reply":          {"ICReply 2/1", StateWaitReply},
			"established":         {"CallRequested", StateEstablished},
			"requested":           {"ICReply 2/5", StateEstablished},
			"withdrawn":           {"CallRequested", StateEstablished},
			"announced":           {"ICReply 2/5", StateEstablished},
			"call-wait-reply":     {"CallRequested", StateEstablished},
			"call-wait-connected": {"ICReply 2/5", StateEstablished},
			"up-outgoing":         {"ICReply 2/5", StateEstablished},
			"up-incoming":         {"ICReply 2/5", StateEstablished},
			"up-ours":             {"ICReply 2/5", StateEstablished},
			"wait-stop-reply":     {"ICReply 2/1", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeIncomingCallReply: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeIncomingCallConnected: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"CallConnected", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeCallClearRequest: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"CDN 4/0, CallEnded 1", StateEstablished},
			"up-outgoing":         {"CDN 4/0, CallEnded 1", StateEstablished},
			"up-incoming":         {"CDN 4/0, CallEnded 1", StateEstablished},
			"up-ours":             {"CDN 4/0, CallEnded 1", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeCallDisconnectNotify: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"CallEnded 2", StateEstablished},
			"up-outgoing":         {"CallEnded 2", StateEstablished},
			"up-incoming":         {"CallEnded 2", StateEstablished},
			"up-ours":             {"CallEnded 2", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeWANErrorNotify: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"", StateEstablished},
			"call-wait-connected": {"", StateEstablished},
			"up-outgoing":         {"", StateEstablished},
			"up-incoming":         {"", StateEstablished},
			"up-ours":             {"", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
		TypeSetLinkInfo: {
			"idle":                {"", StateIdle},
			"wait-request":        {"Finished 8", StateFinished},
			"wait-reply":          {"CallEnded 6, Finished 8", StateFinished},
			"established":         {"", StateEstablished},
			"requested":           {"", StateEstablished},
			"withdrawn":           {"", StateEstablished},
			"announced":           {"", StateEstablished},
			"call-wait-reply":     {"LinkInfo", StateEstablished},
			"call-wait-connected": {"LinkInfo", StateEstablished},
			"up-outgoing":         {"LinkInfo", StateEstablished},
			"up-incoming":         {"LinkInfo", StateEstablished},
			"up-ours":             {"LinkInfo", StateEstablished},
			"wait-stop-reply":     {"", StateWaitStopReply},
			"finished":            {"", StateFinished},
		},
	}
}

func TestEveryMessageInEveryState(t *testing.T) {
	table := matrix()
	for _, m := range everyMessage() {
		for _, f := range fixtures() {
			t.Run(m.ControlType().String()+"/"+f.name, func(t *testing.T) {
				want, ok := table[m.ControlType()][f.name]
				if !ok {
					t.Fatal("the table has no such cell")
				}
				e := f.make(t)
				twin := e.twin()
				out := e.recv(m)
				if got := (cell{brief(out), e.c.State()}); got != want {
					t.Errorf("got %q -> %v, want %q -> %v", got.outputs, got.state, want.outputs, want.state)
				}
				if diff := cmp.Diff(out, twin.recv(m)); diff != "" {
					t.Errorf("the restored twin differs (-one +twin):\n%s", diff)
				}
			})
		}
	}
}
