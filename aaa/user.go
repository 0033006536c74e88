package aaa

import (
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/aaa/mschap"
)

// Secret is a password in the clear. It prints as "<secret>".
type Secret string

// String hides the secret.
func (Secret) String() string { return "<secret>" }

// GoString hides the secret.
func (Secret) GoString() string { return "<secret>" }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// GroupPPP is the group whose users may dial in; any other is refused.
const GroupPPP = "ppp"

// Storage says in what form a user's password is kept.
type Storage string

// Forms of storage.
const (
	StoreNTHash     Storage = "nt-hash"    // PAP, MS-CHAPv1 with 128 bits, MS-CHAPv2
	StoreReversible Storage = "reversible" // CHAP, and MS-CHAPv1 with 40/56 bits, too
)

// User is a user of a backend with the UserAdmin capability, without password.
type User struct {
	Name           string
	Group          string // GroupPPP may dial in
	Enabled        bool
	Comment        string
	CallerID       string // the client's outer address must equal this; "" is any
	OnlyOne        bool
	LocalAddress   netip.Addr
	RemoteAddress  netip.Addr
	MaxSessionTime time.Duration
	Rate           Rate
	Storage        Storage
	LastSeen       LastSeen // read-only
}

// LastSeen are facts about a user's last sessions.
type LastSeen struct {
	LoggedIn, LoggedOut time.Time
	CallerID            string
	DisconnectReason    string
	FailedAt            time.Time
	FailedReason        string
}

// UserChange sets the fields that are not nil. Password nil keeps the password.
type UserChange struct {
	Group          *string
	Enabled        *bool
	Comment        *string
	CallerID       *string
	OnlyOne        *bool
	LocalAddress   *netip.Addr // an invalid address clears
	RemoteAddress  *netip.Addr
	MaxSessionTime *time.Duration
	Rate           *Rate
	Storage        *Storage // changing it needs a Password
	Password       *Secret
}

// RespondRequest asks for a local user's response to a remote server.
type RespondRequest struct {
	User      string
	Method    Method
	ID        uint8
	Challenge []byte
	// PeerChallenge is our 16 random octets of MS-CHAPv2.
	PeerChallenge []byte
}

// Response proves a local user to a remote server.
type Response struct {
	Response []byte // as Credential.Response
	// Authenticator is the "S=..." that an MS-CHAPv2 server must show in turn.
	Authenticator string
	// Keys are the MPPE start keys from the client's point of view.
	Keys *mschap.StartKeys
}
