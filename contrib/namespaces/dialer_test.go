package namespaces

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane/engine"
	"github.com/pptpac/pptpac/dataplane/rawsock"
	"github.com/pptpac/pptpac/plugins/local"
)

// dialer is the life of a client process: it dials, says how it went, and
// hangs up when its standard input ends.
func dialer(spec string) int {
	var o dialOptions
	if err := json.Unmarshal([]byte(spec), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	say := func(d dialed) { _ = json.NewEncoder(os.Stdout).Encode(d) }
	plane, err := engine.New(engine.Options{OpenSocket: func() (rawsock.Conn, error) { return openImpaired(o) }})
	if err != nil {
		say(dialed{Error: err.Error()})
		return 1
	}
	defer plane.Close()
	encryption, err := ppp.ParseEncryption(o.Encryption)
	if err != nil {
		say(dialed{Error: err.Error()})
		return 1
	}
	link := concentrator.DefaultConfig().Dynamic.LinkConfig
	link.PAP, link.CHAP, link.MSCHAPv1, link.MSCHAPv2 = o.PAP, o.CHAP, o.V1, o.V2
	link.Encryption = encryption
	if len(o.Bits) > 0 {
		link.KeyLengths = 0
		for _, bits := range o.Bits {
			set, _ := ppp.KeyLengthOf(bits)
			link.KeyLengths |= set
		}
	}
	if o.MTU > 0 {
		link.MTU, link.MRU = o.MTU, o.MTU
	}
	device := fmt.Sprintf("vpn%d", os.Getpid())
	if o.NoDevice {
		device = ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	credentials, err := credentialsOf(ctx, o.User, o.Password)
	if err != nil {
		say(dialed{Error: err.Error()})
		return 1
	}
	defer credentials.Close()
	client, up, err := concentrator.Dial(ctx, concentrator.ClientOptions{
		Config: concentrator.ClientConfig{
			LinkConfig: link, ConnectTo: netip.MustParseAddrPort(serverOuter + ":1723"), User: o.User, Device: device,
		},
		Plane: plane, Credentials: credentials, Log: zerolog.New(os.Stderr).Level(zerolog.WarnLevel), Rand: rand.Reader,
	})
	if err != nil {
		d := dialed{Error: err.Error()}
		if call, ok := errors.AsType[*concentrator.CallError](err); ok {
			d.Cause = string(call.Cause)
		}
		say(d)
		return 1
	}
	say(dialed{
		Local: up.Local.String(), Remote: up.Remote.String(), Encoding: up.Encoding, MTU: up.MTU,
		SetupMillis: float64(up.Setup.Microseconds()) / 1000,
	})
	hungUp := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); close(hungUp) }()
	select {
	case <-hungUp:
		client.Close()
	case <-client.Done():
	}
	say(dialed{Error: client.Err().Error(), Cause: string(client.Err().Cause)})
	return 0
}

// credentialsOf is a local user database with that one user, in process.
func credentialsOf(ctx context.Context, user, password string) (*local.Backend, error) {
	dir, err := os.MkdirTemp("", "pptpac-dialer")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // open files stay usable
	b := local.New("test")
	if err := b.Configure(ctx, aaa.Configuration{NodeName: "dialer", StateDir: dir, Options: []byte("{}")}); err != nil {
		return nil, err
	}
	u := aaa.User{Name: user, Group: aaa.GroupPPP, Enabled: true, Storage: aaa.StoreReversible}
	return b, b.AddUser(ctx, u, aaa.Secret(password))
}
