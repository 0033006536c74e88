package concentrator

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/pptp"
	"github.com/pptpac/pptpac/dataplane"
)

// clientCall is the actor of a client: the PPP machine and the state of the
// call. The control connection is an actor of its own.
type clientCall struct {
	link
	client  *Client
	opts    ClientOptions
	started time.Time
	callID  uint16
	ctx     context.Context
	cancel  context.CancelFunc

	control *controlConn
	stopTCP context.CancelFunc
	tcpOver chan struct{}
	device  dataplane.Device
	timing  timing
	closeBy time.Time
	ending  *ending
	callEnd *ending // what the end of the call would make of ending
	over    bool
}

func newClientCall(c *Client, o ClientOptions, nc net.Conn, started time.Time) (*clientCall, error) {
	cfg := linkConfig(o.Config.LinkConfig, ppp.Client, o.Rand, o.Config.User)
	cfg.WantDNS = o.Config.WantDNS
	machine, err := ppp.New(cfg)
	if err != nil {
		return nil, err
	}
	local, peer := addrPort(nc.LocalAddr()).Addr(), addrPort(nc.RemoteAddr()).Addr()
	tunnel, callID, err := openClientTunnel(o, local, peer, tunnelEvents{mail: c.mail})
	if err != nil {
		return nil, err
	}
	c.tunnel = tunnel
	call := &clientCall{client: c, opts: o, started: started, callID: callID, tcpOver: make(chan struct{}), timing: defaultTiming()}
	call.link = link{machine: machine, tunnel: tunnel, log: o.Log, handle: call.perform, fail: call.fail}
	call.ctx, call.cancel = context.WithCancel(context.Background())
	call.control = newControlConn(nc, pptp.New(pptp.Config{Role: pptp.Client, Host: "", Vendor: vendorName}), call.timing.write, call.performControl)
	return call, nil
}

// openClientTunnel opens a tunnel under a random call id. Calls of several
// clients know each other only through the plane: who meets a taken id takes
// another.
func openClientTunnel(o ClientOptions, local, peer netip.Addr, events dataplane.Events) (dataplane.Tunnel, uint16, error) {
	ids := newCallIDs(o.Rand, 0)
	for {
		id, err := ids.reserve(local, time.Time{})
		if err != nil {
			return nil, 0, err // all of them are taken
		}
		tunnel, err := o.Plane.Open(dataplane.Spec{Local: local, Peer: peer, LocalCallID: id}, events)
		if !errors.Is(err, dataplane.ErrCallIDInUse) {
			return tunnel, id, err
		}
	}
}

func (c *clientCall) run() {
	tcp, stopTCP := context.WithCancel(context.Background())
	c.stopTCP = stopTCP
	c.control.post(pptp.PlaceCall{CallID: c.callID})
	// Ends when stopTCP was called and the server has answered, or with the
	// TCP connection.
	go func() {
		defer close(c.tcpOver)
		finished := c.control.run(tcp, pptp.StopGeneral)
		c.client.mail.post(callEnded{cause: pptp.CallConnectionLost, detail: finished.Detail})
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !c.over {
		resetTo(timer, earliest(c.machine.Deadline(), c.closeBy))
		select {
		case <-c.client.mail.wake:
			for _, e := range c.client.mail.take() {
				c.event(e)
			}
		case <-timer.C:
			now := time.Now()
			if due(c.closeBy, now) {
				c.over = true
			} else if due(c.machine.Deadline(), now) {
				c.tick()
			}
		}
	}
	c.finish()
}

// performControl posts what the control connection says; it runs in the
// control connection's actor.
func (c *clientCall) performControl(out pptp.Output) {
	switch o := out.(type) {
	case pptp.CallConnected:
		c.client.mail.post(callConnected{o})
	case pptp.CallEnded:
		c.client.mail.post(callEnded{cause: o.Cause, detail: o.Detail})
	}
}

func (c *clientCall) event(e sessionEvent) {
	if c.over {
		return
	}
	switch e := e.(type) {
	case callConnected:
		c.connected(e)
	case callEnded:
		// A link that was already ending says why in its Finished.
		c.callEnd = &ending{cause: fromCall[e.cause], detail: e.detail}
		c.feed(ppp.LowerDown{})
		c.conclude(c.callEnd.cause, c.callEnd.detail)
		c.over = true
	case credentialEvent:
		c.feed(e.in)
	case stopEvent:
		c.stop(e.cause, e.detail)
	case dropEvent:
		c.conclude(CauseLostCarrier, "dropped")
		c.control.nc.Close()
		c.over = true
	case frameEvent:
		c.frame(e.data)
	case resetEvent:
		c.feed(ppp.MPPEReset{})
	case faultEvent:
		c.fail(e.err)
	}
}

// connected: the server answered, PPP starts.
func (c *clientCall) connected(e callConnected) {
	if err := c.tunnel.Connect(e.PeerCallID, e.PeerWindow); err != nil {
		c.fail(err)
		return
	}
	c.start()
}

type dropEvent struct{}

func (dropEvent) isSessionEvent() {}

type credentialEvent struct{ in ppp.Input }

func (credentialEvent) isSessionEvent() {}

// perform does what the PPP machine asks for.
func (c *clientCall) perform(out ppp.Output) {
	switch o := out.(type) {
	case ppp.NeedCredential:
		c.respond(o)
	case ppp.LayerUp:
		c.layerUp(o)
	case ppp.LayerDown:
		c.tunnel.StopForwarding()
	case ppp.Finished:
		if o.Cause == ppp.CauseLowerDown && c.callEnd != nil {
			c.conclude(c.callEnd.cause, c.callEnd.detail)
			return
		}
		e := fromPPP[o.Cause]
		reason := causeEffects[e].reason
		if o.Cause == ppp.CausePeerTerminated {
			reason = "the server hung up"
		}
		if o.Detail != "" {
			reason += ": " + o.Detail
		}
		c.conclude(e, reason)
		c.over = true
	}
}

// respond has our credentials answer the server's challenge.
func (c *clientCall) respond(o ppp.NeedCredential) {
	r := &aaa.RespondRequest{User: c.opts.Config.User, Method: methodOf[o.Method], ID: o.ID, Challenge: o.Challenge, PeerChallenge: o.PeerChallenge}
	go func() { // ends with the answer; the call's context ends it at the latest
		response, err := c.opts.Credentials.Respond(c.ctx, r)
		if err != nil {
			c.client.mail.post(credentialEvent{ppp.CredentialFailure{Attempt: o.Attempt, Reason: err.Error()}})
			return
		}
		c.client.mail.post(credentialEvent{ppp.CredentialResponse{
			Attempt: o.Attempt, Response: response.Response, Authenticator: response.Authenticator, Keys: response.Keys,
		}})
	}()
}

func (c *clientCall) layerUp(o ppp.LayerUp) {
	if err := c.openDevice(o); err != nil {
		c.fail(err)
		return
	}
	up := ClientUp{Local: o.Local, Remote: o.Remote, DNS: valid(o.DNS), MTU: int(o.MTU),
		Encoding: encodingText(o.Receive, o.Send), Setup: time.Since(c.started)}
	select {
	case c.client.up <- up:
	default: // negotiated anew
	}
}

func (c *clientCall) openDevice(o ppp.LayerUp) error {
	cfg := c.opts.Config
	if cfg.Device == "" {
		return nil
	}
	if c.device == nil {
		device, err := c.opts.Plane.OpenDevice(dataplane.DeviceSpec{
			Name: cfg.Device, MTU: int(o.MTU), Local: []netip.Addr{o.Local}, Routes: []netip.Prefix{netip.PrefixFrom(o.Remote, 32)},
		})
		if err != nil {
			return err
		}
		c.device = device
		if err := c.tunnel.Bind(device); err != nil {
			return err
		}
	}
	return c.tunnel.Forward(dataplane.ForwardSpec{
		Local: o.Local, Remote: o.Remote, Routes: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, MTU: int(o.MTU),
		ClampMSS: cfg.ClampMSS, RequireEncryption: cfg.Encryption.Required(), ACFC: o.ACFC, PFC: o.PFC,
	})
}

func (c *clientCall) fail(err error) { c.stop(CauseDataPlane, err.Error()) }

func (c *clientCall) stop(cause Cause, detail string) {
	if c.ending != nil {
		return
	}
	c.conclude(cause, detail)
	c.closeBy = time.Now().Add(c.timing.goodbye)
	c.tunnel.StopForwarding()
	c.feed(ppp.Terminate{Reason: detail})
}

func (c *clientCall) conclude(cause Cause, detail string) {
	if c.ending == nil {
		c.ending = &ending{cause: cause, detail: detail}
	}
}

func (c *clientCall) finish() {
	c.cancel()
	c.client.mail.close()
	if err := c.tunnel.Close(); err != nil {
		c.log.Error().Err(err).Msg("the tunnel left something behind")
	}
	if c.device != nil {
		_ = c.device.Close()
	}
	c.stopTCP()
	<-c.tcpOver
	c.client.err = &CallError{Cause: c.ending.cause, Reason: c.ending.detail}
	close(c.client.done)
}
