package micro

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mozart/runner/engine"
)

// ErrInterrupted is returned beside a partial Result when the context ends.
var ErrInterrupted = errors.New("interrupted")

// StuckError is a network that stopped moving with packets inside, or did not come
// to rest after its last packet.
type StuckError struct {
	// Cycle is the last one in which anything happened.
	Cycle int64
	// Cause says what is stuck.
	Cause error
}

// Error implements error.
func (e *StuckError) Error() string {
	return fmt.Sprintf("the network is stuck at cycle %d: %v", e.Cycle, e.Cause)
}

// Unwrap returns the cause.
func (e *StuckError) Unwrap() error { return e.Cause }

// Run measures one point. Errors of the spec name what was found and what is wanted;
// a *StuckError is a deadlock or a broken law of the network. With ErrInterrupted the
// result holds what had been measured.
func Run(ctx context.Context, s Spec) (*Result, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	began := time.Now()
	m, err := newMeasurement(ctx, s)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, m.engine.Stop)
	defer stop()
	err = m.all()
	if err != nil && !errors.Is(err, ErrInterrupted) {
		return nil, err
	}
	r := m.result()
	r.WallS = time.Since(began).Seconds()
	r.FlitHopsPerS = float64(r.FlitHops) / r.WallS
	return r, err
}

// measurement is a run of one point.
type measurement struct {
	ctx       context.Context
	spec      Spec
	injectors []int
	endpoints int
	engine    *engine.Serial
	load      *load
	fabric    fabric
	// now is the cycle up to which everything has happened.
	now int64

	warmed    bool
	drained   bool
	saturated string // why, or ""
	// generated is the number of packets created in the window; end is where the window
	// ended, or was interrupted; drain is how long its packets took to leave after it.
	generated, end, drain int64
}

func newMeasurement(ctx context.Context, s Spec) (*measurement, error) {
	e, err := engine.NewSerial(clockRate)
	if err != nil {
		return nil, err
	}
	nodes, err := endpoints(s.Topology)
	if err != nil {
		return nil, err
	}
	m := &measurement{
		ctx: ctx, spec: s, engine: e, endpoints: len(nodes), injectors: s.Traffic.injectors(len(nodes)), load: newLoad(s, len(nodes)),
	}
	where := site{engine: e, graph: s.Topology, nodes: nodes, driver: m.load}
	if s.Fidelity == Packet {
		m.fabric, err = newPacketNet(where, s.Network, s.Traffic.PacketFlits)
	} else {
		m.fabric, err = newFlitNet(where, s.Network, s.Traffic.PacketFlits)
	}
	return m, err
}

// all goes through the phases: warm-up, window, drain, and the end of all traffic.
func (m *measurement) all() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &StuckError{m.engine.CurrentCycle(), fmt.Errorf("broken invariant: %v", r)}
		}
	}()
	m.fabric.start(m.injectors)
	for _, phase := range []func() error{m.warmUp, m.measure, m.drainWindow, m.finish} {
		if err := phase(); err != nil {
			return err
		}
	}
	return nil
}

// run emulates up to and including a cycle. The sources never end, so that an engine
// without events is a network in which nothing can move.
func (m *measurement) run(cycle int64) error {
	if m.ctx.Err() != nil {
		return ErrInterrupted
	}
	err := m.engine.RunUntil(cycle)
	switch {
	case errors.Is(err, engine.ErrLimit):
		m.now = cycle
		return nil
	case errors.Is(err, engine.ErrStopped):
		m.now = m.engine.CurrentCycle()
		return ErrInterrupted
	case err == nil:
		return m.stuck()
	}
	return err
}

func (m *measurement) stuck() error {
	cause := m.fabric.check()
	if cause == nil {
		cause = errors.New("nothing is left to happen")
	}
	return &StuckError{m.engine.CurrentCycle(), cause}
}

// measure runs the window. A window of no given length is doubled until the mean
// latency is known well enough, or the load has turned out to be too much.
func (m *measurement) measure() error {
	ahead := m.fabric.foresight()
	w := window{from: m.now + 1 + ahead}
	w.to = w.from + m.windowCycles()
	m.load.open(w)
	defer func() { m.end = min(w.to, m.now+1) }()
	for n := 1; ; n++ {
		if err := m.run(max(m.now, w.to-1-ahead)); err != nil {
			return err
		}
		if m.spec.MeasureCycles != Auto || n == maxWindows || m.known() {
			return m.run(w.to - 1)
		}
		w.to += w.to - w.from
		m.load.extend(w)
	}
}

// known reports that a longer window is not worth its time.
func (m *measurement) known() bool {
	if generated := m.load.taken + m.load.waiting(m.now+1); m.missing(generated) > clearlyMissing {
		return true
	}
	h := m.load.measured.halfWidth()
	return h != nil && *h <= precision*m.load.measured.latency.Mean()
}

// drainStep is how often a drain looks whether it is over.
const drainStep = 250

// drainWindow goes on, under the same load, until the packets of the window have
// arrived. It gives up when it has become clear that the load is more than the
// network carries.
func (m *measurement) drainWindow() error {
	m.generated = m.load.taken + m.load.waiting(m.load.window.to)
	if m.saturated = m.overload(m.generated); m.saturated != "" {
		return nil
	}
	limit := m.load.window.to + max(minDrainCycles, m.load.window.to-m.load.window.from)
	for !m.load.drained() {
		if m.now >= limit {
			m.saturated = fmt.Sprintf("packets of the window had not arrived %d cycles after it", m.now+1-m.load.window.to)
			return nil
		}
		if err := m.run(m.now + drainStep); err != nil {
			return err
		}
	}
	m.drained = true
	m.drain = m.now + 1 - m.end
	return nil
}

// finish ends all streams and lets the network run empty: whatever the load was,
// nothing may be lost or left over.
func (m *measurement) finish() error {
	m.load.stopped = true
	err := m.engine.Run()
	switch {
	case errors.Is(err, engine.ErrStopped):
		return ErrInterrupted
	case err != nil:
		return err
	}
	if cause := m.fabric.check(); cause != nil {
		return &StuckError{m.engine.CurrentCycle(), cause}
	}
	return nil
}
