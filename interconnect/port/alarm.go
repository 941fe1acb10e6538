package port

import (
	"math"

	"github.com/sarchlab/akita/v4/sim"
)

// CycleEngine is an engine that counts in whole cycles. An engine that does
// not is read through its float64 time.
type CycleEngine interface {
	sim.Engine
	// CurrentCycle is the cycle of the event being handled.
	CurrentCycle() int64
	// ScheduleWake is Schedule for an event whose cycle is known.
	ScheduleWake(w *Wake)
}

// Clock reads an engine in whole cycles of one frequency.
type Clock struct {
	engine sim.Engine
	fast   CycleEngine
	hz     float64
}

// NewClock returns the clock of frequency f on engine e. A CycleEngine must
// count in cycles of f.
func NewClock(e sim.Engine, f sim.Freq) Clock {
	c := Clock{engine: e, hz: float64(f)}
	c.fast, _ = e.(CycleEngine)
	return c
}

// Now is the current cycle.
func (c Clock) Now() int64 {
	if c.fast != nil {
		return c.fast.CurrentCycle()
	}
	return int64(math.Round(float64(c.engine.CurrentTime()) * c.hz))
}

// Engine returns the engine that the clock reads.
func (c Clock) Engine() sim.Engine { return c.engine }

// Wake is a reusable event that an Alarm schedules.
type Wake struct {
	cycle int64
	time  sim.VTimeInSec
	alarm *Alarm
	// Next is for the engine's queues while the event is scheduled.
	Next *Wake
	// Seq is the engine's own mark.
	Seq uint64
}

// Cycle is when the event fires.
func (w *Wake) Cycle() int64 { return w.cycle }

// Time implements sim.Event.
func (w *Wake) Time() sim.VTimeInSec { return w.time }

// Handler implements sim.Event.
func (w *Wake) Handler() sim.Handler { return w.alarm }

// IsSecondary implements sim.Event: true for the alarms of NewLateAlarm.
func (w *Wake) IsSecondary() bool { return w.alarm.late }

// Sleeper is a part that is woken by an alarm.
type Sleeper interface {
	// Wake is called at the cycle asked for. The part acts on everything that is
	// due and sets the alarm again for what is not.
	Wake(alarm *Alarm, now int64)
}

// Alarm wakes one part. It remembers only the earliest cycle asked for: the
// part works out what is due when it is woken, and sets the alarm again.
type Alarm struct {
	// Tag is the owner's own number for the alarm.
	Tag int

	clock Clock
	owner Sleeper
	late  bool
	armed int64 // cycle of the next call, or never
	free  *Wake
}

const never = math.MaxInt64

// NewAlarm makes an alarm for owner.
func NewAlarm(c Clock, owner Sleeper, tag int) *Alarm {
	return &Alarm{Tag: tag, clock: c, owner: owner, armed: never}
}

// NewLateAlarm makes an alarm whose calls come after everything else that is
// due in their cycle. A part that several others speak to sets one at the
// present cycle when it is notified, and handles what has come in an order of
// its own: what it does then cannot depend on the order of events in a cycle.
func NewLateAlarm(c Clock, owner Sleeper, tag int) *Alarm {
	a := NewAlarm(c, owner, tag)
	a.late = true
	return a
}

// Now is the current cycle of the alarm's clock.
func (a *Alarm) Now() int64 { return a.clock.Now() }

// Set asks for a call at cycle, which must not lie in the past. If an earlier
// one is already set, that one stands.
func (a *Alarm) Set(cycle int64) {
	if cycle >= a.armed {
		return
	}
	a.armed = cycle
	w := a.free
	if w == nil {
		w = &Wake{alarm: a}
	} else {
		a.free = w.Next
		w.Next = nil
	}
	w.cycle = cycle
	w.time = sim.VTimeInSec(float64(cycle) / a.clock.hz)
	if a.clock.fast != nil {
		a.clock.fast.ScheduleWake(w)
	} else {
		a.clock.engine.Schedule(w)
	}
}

// Handle implements sim.Handler. A call that an earlier one has made obsolete
// is dropped.
func (a *Alarm) Handle(e sim.Event) error {
	w := e.(*Wake)
	cycle := w.cycle
	w.Next = a.free
	a.free = w
	if cycle != a.armed {
		return nil
	}
	a.armed = never
	a.owner.Wake(a, cycle)
	return nil
}
