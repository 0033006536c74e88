package ppp

import (
	"io"
	"net/netip"
	"time"
)

// Role says which end of the link a Machine is. It changes only who
// authenticates whom and who owns the addresses.
type Role uint8

// Roles.
const (
	Server Role = iota // authenticates the peer and gives it an address
	Client             // is authenticated and asks for an address
)

// AuthMethod is an authentication protocol.
type AuthMethod uint8

// Authentication methods.
const (
	AuthNone AuthMethod = iota
	PAP                 // RFC 1334
	CHAPMD5             // RFC 1994
	MSCHAPv1            // RFC 2433
	MSCHAPv2            // RFC 2759
)

// Encryption is the manual's encryption word.
type Encryption uint8

// Encryption policies.
const (
	EncryptionNone      Encryption = iota // CCP is refused
	EncryptionOptional                    // if the peer asks for it
	EncryptionRequired                    // no MPPE, no link; stateless is proposed, stateful accepted
	EncryptionStateless                   // as required; a stateful proposal is Nak'd once
)

// Required reports whether the policy forbids a link without MPPE.
func (e Encryption) Required() bool { return e == EncryptionRequired || e == EncryptionStateless }

// KeyLengths is a set of MPPE strengths.
type KeyLengths uint8

// Key lengths.
const (
	Key40 KeyLengths = 1 << iota
	Key56
	Key128
)

// Config describes a link. The zero value of a duration or count takes the
// default in its comment.
type Config struct {
	Role Role
	Rand io.Reader // challenges, magic numbers; crypto/rand.Reader in the product

	MRU uint16 // what we tell the peer it may send us; 1460 if 0
	MTU uint16 // upper bound for what we send, whatever the peer's MRU; 1460 if 0

	// Auth are the methods, best first, that a server demands and a client
	// agrees to.
	Auth []AuthMethod
	// Name is the name in our CHAP Challenges (server), or the user (client).
	Name string
	// AuthRetries is how often a server lets the peer try again after a
	// rejection within one link (the R=1 of MS-CHAP); 0 lets it not.
	AuthRetries int

	Encryption Encryption
	KeyLengths KeyLengths // strengths that may be agreed; Key128 if 0

	// Local and Remote are what a client asks for; invalid: whatever the server gives.
	Local, Remote netip.Addr
	// WantDNS and WantNBNS make a client ask for name servers.
	WantDNS, WantNBNS bool

	EchoInterval time.Duration // LCP Echo-Request after so much silence; 0: never
	EchoFailure  int           // so many unanswered end the link; 5

	FirstRestart time.Duration // first retransmission of a Configure-Request; 1s
	Restart      time.Duration // RFC 1661 Restart timer; 3s
	MaxConfigure int           // 10
	MaxTerminate int           // 2
	MaxFailure   int           // Configure-Naks before Configure-Reject; 5
	AuthTimeout  time.Duration // for the whole authentication phase; 30s
	// Identification is sent in an LCP Identification (RFC 1570) once LCP is
	// up, by a client only; "" sends none.
	Identification string
}
