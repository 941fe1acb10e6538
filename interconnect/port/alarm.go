package port

import (
	"math"

	"github.com/sarchlab/akita/v4/sim"
)

// CycleEngine is an engine that counts in whole cycles. An engine that does
// not is read through its float64 time.
type CycleEngine interface {
	sim.Engine
	// CycleVar points at the cycle of the event being handled: parts look at it so
	// often that a call would be felt.
	CycleVar() *int64
	// Guard is that of the engine's domain, nil if it is the only one.
	Guard() *Guard
	// ScheduleWake is Schedule for an event whose cycle is known.
	ScheduleWake(w *Wake)
}

// Clock reads an engine in whole cycles of one frequency.
type Clock struct {
	cycle *int64 // nil if the engine is no CycleEngine
	base  *timeBase
}

// timeBase is what a clock needs besides the cycle.
type timeBase struct {
	engine sim.Engine
	fast   CycleEngine // nil if the engine is none
	guard  *Guard
	hz     float64
}

// NewClock returns the clock of frequency f on engine e. A CycleEngine must
// count in cycles of f.
func NewClock(e sim.Engine, f sim.Freq) Clock {
	c := Clock{base: &timeBase{engine: e, hz: float64(f)}}
	if fast, ok := e.(CycleEngine); ok {
		c.base.fast, c.base.guard, c.cycle = fast, fast.Guard(), fast.CycleVar()
	}
	return c
}

// Now is the current cycle.
func (c Clock) Now() int64 {
	if c.cycle != nil {
		return *c.cycle
	}
	return c.base.round()
}

// round is the current cycle of an engine that tells the time in seconds.
func (b *timeBase) round() int64 {
	return int64(math.Round(float64(b.engine.CurrentTime()) * b.hz))
}

// Engine returns the engine that the clock reads.
func (c Clock) Engine() sim.Engine { return c.base.engine }

// time is a cycle in Akita's unit.
func (c Clock) time(cycle int64) sim.VTimeInSec {
	return sim.VTimeInSec(float64(cycle) / c.base.hz)
}

// Wake is a reusable event that an Alarm schedules.
type Wake struct {
	// time is set for engines that do not count in cycles, which ask for it often.
	time sim.VTimeInSec
	// Next is for the engine's queues while the event is scheduled.
	Next *Wake
	// Key is where the event stands in the order of events: twice its cycle, plus
	// one if it is secondary. The alarm sets it.
	Key   int64
	alarm *Alarm
	// Mark is the engine's, 0 in the events of an alarm.
	Mark uint32
	// queued and late are of use in an alarm's own event only: whether it is
	// scheduled, and 1 if the alarm's events are secondary.
	queued bool
	late   uint8
}

// Cycle is when the event fires.
func (w *Wake) Cycle() int64 { return w.Key >> 1 }

// Time implements sim.Event.
func (w *Wake) Time() sim.VTimeInSec {
	if w.alarm.clock.base.fast == nil {
		return w.time
	}
	return w.alarm.clock.time(w.Cycle())
}

// Handler implements sim.Event.
func (w *Wake) Handler() sim.Handler { return w.alarm }

// IsSecondary implements sim.Event: true for the alarms of NewLateAlarm.
func (w *Wake) IsSecondary() bool { return w.Key&1 != 0 }

// Fire is what Handler().Handle(w) does, for an engine that knows the event: it
// wakes the owner of the alarm, unless an earlier call has made this one
// obsolete. The event may be scheduled again from inside.
func (w *Wake) Fire() {
	a, cycle := w.alarm, w.Cycle()
	if w == &a.own {
		w.queued = false
	} else {
		w.Next = a.spare
		a.spare = w
	}
	if cycle != a.armed {
		return
	}
	a.armed = never
	a.owner.Wake(a, cycle)
}

// Sleeper is a part that is woken by an alarm.
type Sleeper interface {
	// Wake is called at the cycle asked for. The part acts on everything that is
	// due and sets the alarm again for what is not.
	Wake(alarm *Alarm, now int64)
}

// Alarm wakes one part. It remembers only the earliest cycle asked for: the
// part works out what is due when it is woken, and sets the alarm again. Once
// initialized it must not be copied.
type Alarm struct {
	// own is the event of most calls; spare has more of them for when own is still
	// queued for a cycle that an earlier one has made obsolete.
	own   Wake
	armed int64 // cycle of the next call, or never
	owner Sleeper
	clock Clock
	spare *Wake

	// Tag is the owner's own number for the alarm.
	Tag int
}

const never = math.MaxInt64

// NewAlarm makes an alarm for owner.
func NewAlarm(c Clock, owner Sleeper, tag int) *Alarm {
	a := &Alarm{}
	a.Init(c, owner, tag)
	return a
}

// Init makes the zero Alarm what NewAlarm returns, for an owner that holds its
// alarm by value: the two are then close together in memory.
func (a *Alarm) Init(c Clock, owner Sleeper, tag int) {
	a.Tag, a.clock, a.owner, a.armed = tag, c, owner, never
	a.own.alarm = a
}

// NewLateAlarm makes an alarm whose calls come after everything else that is
// due in their cycle. A part that several others speak to sets one at the
// present cycle when it is notified, and handles what has come in an order of
// its own: what it does then cannot depend on the order of events in a cycle.
func NewLateAlarm(c Clock, owner Sleeper, tag int) *Alarm {
	a := NewAlarm(c, owner, tag)
	a.own.late = 1
	return a
}

// Now is the current cycle of the alarm's clock.
func (a *Alarm) Now() int64 {
	if Invariants {
		a.clock.base.guard.check(a.owner)
	}
	return a.clock.Now()
}

// Set asks for a call at cycle, which must not lie in the past, nor beyond 2^61.
// If an earlier one is already set, that one stands.
func (a *Alarm) Set(cycle int64) {
	if Invariants {
		a.clock.base.guard.check(a.owner)
	}
	if cycle >= a.armed {
		return
	}
	a.armed = cycle
	w := &a.own
	if w.queued {
		w = a.another()
	} else {
		w.queued = true
	}
	w.Key = cycle<<1 | int64(a.own.late)
	if a.clock.base.fast != nil {
		a.clock.base.fast.ScheduleWake(w)
		return
	}
	w.time = a.clock.time(cycle)
	a.clock.base.engine.Schedule(w)
}

// another is an event beside the alarm's own.
func (a *Alarm) another() *Wake {
	w := a.spare
	if w == nil {
		return &Wake{alarm: a}
	}
	a.spare = w.Next
	return w
}

// Handle implements sim.Handler.
func (a *Alarm) Handle(e sim.Event) error {
	e.(*Wake).Fire()
	return nil
}
