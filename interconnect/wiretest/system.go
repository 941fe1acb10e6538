package wiretest

import (
	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// TB is what testing.T, testing.B and rapid.T share.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Frequency is the clock of a System; no result depends on it.
const Frequency = 1 * sim.GHz

// System is a small real system: an engine, a pool and the parts on it.
type System struct {
	Engine sim.Engine
	Clock  port.Clock
	Pool   *wire.Pool
	parts  []port.Part
}

// NewSystem makes an empty system on Akita's serial engine.
func NewSystem() *System { return NewSystemOn(sim.NewSerialEngine()) }

// NewSystemOn makes an empty system on an engine.
func NewSystemOn(e sim.Engine) *System {
	return &System{Engine: e, Clock: port.NewClock(e, Frequency), Pool: &wire.Pool{}}
}

// Add has parts asked at the end whether they are idle. A part is anything with a
// port or a link.
func (s *System) Add(parts ...port.Part) { s.parts = append(s.parts, parts...) }

// Agent makes an agent and adds it.
func (s *System) Agent(tb TB, name string, spec Spec) *Agent {
	tb.Helper()
	a, err := NewAgent(name, s.Clock, spec, s.Pool)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.Add(a)
	return a
}

// Source makes an agent that is only expected to send.
func (s *System) Source(tb TB, name string, p port.Spec) *Agent {
	tb.Helper()
	return s.Agent(tb, name, Spec{Port: p})
}

// Sink makes an agent that takes a message every serviceCycles, or at once if 0.
func (s *System) Sink(tb TB, name string, p port.Spec, serviceCycles int64) *Agent {
	tb.Helper()
	return s.Agent(tb, name, Spec{Port: p, ServiceCycles: serviceCycles})
}

// Echo makes an agent that sends packets back.
func (s *System) Echo(tb TB, name string, p port.Spec) *Agent {
	tb.Helper()
	return s.Agent(tb, name, Spec{Port: p, Echo: true})
}

// Run runs the engine dry.
func (s *System) Run(tb TB) {
	tb.Helper()
	if err := s.Engine.Run(); err != nil {
		tb.Fatalf("engine: %v", err)
	}
}

// creditor is a part that can tell whether all its credits are home.
type creditor interface{ CreditsHome() bool }

// CheckQuiet fails unless every part is idle, waits for nothing and has its credits
// home, and every packet is back in the pool. A deadlock fails here, with the waits
// of all parts.
func (s *System) CheckQuiet(tb TB) {
	tb.Helper()
	var waits []port.Wait
	for _, p := range s.parts {
		waits = append(waits, p.Waits()...)
	}
	for _, p := range s.parts {
		if !p.Idle() {
			tb.Fatalf("%s is not idle at the end; waits: %v", p.Name(), waits)
		}
		if c, ok := p.(creditor); ok && !c.CreditsHome() {
			tb.Fatalf("%s: credits are not home", p.Name())
		}
	}
	if len(waits) > 0 {
		tb.Fatalf("idle parts still wait: %v", waits)
	}
	if n := s.Pool.Live(); n != 0 {
		tb.Fatalf("%d packets did not return to the pool", n)
	}
}
