package engine_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

func TestNewSerialRefusesImpossibleFrequencies(t *testing.T) {
	for _, f := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := engine.NewSerial(sim.Freq(f)); err == nil {
			t.Errorf("%v Hz was accepted", f)
		}
	}
}

func TestSchedulingInThePastPanics(t *testing.T) {
	nothing := func() error { return nil }
	for _, tc := range []struct {
		name string
		now  sim.VTimeInSec // of the event that schedules
		bad  func(e *engine.Serial)
	}{
		{"stock event, cycle before", 5e-9, func(e *engine.Serial) { e.Schedule(&call{time: 4e-9, do: nothing}) }},
		{"stock event, between the cycles before", 5e-9, func(e *engine.Serial) { e.Schedule(&call{time: 4.5e-9, do: nothing}) }},
		{"wake, cycle before", 5e-9, func(e *engine.Serial) { wakeAt(e, sim.GHz, 4, nil) }},
		{"off the grid, earlier in the same gap", 4.5e-9, func(e *engine.Serial) { e.Schedule(&call{time: 4.25e-9, do: nothing}) }},
		{"off the grid, the cycle before", 4.5e-9, func(e *engine.Serial) { e.Schedule(&call{time: 4e-9, do: nothing}) }},
		{"off the grid, a wake at the cycle before", 4.5e-9, func(e *engine.Serial) { wakeAt(e, sim.GHz, 4, nil) }},
		{"no number", 5e-9, func(e *engine.Serial) { e.Schedule(&call{time: sim.VTimeInSec(math.NaN()), do: nothing}) }},
		{"beyond all cycles", 5e-9, func(e *engine.Serial) { e.Schedule(&call{time: sim.VTimeInSec(math.Inf(1)), do: nothing}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := newSerial(t, sim.GHz)
			panicked := false
			e.Schedule(&call{time: tc.now, do: func() error {
				defer func() { panicked = recover() != nil }()
				tc.bad(e)
				return nil
			}})
			if err := e.Run(); err != nil {
				t.Fatal(err)
			}
			if !panicked {
				t.Error("accepted")
			}
		})
	}
}

func TestAHandlersErrorEndsTheRunAndLosesNothing(t *testing.T) {
	e := newSerial(t, sim.GHz)
	broken := errors.New("broken")
	e.Schedule(&call{time: 3e-9, do: func() error { return broken }})
	ran := false
	wakeAt(e, sim.GHz, 3, func(int64) { ran = true })

	err := e.Run()
	var at *engine.HandlerError
	if !errors.Is(err, broken) || !errors.As(err, &at) || at.Cycle != 3 {
		t.Fatalf("Run returned %v", err)
	}
	if ran {
		t.Error("the event after the failed one ran")
	}
	if err := e.Run(); err != nil || !ran {
		t.Errorf("second Run: %v, event after the failed one ran: %v", err, ran)
	}
}

func TestAPanicOfAHandlerLeavesTheEngineUsable(t *testing.T) {
	e := newSerial(t, sim.GHz)
	wakeAt(e, sim.GHz, 1, func(int64) { panic("broken invariant") })
	ran := false
	wakeAt(e, sim.GHz, 2, func(int64) { ran = true })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = e.Run()
	}()
	if err := e.Run(); err != nil || !ran {
		t.Errorf("second Run: %v, later event ran: %v", err, ran)
	}
}

func TestRunUntilStopsAtTheLimit(t *testing.T) {
	e := newSerial(t, sim.GHz)
	var ran []int64
	for _, c := range []int64{10, 11, 9000} {
		wakeAt(e, sim.GHz, c, func(now int64) { ran = append(ran, now) })
	}
	if err := e.RunUntil(10); !errors.Is(err, engine.ErrLimit) {
		t.Fatalf("RunUntil(10) = %v", err)
	}
	if d := cmp.Diff([]int64{10}, ran); d != "" || e.CurrentCycle() != 10 {
		t.Errorf("at cycle %d after limit 10, ran:\n%s", e.CurrentCycle(), d)
	}
	if err := e.RunUntil(5); !errors.Is(err, engine.ErrLimit) {
		t.Errorf("RunUntil(5) at cycle 10 = %v", err)
	}
	// The look ahead at cycle 11 has not moved the present: 10 is still open.
	wakeAt(e, sim.GHz, 10, func(now int64) { ran = append(ran, now) })
	if err := e.RunUntil(9000); err != nil {
		t.Errorf("RunUntil(9000) = %v", err)
	}
	if d := cmp.Diff([]int64{10, 10, 11, 9000}, ran); d != "" {
		t.Error(d)
	}
	if err := e.RunUntil(5); err != nil {
		t.Errorf("RunUntil without events = %v", err)
	}
}

// Whatever ends a run in the middle of a cycle, the rest of the cycle comes
// first in the next run, before what was scheduled between the two.
func TestTheRestOfACycleIsKept(t *testing.T) {
	for name, end := range map[string]func(e *engine.Serial) error{
		"stop":  func(e *engine.Serial) error { e.Stop(); return nil },
		"error": func(*engine.Serial) error { return errors.New("broken") },
		"panic": func(*engine.Serial) error { panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			e := newSerial(t, sim.GHz)
			var order []int
			at := func(i int, secondary bool, do func(*engine.Serial) error) {
				e.Schedule(&call{time: 7e-9, secondary: secondary, do: func() error {
					order = append(order, i)
					return do(e)
				}})
			}
			nothing := func(*engine.Serial) error { return nil }
			for i := range 4 {
				at(i, false, map[bool]func(*engine.Serial) error{true: end, false: nothing}[i == 1])
				at(10+i, true, map[bool]func(*engine.Serial) error{true: end, false: nothing}[i == 1])
			}
			run := func() {
				defer func() { _ = recover() }()
				_ = e.Run()
			}
			run()
			if d := cmp.Diff([]int{0, 1}, order); d != "" {
				t.Fatalf("before the end:\n%s", d)
			}
			at(4, false, nothing)
			run()
			at(14, true, nothing)
			at(5, false, nothing) // before the secondary events that are left
			if !e.Pending() {
				t.Error("the rest is not pending")
			}
			run()
			if d := cmp.Diff([]int{0, 1, 2, 3, 4, 10, 11, 5, 12, 13, 14}, order); d != "" {
				t.Error(d)
			}
			if e.Pending() {
				t.Error("something is left")
			}
		})
	}
}

// A hook may come while the engine runs, from a handler.
func TestAHookSeesTheNextEvent(t *testing.T) {
	e := newSerial(t, sim.GHz)
	h := &hookLog{t: t, e: e}
	wakeAt(e, sim.GHz, 1, func(int64) { e.AcceptHook(h) })
	wakeAt(e, sim.GHz, 1, func(int64) { h.calls = append(h.calls, "second") })
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"BeforeEvent wake", "second", "AfterEvent wake"}, h.calls); d != "" {
		t.Error(d)
	}
}

// hookLog notes the events before and after which it was called.
type hookLog struct {
	t     *testing.T
	e     *engine.Serial
	calls []string
}

// Func implements sim.Hook.
func (h *hookLog) Func(ctx sim.HookCtx) {
	if ctx.Domain != sim.Hookable(h.e) {
		h.t.Errorf("hook called for %v", ctx.Domain)
	}
	switch ctx.Item.(type) {
	case *port.Wake:
		h.calls = append(h.calls, ctx.Pos.Name+" wake")
	case *call:
		h.calls = append(h.calls, ctx.Pos.Name+" stock")
	default:
		h.t.Errorf("hook called with %T", ctx.Item)
	}
}

func TestHooksSeeEveryEvent(t *testing.T) {
	e := newSerial(t, sim.GHz)
	h := &hookLog{t: t, e: e}
	e.AcceptHook(h)
	broken := errors.New("broken")
	wakeAt(e, sim.GHz, 1, func(int64) { h.calls = append(h.calls, "wake") })
	e.Schedule(&call{time: 2e-9, do: func() error { h.calls = append(h.calls, "stock"); return broken }})
	if err := e.Run(); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	want := []string{
		"BeforeEvent wake", "wake", "AfterEvent wake",
		"BeforeEvent stock", "stock", "AfterEvent stock",
	}
	if d := cmp.Diff(want, h.calls); d != "" {
		t.Error(d)
	}
}

func TestASteadyStateDoesNotAllocate(t *testing.T) {
	e := newSerial(t, sim.GHz)
	stock := &call{secondary: true}
	cycle := int64(0)
	stock.do = func() error {
		cycle += 5000
		stock.time = sim.VTimeInSec(float64(cycle) / 1e9)
		e.Schedule(stock)
		return nil
	}
	e.Schedule(stock)
	clock := port.NewClock(e, sim.GHz)
	for i := range 20 {
		port.NewAlarm(clock, hopper{int64(1 + 1000*i)}, i).Set(1)
	}
	limit := int64(0)
	run := func() {
		limit += 100_000
		if err := e.RunUntil(limit); !errors.Is(err, engine.ErrLimit) {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(10, run); n != 0 {
		t.Errorf("%v allocations in 100,000 cycles", n)
	}
}

// hopper wakes itself after a fixed number of cycles.
type hopper struct{ delay int64 }

// Wake implements port.Sleeper.
func (h hopper) Wake(a *port.Alarm, now int64) { a.Set(now + h.delay) }

func TestTheLoadIsTheSameOnEveryEngine(t *testing.T) {
	for _, handlers := range []int{1, 7, 100} {
		l := engine.Load{Handlers: handlers, Events: 3001, Seed: 42}
		want, err := l.Run(newSerial(t, sim.GHz), sim.GHz)
		if err != nil {
			t.Fatal(err)
		}
		if want.Events != l.Events {
			t.Errorf("%d of %d events handled", want.Events, l.Events)
		}
		for name, e := range map[string]sim.Engine{
			"akita serial":   sim.NewSerialEngine(),
			"akita parallel": sim.NewParallelEngine(),
		} {
			got, err := l.Run(e, sim.GHz)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%d handlers, -mozart +%s:\n%s", handlers, name, d)
			}
		}
		l.Seed++
		if other, _ := l.Run(newSerial(t, sim.GHz), sim.GHz); other == want {
			t.Error("another seed did the same")
		}
	}
	for _, l := range []engine.Load{{Handlers: 0, Events: 1}, {Handlers: 2, Events: 1}} {
		if _, err := l.Run(newSerial(t, sim.GHz), sim.GHz); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}
