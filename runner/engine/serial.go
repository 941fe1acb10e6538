package engine

import (
	"container/heap"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

// Serial runs events one after another on the goroutine that calls Run. It
// implements sim.Engine and port.CycleEngine.
type Serial struct {
	sim.HookableBase
	control

	freq  sim.Freq
	hz    float64
	guard *port.Guard

	// cycle is the present one: that of the event handled last or, if that lay
	// off the grid, the next whole one.
	cycle int64
	// state says what the present time is.
	state timeState
	// stated is the time that the present event gives, unless state is atCycle.
	stated sim.VTimeInSec

	wheel    wheel
	between  offGrid
	offSeq   uint64
	carriers carriers

	// last is the last key to be handled, and horizon the last one that can be taken
	// without a look at anything but the inner ring of the wheel: turns of the wheel,
	// events off the grid and last itself lie beyond.
	last, horizon int64

	events uint64
	// checkpoint is the number of events at which Progress is to be told or budget,
	// the most events of the run, is used up.
	checkpoint, budget uint64
	published          struct{ cycle, events atomic.Int64 }
}

// timeState is what kind of event is being handled, or was handled last.
type timeState uint8

const (
	// atCycle is an event whose time is its cycle.
	atCycle timeState = iota
	// onGrid is an event that gives a time which means the present cycle.
	onGrid
	// offTheGrid is an event that lies before the present cycle and after the one
	// before.
	offTheGrid
)

var _ port.CycleEngine = (*Serial)(nil)

// NewSerial returns an engine that counts in cycles of freq, at cycle 0 and
// without events. It is an error if freq is not positive and finite.
func NewSerial(freq sim.Freq) (*Serial, error) {
	hz := float64(freq)
	if !(hz > 0) || math.IsInf(hz, 0) {
		return nil, fmt.Errorf("engine: frequency must be positive and finite, got %v Hz", hz)
	}
	e := &Serial{freq: freq, hz: hz}
	e.control.init()
	return e, nil
}

// Freq is the frequency whose cycles the engine counts.
func (e *Serial) Freq() sim.Freq { return e.freq }

// Guard implements port.CycleEngine.
func (e *Serial) Guard() *port.Guard { return e.guard }

// CycleVar implements port.CycleEngine. It points at CurrentCycle, which only the
// engine writes.
func (e *Serial) CycleVar() *int64 { return &e.cycle }

// CurrentCycle is the cycle of the event being
// handled, or of the last one handled; for one off the grid, the next whole
// cycle.
func (e *Serial) CurrentCycle() int64 { return e.cycle }

// CurrentTime implements sim.TimeTeller: the time in seconds that the event
// being handled, or the last one handled, gives.
func (e *Serial) CurrentTime() sim.VTimeInSec {
	if e.state == atCycle {
		return sim.VTimeInSec(float64(e.cycle) / e.hz)
	}
	return e.stated
}

// Events is the number of events handled so far.
func (e *Serial) Events() uint64 { return e.events }

// Progress is the cycle and the number of events handled, for display. It may
// be called from any goroutine and lags behind by up to 4096 events while the
// engine runs.
func (e *Serial) Progress() (cycle int64, events uint64) {
	return e.published.cycle.Load(), uint64(e.published.events.Load())
}

// Pending reports whether any event is scheduled.
func (e *Serial) Pending() bool { return e.nextCycle() != never }

// AcceptHook implements sim.Hookable. It may be called like Schedule.
func (e *Serial) AcceptHook(h sim.Hook) {
	e.HookableBase.AcceptHook(h)
	e.attention.Or(hooked)
}

// ScheduleWake implements port.CycleEngine. It panics if the event's cycle has
// passed.
func (e *Serial) ScheduleWake(w *port.Wake) {
	if uint64(w.Key-2*e.cycle) < nearKeys {
		e.wheel.near.link(w.Key, w)
		return
	}
	e.scheduleFar(w)
}

// scheduleFar is ScheduleWake for what lies out of easy reach, on either side.
func (e *Serial) scheduleFar(w *port.Wake) {
	if cycle := w.Cycle(); cycle < e.cycle || cycle > maxCycle {
		panic(fmt.Sprintf("engine: %T scheduled at cycle %d, now %d", w, cycle, e.cycle))
	}
	e.push(w)
}

// push schedules an event whose key has not passed.
func (e *Serial) push(w *port.Wake) {
	e.horizon = min(e.horizon, e.wheel.push(2*e.cycle, w))
}

// Schedule implements sim.EventScheduler. It panics if the event's time has
// passed or is no number.
func (e *Serial) Schedule(evt sim.Event) {
	if w, ok := evt.(*port.Wake); ok {
		e.ScheduleWake(w)
		return
	}
	t := evt.Time()
	cycle, grid, ok := locate(t, e.hz)
	if !ok || e.isPast(t, cycle, grid) {
		panic(fmt.Sprintf("engine: %T scheduled at %v s, now %v s (cycle %d)", evt, t, e.CurrentTime(), e.cycle))
	}
	c := e.carriers.get(evt, t)
	if grid {
		c.link.Key = 2 * cycle
		if evt.IsSecondary() {
			c.link.Key++
		}
		e.push(&c.link)
		return
	}
	heap.Push(&e.between, offGridEntry{
		time: t, cycle: cycle, secondary: evt.IsSecondary(), seq: e.offSeq, carrier: c,
	})
	e.offSeq++
	e.horizon = min(e.horizon, e.between.key()-1)
}

// isPast reports whether a time, as located, lies before the present one.
func (e *Serial) isPast(t sim.VTimeInSec, cycle int64, grid bool) bool {
	switch {
	case cycle != e.cycle:
		return cycle < e.cycle
	case grid:
		return false
	default:
		return e.state != offTheGrid || t < e.stated
	}
}
