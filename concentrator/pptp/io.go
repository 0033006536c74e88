package pptp

import "time"

// Role says which end of the control connection a Conn is.
type Role uint8

// Roles. PPTP calls the dialled end PAC and the dialling end PNS, but either
// may ask for calls; the names here say who opened the TCP connection.
const (
	Server Role = iota
	Client
)

// Config describes a control connection. The zero value of a duration takes
// the default in its comment.
type Config struct {
	Role        Role
	Host        string        // our host name in Start-Control-Connection, at most 64 octets
	Vendor      string        // our vendor string, at most 64 octets
	MaxCalls    int           // calls at once on this connection; 0: no limit but the ids
	Window      uint16        // packets we can buffer per call; 64
	FirstWithin time.Duration // server: to the first whole message; 5s
	// ReplyWithin bounds every wait for a reply or for Incoming-Call-Connected,
	// the wait for AcceptCall or RefuseCall (then the peer is told time-out),
	// and at a server the time from the start to the first accepted call; 30s.
	ReplyWithin time.Duration
	EchoAfter   time.Duration // Echo-Request after so much silence; 60s
	EchoWithin  time.Duration // to the reply, or any other data; 60s
	StopWithin  time.Duration // to the Stop-Control-Connection-Reply; 3s
	KeepIdle    time.Duration // server: after the last call ended; 10s
	// Refuse makes a server answer Start-Control-Connection-Request with this
	// result and finish, e.g. StartNotAuthorized over a limit. 0: do not.
	Refuse StartResult
}

// Input is something that happens to a Conn.
type Input interface{ isInput() }

// Inputs.
type (
	// Open starts the connection: the TCP connection exists.
	Open struct{}
	// Received is a message of the peer, from Decoder.
	Received struct{ Message Message }
	// Activity: octets arrived, whole message or not; postpones echoes.
	Activity struct{}
	// Tick: Deadline has come. A Tick before the deadline changes nothing.
	Tick struct{}
	// Malformed is an error of Decoder: all calls end, then Finished.
	Malformed struct{ Err error }
	// Lost: the TCP connection is gone. All calls end, then Finished; nothing
	// is sent any more.
	Lost struct{ Detail string }
	// AcceptCall answers CallRequested with our call id (never 0). If the
	// request is gone meanwhile the only output is CallEnded for that id; a
	// call id that is 0 or in use refuses the request.
	AcceptCall struct {
		Request uint32
		CallID  uint16
	}
	// RefuseCall answers CallRequested with a result and error code.
	RefuseCall struct {
		Request uint32
		Result  CallResult
		Error   ErrorCode
	}
	// PlaceCall asks the peer for a call (Outgoing-Call-Request). Legal before
	// the connection is established; it is then sent as soon as it is. A call
	// id that is 0 or in use changes nothing.
	PlaceCall struct{ CallID uint16 }
	// ClearCall ends one call from our side: with Call-Disconnect-Notify where
	// we are the PAC (an outgoing call of the peer), with Call-Clear-Request,
	// which has no result, where we are the PNS. An unknown id changes nothing.
	ClearCall struct {
		CallID uint16 // ours
		Result DisconnectResult
		Error  ErrorCode
	}
	// Stop ends all calls and the connection: Stop-Control-Connection-Request,
	// then Finished after the reply or StopWithin.
	Stop struct{ Reason StopReason }
)

func (Open) isInput()       {}
func (Received) isInput()   {}
func (Activity) isInput()   {}
func (Tick) isInput()       {}
func (Malformed) isInput()  {}
func (Lost) isInput()       {}
func (AcceptCall) isInput() {}
func (RefuseCall) isInput() {}
func (PlaceCall) isInput()  {}
func (ClearCall) isInput()  {}
func (Stop) isInput()       {}

// Output is something a Conn wants done, in order.
type Output interface{ isOutput() }

// Outputs.
type (
	// Send writes a message to the peer.
	Send struct{ Message Message }
	// Established: both ends said Start-Control-Connection.
	Established struct {
		Host, Vendor string // the peer's, made printable
		Firmware     uint16
	}
	// CallRequested: the peer asks for a call. Answer with AcceptCall or
	// RefuseCall, after the data plane knows of it.
	CallRequested struct {
		Request    uint32 // to be echoed in the answer
		Incoming   bool   // Incoming-Call-Request, of an old PAC
		PeerCallID uint16 // may be 0
		PeerWindow uint16
		Serial     uint16
		Number     string // dialled (outgoing) or dialling (incoming) number
		SubAddress string
	}
	// CallConnected: PPP may start. For an outgoing call of ours it carries
	// what the peer answered; for the others it repeats the request.
	CallConnected struct {
		CallID     uint16 // ours
		PeerCallID uint16
		PeerWindow uint16
		Speed      uint32
	}
	// CallEnded: the call is over; nothing more comes for CallID.
	CallEnded struct {
		CallID uint16
		Cause  CallCause
		Detail string // result, error and cause codes in words
	}
	// LinkInfo is a Set-Link-Info of the peer, for the log.
	LinkInfo struct {
		CallID             uint16
		SendACCM, RecvACCM uint32
	}
	// Finished: close the TCP connection. All calls have had CallEnded.
	Finished struct {
		Cause  ConnCause
		Detail string
	}
)

func (Send) isOutput()          {}
func (Established) isOutput()   {}
func (CallRequested) isOutput() {}
func (CallConnected) isOutput() {}
func (CallEnded) isOutput()     {}
func (LinkInfo) isOutput()      {}
func (Finished) isOutput()      {}

// CallCause says why a call ended.
type CallCause uint8

// Causes of the end of a call.
const (
	CallClearedByPeer      CallCause = iota + 1 // Call-Clear-Request
	CallDisconnectedByPeer                      // Call-Disconnect-Notify
	CallClearedByUs                             // ClearCall
	CallRefusedByPeer                           // our Outgoing-Call-Request was answered with an error
	CallNotAnswered                             // no answer to our Outgoing-Call-Request
	CallConnectionLost                          // the control connection ended
)

// ConnCause says why a control connection ended.
type ConnCause uint8

// Causes of the end of a control connection.
const (
	ConnStopped        ConnCause = iota + 1 // our Stop, or idle for KeepIdle
	ConnStoppedByPeer                       // Stop-Control-Connection-Request
	ConnNoFirstMessage                      // nothing within FirstWithin
	ConnNoReply                             // a reply did not come
	ConnEchoTimeout                         // the peer is dead
	ConnBadVersion                          // protocol version of the peer
	ConnRefusedByPeer                       // client: Start-Control-Connection-Reply with an error
	ConnProtocolError                       // a message that is malformed or cannot be where it is
	ConnLost                                // the TCP connection is gone
	ConnRefusedByUs                         // server: Config.Refuse
)
