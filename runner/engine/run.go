package engine

import (
	"errors"
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

var (
	// ErrStopped is returned by Run and RunUntil after Stop. No event is lost:
	// the next call goes on.
	ErrStopped = errors.New("engine: stopped")
	// ErrLimit is returned by RunUntil when events are left beyond the limit.
	ErrLimit = errors.New("engine: cycle limit reached")
	// ErrRunning is returned by Run and RunUntil while another call is running.
	ErrRunning = errors.New("engine: already running")
)

// HandlerError is an error that a handler returned. The event is used up; the
// next Run goes on with the one after it.
type HandlerError struct {
	// Cycle is the one at which the event was handled.
	Cycle int64
	// Err is what the handler returned.
	Err error
}

// Error implements error.
func (e *HandlerError) Error() string {
	return fmt.Sprintf("engine: handler failed at cycle %d: %v", e.Cycle, e.Err)
}

// Unwrap returns the handler's own error.
func (e *HandlerError) Unwrap() error { return e.Err }

// publishEvery is how many events lie between two updates of Progress. It is a
// power of two.
const publishEvery = 4096

// Run implements sim.Engine: it handles events until none is left. It returns
// ErrStopped after Stop, a *HandlerError as soon as a handler fails, and
// ErrRunning when it is called while running.
func (e *Serial) Run() error { return e.RunUntil(never) }

// RunUntil is Run up to and including cycle limit. It returns ErrLimit if
// events are left for later; the present cycle stays that of the last event
// handled.
func (e *Serial) RunUntil(limit int64) error {
	if err := e.control.begin(); err != nil {
		return err
	}
	defer func() {
		e.publish()
		e.control.end()
	}()
	if limit < e.cycle {
		if e.Pending() {
			return ErrLimit
		}
		return nil
	}
	return e.loop(limit)
}

func (e *Serial) loop(limit int64) error {
	if err := e.control.check(); err != nil {
		return err
	}
	for {
		var err error
		if e.rare != 0 && e.between.next() == e.cycle {
			err = e.fireBetween()
		} else if w := e.primary.take(e.cycle); w != nil {
			err = e.fire(w)
		} else if w := e.takeSecondary(); w != nil {
			err = e.fire(w)
		} else {
			cycle := e.nextCycle()
			if cycle == never {
				return nil
			}
			if cycle > limit {
				return ErrLimit
			}
			e.advance(cycle)
			continue
		}
		if err != nil {
			return &HandlerError{Cycle: e.cycle, Err: err}
		}
		// Here, and not before an advance, so that a stop leaves the present where
		// the last event was.
		if err := e.control.check(); err != nil {
			return err
		}
	}
}

// takeSecondary removes and returns the first secondary event of the present
// cycle, or nil.
func (e *Serial) takeSecondary() *port.Wake {
	if e.rare == 0 {
		return nil
	}
	w := e.secondary.take(e.cycle)
	if w != nil {
		e.rare--
	}
	return w
}

// nextCycle is the earliest cycle that has an event, or never.
func (e *Serial) nextCycle() int64 {
	cycle := e.primary.next(e.cycle)
	if e.rare != 0 {
		cycle = min(cycle, e.secondary.next(e.cycle), e.between.next())
	}
	return cycle
}

func (e *Serial) advance(cycle int64) {
	e.cycle = cycle
	e.primary.turn(cycle)
	if e.rare != 0 {
		e.secondary.turn(cycle)
	}
}

func (e *Serial) fireBetween() error {
	e.rare--
	return e.fireCarrier(e.between.take(), offTheGrid)
}

func (e *Serial) fire(w *port.Wake) error {
	if w.Seq != 0 {
		return e.fireCarrier(e.carriers.of(w), onGrid)
	}
	e.state = atCycle
	e.count()
	if e.NumHooks() != 0 {
		return e.handleHooked(w)
	}
	return w.Handler().Handle(w)
}

func (e *Serial) fireCarrier(c *carrier, state timeState) error {
	evt := c.event
	e.state, e.stated = state, c.time
	e.carriers.put(c)
	e.count()
	if e.NumHooks() != 0 {
		return e.handleHooked(evt)
	}
	return evt.Handler().Handle(evt)
}

func (e *Serial) handleHooked(evt sim.Event) error {
	ctx := sim.HookCtx{Domain: e, Pos: sim.HookPosBeforeEvent, Item: evt}
	e.InvokeHook(ctx)
	err := evt.Handler().Handle(evt)
	ctx.Pos = sim.HookPosAfterEvent
	e.InvokeHook(ctx)
	return err
}

func (e *Serial) count() {
	e.events++
	if e.events&(publishEvery-1) == 0 {
		e.publish()
	}
}

func (e *Serial) publish() {
	e.published.cycle.Store(e.cycle)
	e.published.events.Store(int64(e.events))
}
