package lab

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/engine"
)

// DialRole is the role of a process that is a client. It takes a DialSpec and
// says a Dialed for each call.
const DialRole = "dial"

// settleTimeout bounds a call from the SYN to the last NCP.
const settleTimeout = 30 * time.Second

// DialSpec is what a client does.
type DialSpec struct {
	Server     string // address and port
	Encryption string // none or stateless; "" is stateless
	Calls      int    // one after the other, each hung up once it is measured
	Offers     bool   // offer IPX and NetBEUI, too, as old Windows does
	Device     string // network device; "" is none
	Hold       bool   // the one call stays until standard input ends
}

// Dialed is how a call went. Settled is when IP passes and every NCP is agreed on
// or rejected: a Windows client is not connected earlier.
type Dialed struct {
	Setup, Settled time.Duration // from the SYN
	Local, Remote  string
	Error          string
}

func dial(text []byte, in *bufio.Scanner, out *json.Encoder) error {
	var spec DialSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	server, err := netip.ParseAddrPort(spec.Server)
	if err != nil {
		return err
	}
	plane, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = plane.Close() }()
	link := concentrator.DefaultConfig().Dynamic.LinkConfig
	if spec.Encryption == "none" {
		link.Encryption = ppp.EncryptionNone
	}
	cfg := concentrator.ClientConfig{LinkConfig: link, ConnectTo: server, User: User, Device: spec.Device}
	for range max(spec.Calls, 1) {
		call, d := Dial(cfg, plane, spec.Offers)
		if err := out.Encode(d); err != nil {
			return err
		}
		if call == nil {
			continue
		}
		if spec.Hold {
			in.Scan()
		}
		call.Close()
	}
	return nil
}

// Dial places one call; the client is nil if it failed.
func Dial(cfg concentrator.ClientConfig, plane dataplane.Plane, offers bool) (*concentrator.Client, Dialed) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	offering := newOffers(plane)
	if offers {
		plane = offering
	}
	started := time.Now()
	call, up, err := concentrator.Dial(ctx, concentrator.ClientOptions{
		Config: cfg, Plane: plane, Credentials: Credentials{}, Log: zerolog.Nop(), Rand: rand.Reader,
	})
	if err != nil {
		return nil, Dialed{Error: err.Error()}
	}
	d := Dialed{Setup: up.Setup, Settled: up.Setup, Local: up.Local.String(), Remote: up.Remote.String()}
	if !offers {
		return call, d
	}
	select {
	case at := <-offering.settled:
		d.Settled = max(d.Settled, at.Sub(started))
		return call, d
	case <-ctx.Done():
		call.Close()
		return nil, Dialed{Error: fmt.Sprintf("IP passes after %s, but IPX or NetBEUI is not rejected within %s", up.Setup, settleTimeout)}
	}
}
