package concentrator

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/pool"
)

// needAddress reserves the addresses of a session, once: a link that is
// negotiated anew gets the same ones.
func (s *session) needAddress(ppp.NeedAddress) {
	if s.granted != nil {
		s.feed(*s.granted)
		return
	}
	if s.reserving {
		return
	}
	s.reserving = true
	policy, request := s.info.Policy, pool.Request{Owner: s.id, User: s.info.User}
	s.async(func() sessionEvent { return s.reserve(policy, request) })
}

// reserve runs in a goroutine of its own. What it holds when it fails it gives
// back.
func (s *session) reserve(policy *aaa.Policy, request pool.Request) (e addressEvent) {
	defer func() {
		if e.err != nil {
			s.srv.release(e.lease)
			s.srv.release(e.localLease)
			e.lease, e.localLease = nil, nil
		}
	}()
	e.lease, e.err = s.reserveRemote(policy, request)
	if e.err != nil {
		return e
	}
	local := policy.LocalAddress
	if !local.IsValid() {
		local, e.localLease, e.err = s.reserveLocal(request)
		if e.err != nil {
			return e
		}
	}
	remote := e.lease.Addr
	if e.err = s.loopGuard(local, remote); e.err != nil {
		return e
	}
	if s.cfg.InterfacePerSession {
		e.device, e.err = s.srv.openSessionDevice(s.cfg, local)
		if e.err != nil {
			return e
		}
	}
	e.grant = ppp.AddressGrant{
		Local: local, Remote: remote,
		DNS:  pair(policy.DNS, s.cfg.DNS),
		NBNS: pair(policy.NBNS, s.cfg.WINS),
	}
	return e
}

func (s *session) reserveRemote(policy *aaa.Policy, request pool.Request) (*pool.Lease, *ending) {
	var lease pool.Lease
	var err error
	name := policy.Pool
	switch {
	case policy.RemoteAddress.IsValid():
		lease, err = s.srv.pools.Claim(policy.RemoteAddress, request)
	default:
		if name == "" {
			name = s.cfg.RemotePool
		}
		lease, err = s.srv.pools.Acquire(name, request)
	}
	if err != nil {
		return nil, addressRefusal("remote-address", err)
	}
	return &lease, nil
}

// reserveLocal returns our end: the one address that all share, or one of the
// range.
func (s *session) reserveLocal(request pool.Request) (netip.Addr, *pool.Lease, *ending) {
	if s.cfg.LocalPool == "" && len(s.cfg.LocalAddress) == 0 {
		return netip.Addr{}, nil, &ending{cause: CauseAddress, detail: "local-address: none is configured"}
	}
	if s.cfg.LocalPool == "" {
		return s.cfg.LocalAddress[0].First, nil, nil
	}
	lease, err := s.srv.pools.Acquire(s.cfg.LocalPool, pool.Request{Owner: request.Owner + "/local", User: request.User})
	if err != nil {
		return netip.Addr{}, nil, addressRefusal("local-address", err)
	}
	return lease.Addr, &lease, nil
}

func addressRefusal(key string, err error) *ending {
	cause := CauseAddress
	if errors.Is(err, pool.ErrExhausted) {
		cause = CausePoolExhausted
	}
	return &ending{cause: cause, detail: fmt.Sprintf("%s: %v", key, err)}
}

// loopGuard refuses inner addresses that would carry the tunnel into itself.
func (s *session) loopGuard(local, remote netip.Addr) *ending {
	for _, outer := range []netip.Addr{s.info.CallerID, s.info.CalledID} {
		switch outer {
		case remote:
			return &ending{cause: CauseAddress, detail: fmt.Sprintf("remote-address %s is an outer address of the same call: the tunnel would carry itself", remote)}
		case local:
			return &ending{cause: CauseAddress, detail: fmt.Sprintf("local-address %s is an outer address of the same call: the tunnel would carry itself", local)}
		}
	}
	if local == remote {
		return &ending{cause: CauseAddress, detail: fmt.Sprintf("local-address and remote-address are both %s", local)}
	}
	return nil
}

// pair takes the first two name servers of the user, else of the server.
func pair(own, server []netip.Addr) (p [2]netip.Addr) {
	if len(own) == 0 {
		own = server
	}
	copy(p[:], own)
	return p
}

// addressed hands the reserved addresses to the machine.
func (s *session) addressed(e addressEvent) {
	s.reserving = false
	if s.parting() {
		s.discard(e)
		return
	}
	s.lease, s.localLease, s.device = e.lease, e.localLease, e.device
	if e.err != nil {
		s.stop(e.err.cause, e.err.detail)
		return
	}
	device := s.device
	if device == nil {
		device = s.srv.sharedDevice()
	}
	if device == nil {
		s.stop(CauseDataPlane, "the server has no network device")
		return
	}
	if err := s.tunnel.Bind(device); err != nil {
		s.stop(CauseDataPlane, err.Error())
		return
	}
	s.granted = &e.grant
	s.info.Interface = device.Name()
	s.info.Local, s.info.Remote = e.grant.Local, e.grant.Remote
	s.info.DNS, s.info.NBNS = valid(e.grant.DNS), valid(e.grant.NBNS)
	s.reach(StageAddress)
	s.log.Info().Str("stage", string(StageAddress)).Stringer("address", e.grant.Remote).Msg("address reserved")
	s.feed(e.grant)
}

func valid(pair [2]netip.Addr) (list []netip.Addr) {
	for _, a := range pair {
		if a.IsValid() {
			list = append(list, a)
		}
	}
	return list
}
