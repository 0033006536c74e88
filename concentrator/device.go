package concentrator

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/pool"
)

// deviceNameMax is how long the name of a Linux interface may be, in octets.
const deviceNameMax = 15

// mppeOverhead is what MPPE takes from the MTU of the link: two octets of
// protocol and two of coherency count.
const mppeOverhead = 4

// openShared opens the device that the sessions of the dynamic server share.
func (s *Server) openShared(cfg *Config) error {
	d := cfg.Dynamic
	if !d.Enabled || d.InterfacePerSession {
		return nil
	}
	device, err := s.plane.OpenDevice(dataplane.DeviceSpec{
		Name: d.Device, MTU: deviceMTU(d.LinkConfig), Local: addresses(d.LocalAddress), Routes: d.Routes, Shared: true,
	})
	if err != nil {
		return fmt.Errorf("pptp-dynamic-server: %w", err)
	}
	s.mu.Lock()
	s.device = device
	s.mu.Unlock()
	return nil
}

// sharedDevice returns the device of the dynamic server, nil if there is none.
func (s *Server) sharedDevice() dataplane.Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.device
}

// openSessionDevice opens a device for one session.
func (s *Server) openSessionDevice(cfg DynamicServerConfig, local netip.Addr) (dataplane.Device, *ending) {
	name := s.devices.take(cfg.Device)
	device, err := s.plane.OpenDevice(dataplane.DeviceSpec{
		Name: name, MTU: deviceMTU(cfg.LinkConfig), Local: []netip.Addr{local},
	})
	if err != nil {
		s.devices.giveBack(name)
		return nil, &ending{cause: CauseDataPlane, detail: err.Error()}
	}
	return device, nil
}

// closeSessionDevice closes what openSessionDevice opened.
func (s *Server) closeSessionDevice(d dataplane.Device) {
	if err := d.Close(); err != nil {
		s.log.Error().Err(err).Str("interface", d.Name()).Msg("device not closed")
	}
	s.devices.giveBack(d.Name())
}

// deviceNames hands out the smallest free number for devices per session. Safe
// for concurrent use.
type deviceNames struct {
	mu   sync.Mutex // guards used
	used map[string]struct{}
}

func (n *deviceNames) take(device string) string {
	prefix := device
	for len(prefix) > 0 && prefix[len(prefix)-1] >= '0' && prefix[len(prefix)-1] <= '9' {
		prefix = prefix[:len(prefix)-1]
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.used == nil {
		n.used = make(map[string]struct{})
	}
	for i := 0; ; i++ {
		number := strconv.Itoa(i)
		name := prefix[:min(len(prefix), deviceNameMax-len(number))] + number
		if _, taken := n.used[name]; !taken {
			n.used[name] = struct{}{}
			return name
		}
	}
}

func (n *deviceNames) giveBack(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.used, name)
}

// deviceMTU is the MTU of a device before a peer has told its MRU.
func deviceMTU(c LinkConfig) int {
	if c.Encryption == ppp.EncryptionNone {
		return c.MTU
	}
	return c.MTU - mppeOverhead
}

// addresses lists the addresses of the ranges; the configuration bounds them.
func addresses(ranges pool.Ranges) []netip.Addr {
	var list []netip.Addr
	for _, r := range ranges {
		for a := r.First; a.IsValid() && a.Compare(r.Last) <= 0; a = a.Next() {
			list = append(list, a)
		}
	}
	return list
}

func sortSessions(list []SessionInfo) {
	slices.SortFunc(list, func(a, b SessionInfo) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
}
