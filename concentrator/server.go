package concentrator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/pptpac/pptpac/aaa"
	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/pool"
)

// ErrNoSession is returned for a session id that no live session has.
var ErrNoSession = errors.New("no such session")

// Options are what a Server works with. All fields are required.
type Options struct {
	Config Config
	Plane  dataplane.Plane
	AAA    aaa.Service
	Pools  pool.Manager
	Log    zerolog.Logger
	Rand   io.Reader // crypto/rand.Reader in the product
	// Epoch is different for every start of the process; it makes session ids
	// unique across restarts.
	Epoch uint32
}

// Server is the concentrator: it answers calls and owns their sessions. Its
// methods may be called from several goroutines.
type Server struct {
	plane      dataplane.Plane
	aaa        aaa.Service
	pools      pool.Manager
	log        zerolog.Logger
	rand       io.Reader
	epoch      uint32
	cfg        atomic.Pointer[Config]
	registry   *registry
	limits     *limits
	callIDs    *callIDs
	accounting *accounting
	serial     atomic.Uint32 // of sessions
	devices    deviceNames
	timing     timing
	strangers  floodGate // of what anybody who can connect can cause

	// admit keeps calls out while it is locked: Reconfigure and shutdown need
	// the number of sessions to stand still. It guards closing.
	admit   sync.RWMutex
	closing bool

	mu        sync.Mutex // guards device and listeners
	device    dataplane.Device
	listeners []net.Listener

	controls sync.WaitGroup // control connections
	sessions sync.WaitGroup
	answers  sync.WaitGroup // questions of sessions to aaa and pool
}

// New returns a server that does not listen yet.
func New(o Options) (*Server, error) {
	s := &Server{
		plane: o.Plane, aaa: o.AAA, pools: o.Pools, log: o.Log, rand: o.Rand, epoch: o.Epoch,
		registry: newRegistry(o.Config.Server.EndedSessions),
		limits:   newLimits(o.Config.Server),
		callIDs:  newCallIDs(o.Rand, o.Config.Server.CallIDHoldDown),
		timing:   defaultTiming(),
	}
	s.cfg.Store(&o.Config)
	s.accounting = newAccounting(o.AAA, o.Log)
	return s, nil
}

// config returns the configuration in force, which is never written to.
func (s *Server) config() *Config { return s.cfg.Load() }

// Listen opens the shared device and the listeners. Errors name the address or
// the device.
func (s *Server) Listen() error {
	cfg := s.config()
	if err := s.openShared(cfg); err != nil {
		return err
	}
	for _, at := range cfg.Server.Listen {
		l, err := net.Listen("tcp4", at.String())
		if err != nil {
			s.closeListeners()
			s.closeShared()
			return fmt.Errorf("listen on %s: %w", at, err)
		}
		s.mu.Lock()
		s.listeners = append(s.listeners, l)
		s.mu.Unlock()
	}
	return nil
}

// Addrs returns where the server listens.
func (s *Server) Addrs() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []netip.AddrPort
	for _, l := range s.listeners {
		list = append(list, l.Addr().(*net.TCPAddr).AddrPort())
	}
	return list
}

// Serve answers calls until ctx is done, then ends all sessions politely
// within shutdown-timeout: LCP Terminate, Call-Disconnect-Notify,
// Stop-Control-Connection-Request, accounting Stop. Listen must have succeeded.
func (s *Server) Serve(ctx context.Context) error {
	s.mu.Lock()
	listeners := s.listeners
	s.mu.Unlock()
	s.accounting.start(s.timing.recordPause)
	controls, stopControls := context.WithCancel(context.Background())
	defer stopControls()
	kill, killControls := context.WithCancel(context.Background())
	defer killControls()
	var accepting sync.WaitGroup
	for _, l := range listeners {
		// Ends when the listener is closed.
		accepting.Go(func() { s.accept(controls, kill, l) })
	}
	<-ctx.Done()
	s.closeListeners()
	accepting.Wait()
	s.shutdown(stopControls, killControls)
	return nil
}

func (s *Server) closeListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.listeners = nil
}

// Sessions returns the live sessions, oldest first.
func (s *Server) Sessions() []SessionInfo {
	live := s.registry.all()
	list := make([]SessionInfo, 0, len(live))
	for _, session := range live {
		list = append(list, session.snapshot())
	}
	sortSessions(list)
	return list
}

// Session returns one live session, or ErrNoSession.
func (s *Server) Session(id string) (SessionInfo, error) {
	session := s.registry.get(id)
	if session == nil {
		return SessionInfo{}, fmt.Errorf("session %q: %w", id, ErrNoSession)
	}
	return session.snapshot(), nil
}

// Ended returns the last ended sessions, the latest first.
func (s *Server) Ended() []EndedSession { return s.registry.endedSessions() }

// Totals returns the counts since the start of the process.
func (s *Server) Totals() Totals { return s.registry.snapshotTotals() }

// Config returns the configuration in force. The caller must not change it.
func (s *Server) Config() *Config { return s.config() }

// Terminate ends a session on behalf of an administrator. It does not wait for
// the end. reason may be empty.
func (s *Server) Terminate(id, reason string) error {
	session := s.registry.get(id)
	if session == nil {
		return fmt.Errorf("session %q: %w", id, ErrNoSession)
	}
	detail := causeEffects[CauseAdmin].reason
	if reason != "" {
		detail += ": " + reason
	}
	session.end(CauseAdmin, detail)
	return nil
}

// end asks the session to end. It does not wait. Anybody may call it.
func (s *session) end(cause Cause, detail string) {
	s.mail.post(stopEvent{ending: ending{cause: cause, detail: detail}, within: s.srv.timing.goodbye})
}

// release gives a lease back; nil is none.
func (s *Server) release(l *pool.Lease) {
	if l == nil {
		return
	}
	if err := s.pools.Release(*l); err != nil {
		s.log.Error().Err(err).Stringer("address", l.Addr).Msg("lease not released")
	}
}

// nextID returns a new session id, unique across restarts, and its NAS-Port.
func (s *Server) nextID() (id string, nasPort uint32) {
	n := s.serial.Add(1)
	return fmt.Sprintf("%08x%08x", s.epoch, n), n
}
