package ppp

import "time"

// Machine is one PPP link.
type Machine struct{ cfg Config }

// New makes a machine of a valid configuration.
func New(cfg Config) (*Machine, error) { return &Machine{cfg: cfg}, nil }

// Handle tells the machine what happened.
func (m *Machine) Handle(now time.Time, in Input) []Output { return nil }

// Deadline is when a Tick is due; zero: never.
func (m *Machine) Deadline() time.Time { return time.Time{} }

// Phase of the link.
func (m *Machine) Phase() Phase { return PhaseDead }
