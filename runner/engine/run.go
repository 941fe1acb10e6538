package engine

import (
	"errors"
	"fmt"
	"math"

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

// publishEvery is how many events lie between two updates of Progress.
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
	return e.loop(2*min(limit, maxCycle)+1, math.MaxUint64)
}

// runBefore handles the events of all cycles before limit, or of fewer: it ends
// with the cycle in which it has handled as many events as most says. It is
// RunUntil for a caller who lets the engine run many times a millisecond, such as
// a worker of a parallel run, and promises:
//
//   - it returns nil whether events are left or not, which nextCycle tells; the
//     present cycle stays that of the last event handled;
//   - a handler may call stopBefore to lower the limit;
//   - Stop, from any goroutine, ends it with ErrStopped before the next event,
//     maybe in the middle of a cycle; a failing handler ends it with a
//     *HandlerError, a panic leaves the engine usable, and hooks are called;
//   - it takes no lock unless Stop or Pause has been called. So it does not notice
//     a second caller, and a pause holds it, but Pause does not wait for that;
//   - Progress lags behind by up to 4096 events, also after the return.
func (e *Serial) runBefore(limit int64, most uint64) error {
	err := e.loop(2*min(limit, maxCycle+1)-1, most)
	if err == ErrLimit {
		return nil
	}
	return err
}

// stopBefore ends the call of runBefore or RunUntil that is going on before cycle
// limit, or after the present cycle if that is later.
func (e *Serial) stopBefore(limit int64) {
	e.last = min(e.last, 2*max(limit, e.cycle+1)-1)
	e.horizon = min(e.horizon, e.last)
}

// loop handles the events up to and including those of key last, and ends with
// the cycle in which it has handled as many as most says. It returns ErrLimit if
// others are left.
func (e *Serial) loop(last int64, most uint64) error {
	e.last, e.budget = last, e.events+min(most, math.MaxUint64-e.events)
	e.setCheckpoint()
	e.wheel.settle()
	e.look()
	base := 2 * e.cycle
	for {
		// Here, and not after an advance, so that a stop leaves the present where the
		// last event was.
		attention := e.attention.Load()
		if attention != 0 {
			if err := e.check(); err != nil {
				return err
			}
		}
		w, key := e.wheel.take(base, e.horizon)
		if w == nil {
			if key = e.nextKey(); key > e.last {
				return ended(key)
			}
			e.advance(key >> 1)
			base = key &^ 1
			if e.between.key() == key {
				if err := e.fireBetween(); err != nil {
					return err
				}
				continue
			}
			w, _ = e.wheel.take(base, key)
		}
		base = key &^ 1
		e.cycle = key >> 1
		if w.Next != nil {
			if err := e.fireList(key, w); err != nil {
				return err
			}
			continue
		}
		if attention|w.Mark != 0 {
			if err := e.fire(w); err != nil {
				return err
			}
			continue
		}
		e.state = atCycle
		e.count()
		w.Fire()
	}
}

// fireList handles the events of a key, last in, first out. Those that it does
// not come to are the wheel's rest.
func (e *Serial) fireList(key int64, list *port.Wake) error {
	e.wheel.restKey = key
	w := reverse(list)
	attention := e.attention.Load()
	for {
		e.wheel.rest = w.Next
		if attention|w.Mark != 0 {
			if err := e.fire(w); err != nil {
				return err
			}
		} else {
			e.state = atCycle
			e.count()
			w.Fire()
		}
		if w = e.wheel.rest; w == nil {
			return nil
		}
		if attention = e.attention.Load(); attention != 0 {
			if err := e.check(); err != nil {
				return err
			}
		}
		// A secondary event may schedule primary ones, which come before the other
		// secondary ones.
		if key&1 != 0 && e.wheel.near.has(key-1) {
			e.wheel.settle()
			return nil
		}
	}
}

// ended is how a run ends whose next event is of a key beyond its last.
func ended(key int64) error {
	if key == never {
		return nil
	}
	return ErrLimit
}

// nextCycle is the earliest cycle that has an event, or never.
func (e *Serial) nextCycle() int64 {
	if key := e.nextKey(); key != never {
		return key >> 1
	}
	return never
}

// nextKey is the earliest key that has an event, or never. Events off the grid
// come before the others of their key.
func (e *Serial) nextKey() int64 {
	return min(e.wheel.next(2*e.cycle), e.between.key())
}

// advance makes a later cycle the present one. No event may lie before it.
func (e *Serial) advance(cycle int64) {
	e.cycle = cycle
	e.wheel.turn(2 * cycle)
	e.look()
}

// look finds the horizon.
func (e *Serial) look() {
	e.horizon = min(e.last, e.wheel.due(2*e.cycle), e.between.key()-1)
}

func (e *Serial) fireBetween() error { return e.fireCarrier(e.between.take(), offTheGrid) }

// fire handles any event, with hooks if there are any.
func (e *Serial) fire(w *port.Wake) error {
	if w.Mark != 0 {
		return e.fireCarrier(e.carriers.of(w), onGrid)
	}
	e.state = atCycle
	e.count()
	return e.handle(w)
}

func (e *Serial) fireCarrier(c *carrier, state timeState) error {
	evt := c.event
	e.state, e.stated = state, c.time
	e.carriers.put(c)
	e.count()
	return e.handle(evt)
}

func (e *Serial) handle(evt sim.Event) error {
	if e.NumHooks() == 0 {
		return e.failure(evt.Handler().Handle(evt))
	}
	ctx := sim.HookCtx{Domain: e, Pos: sim.HookPosBeforeEvent, Item: evt}
	e.InvokeHook(ctx)
	err := evt.Handler().Handle(evt)
	ctx.Pos = sim.HookPosAfterEvent
	e.InvokeHook(ctx)
	return e.failure(err)
}

// failure is a handler's error as a run returns it.
func (e *Serial) failure(err error) error {
	if err == nil {
		return nil
	}
	return &HandlerError{Cycle: e.cycle, Err: err}
}

func (e *Serial) count() {
	e.events++
	if e.events >= e.checkpoint {
		e.pass()
	}
}

// pass does what is due at a checkpoint.
func (e *Serial) pass() {
	if e.events%publishEvery == 0 {
		e.publish()
	}
	if e.events >= e.budget {
		e.stopBefore(e.cycle + 1)
	}
	e.setCheckpoint()
}

// setCheckpoint finds the number of events at which there is something to do.
func (e *Serial) setCheckpoint() {
	e.checkpoint = (e.events/publishEvery + 1) * publishEvery
	if e.budget > e.events {
		e.checkpoint = min(e.checkpoint, e.budget)
	}
}

func (e *Serial) publish() {
	e.published.cycle.Store(e.cycle)
	e.published.events.Store(int64(e.events))
}
