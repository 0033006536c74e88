package ppp

import (
	"net/netip"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// Input is something that happens to a Machine.
type Input interface{ isInput() }

// Inputs.
type (
	// LowerUp: the call is connected; LCP may start.
	LowerUp struct{}
	// LowerDown: the call is gone; nothing can be sent any more.
	LowerDown struct{}
	// Frame is a PPP frame from the peer: protocol (two octets), then
	// information; address and control field are already gone. The Machine
	// keeps no reference to Data.
	Frame struct{ Data []byte }
	// Tick: Deadline has come. A Tick before the deadline changes nothing.
	Tick struct{}
	// Terminate closes the link: LCP Terminate-Request with Reason as text,
	// then Finished.
	Terminate struct{ Reason string }
	// AuthVerdict answers NeedAuth. One whose Attempt is not the pending one
	// changes nothing.
	AuthVerdict struct {
		Attempt uint32
		Accept  bool
		// Message is what the peer is told: for MS-CHAPv2 accepted, "S=<40
		// upper-case hex>"; else free text or empty. The failure of MS-CHAP is
		// built from Code and the retry allowance.
		Message string
		Code    int // MS-CHAP E= value of a rejection; 691 if 0
		// Keys are the start keys from our point of view; nil: none.
		Keys *mschap.StartKeys
		// Encryption and KeyLengths replace those of Config if not nil, 0.
		Encryption *Encryption
		KeyLengths KeyLengths
		MTU        uint16 // replaces Config.MTU if not 0
	}
	// AddressGrant answers NeedAddress. Addresses that are not valid are not
	// offered, and the option is rejected when the peer asks for it.
	AddressGrant struct {
		Local, Remote netip.Addr
		DNS, NBNS     [2]netip.Addr
	}
	// CredentialResponse answers NeedCredential.
	CredentialResponse struct {
		Attempt uint32
		// Response as on the wire: PAP password, 16 octets CHAP-MD5, 49 octets MS-CHAP.
		Response []byte
		// Authenticator is the "S=..." an MS-CHAPv2 server must show.
		Authenticator string
		Keys          *mschap.StartKeys // from our point of view
	}
	// CredentialFailure answers NeedCredential when there is none.
	CredentialFailure struct {
		Attempt uint32
		Reason  string
	}
	// MPPEReset: the receiver lost coherency; send a CCP Reset-Request.
	MPPEReset struct{}
	// Alive: data came from the peer since; it postpones the LCP echo as any
	// Frame does.
	Alive struct{}
)

func (LowerUp) isInput()            {}
func (LowerDown) isInput()          {}
func (Frame) isInput()              {}
func (Tick) isInput()               {}
func (Terminate) isInput()          {}
func (AuthVerdict) isInput()        {}
func (AddressGrant) isInput()       {}
func (CredentialResponse) isInput() {}
func (CredentialFailure) isInput()  {}
func (MPPEReset) isInput()          {}
func (Alive) isInput()              {}

// Output is something a Machine wants done. Outputs are to be performed in
// order: receive keys are armed before the CCP Ack that lets the peer use them
// leaves, and LayerUp comes before the Configure-Ack that completes IPCP where
// that Ack is what completes it.
type Output interface{ isOutput() }

// Outputs.
type (
	// SendFrame sends a frame (protocol, information) to the peer. The data
	// belongs to the receiver of the output.
	SendFrame struct{ Data []byte }
	// LinkUp: LCP is open; what the peer agreed to.
	LinkUp struct {
		PeerMRU   uint16
		ACFC, PFC bool // the peer accepts these compressions from us
		Auth      AuthMethod
	}
	// PeerIdent is an LCP Identification, made printable.
	PeerIdent struct{ Text string }
	// NeedAuth asks who the peer is (server). Answer: AuthVerdict.
	NeedAuth struct {
		Attempt   uint32
		Method    AuthMethod
		User      string
		ID        uint8
		Challenge []byte // ours
		Response  []byte // as on the wire
	}
	// NeedCredential asks for our own response (client). Answer:
	// CredentialResponse or CredentialFailure.
	NeedCredential struct {
		Attempt       uint32
		Method        AuthMethod
		ID            uint8
		Challenge     []byte // the server's
		PeerChallenge []byte // our 16 octets of MS-CHAPv2
		ServerName    string
	}
	// AuthDone: the authentication phase is over, successfully.
	AuthDone struct {
		Method AuthMethod
		User   string
	}
	// NeedAddress asks for addresses (server). Answer: AddressGrant, or
	// Terminate when there is none. Asked may be invalid.
	NeedAddress struct{ Asked netip.Addr }
	// ArmReceive and ArmTransmit switch MPPE on in one direction.
	ArmReceive  struct{ Key MPPEKey }
	ArmTransmit struct{ Key MPPEKey }
	// DisarmMPPE: CCP went down; no key is valid any more.
	DisarmMPPE struct{}
	// FlushTransmit: the peer sent a CCP Reset-Request.
	FlushTransmit struct{}
	// LayerUp: IPCP is open, IP may pass.
	LayerUp struct {
		Local, Remote netip.Addr
		DNS, NBNS     [2]netip.Addr // client: what the server gave
		MTU           uint16        // largest IP packet for the peer: its MRU, bounded by Config.MTU, less 4 under MPPE
		ACFC, PFC     bool
		Receive, Send Encoding
	}
	// LayerDown: IP may not pass any more; the link goes on or Finished follows.
	// A change of the encoding is a LayerDown and, at once or when CCP is open
	// again, another LayerUp. After a renegotiation of LCP, LinkUp and AuthDone
	// come again too, for the same user; NeedAddress does not.
	LayerDown struct{}
	// Finished: the link is over, nothing will be sent any more.
	Finished struct {
		Cause Cause
		// Detail completes the cause: the peer's words, the names of options.
		Detail string
	}
)

func (SendFrame) isOutput()      {}
func (LinkUp) isOutput()         {}
func (PeerIdent) isOutput()      {}
func (NeedAuth) isOutput()       {}
func (NeedCredential) isOutput() {}
func (AuthDone) isOutput()       {}
func (NeedAddress) isOutput()    {}
func (ArmReceive) isOutput()     {}
func (ArmTransmit) isOutput()    {}
func (DisarmMPPE) isOutput()     {}
func (FlushTransmit) isOutput()  {}
func (LayerUp) isOutput()        {}
func (LayerDown) isOutput()      {}
func (Finished) isOutput()       {}

// MPPEKey is one direction's agreed encryption with its start key (8 octets
// for 40 and 56 bits, 16 for 128).
type MPPEKey struct {
	Encoding
	StartKey []byte
}

// Encoding is what CCP agreed on for one direction. The zero value is none.
type Encoding struct {
	Bits      int // 0, 40, 56, 128
	Stateless bool
}

// Cause says why a link ended.
type Cause uint8

// Causes.
const (
	CauseLowerDown         Cause = iota + 1 // the call went away under the link
	CauseClosed                             // our Terminate
	CausePeerTerminated                     // the peer's Terminate-Request
	CauseNoFrames                           // LCP timed out, and no PPP frame ever arrived
	CauseLCPTimeout                         // frames arrived, but LCP did not converge in time
	CauseLCPFailed                          // options cannot be agreed on
	CauseNoCommonAuth                       // no authentication method in common
	CauseAuthTimeout                        // the peer did not answer in time
	CauseAuthRejected                       // the verdict was no
	CausePeerAuthFailed                     // client: the server rejected us
	CauseServerAuthFailed                   // client: the server's S= is wrong
	CauseNoCredential                       // client: CredentialFailure
	CauseEncryptionRefused                  // encryption is required, the peer does not
	CauseEncryptionNoKeys                   // encryption is required, the method gave no keys
	CauseEncryptionLost                     // CCP went down under a required encryption
	CauseIPCPFailed                         // no agreement on addresses, or IPCP refused
	CauseIPCPTimeout
	CauseEchoFailure // LCP Echo-Requests unanswered
	CauseLoopback    // we hear our own magic number
)

// Phase of a link (RFC 1661 §3.2), with the Network phase split in two.
type Phase uint8

// Phases.
const (
	PhaseDead Phase = iota
	PhaseEstablish
	PhaseAuthenticate
	PhaseNetwork // NCPs are negotiating
	PhaseRunning // IP passes
	PhaseTerminate
)
