package engine

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
)

// rung is one call of an alarm.
type rung struct {
	Tag   int
	Cycle int64
}

// bell is a part that sets its alarm again for a while, as far as its own random
// numbers say, and tells what it does.
type bell struct {
	rng  *rand.PCG
	left int
	tell func(tag int, now int64)
}

// Wake implements port.Sleeper.
func (b *bell) Wake(a *port.Alarm, now int64) {
	b.tell(a.Tag, now)
	if b.left--; b.left > 0 {
		r := b.rng.Uint64()
		a.Set(now + int64(r>>32%64)<<(r%4*4))
	}
}

// bells puts parts on an engine.
func bells(e *Serial, n int, tell func(tag int, now int64)) {
	clock := port.NewClock(e, sim.GHz)
	for i := range n {
		make := port.NewAlarm
		if i%3 == 2 {
			make = port.NewLateAlarm
		}
		make(clock, &bell{rng: rand.NewPCG(1, uint64(i)), left: 40, tell: tell}, i).Set(int64(i))
	}
}

func engineOf(t interface{ Fatal(...any) }) *Serial {
	e, err := NewSerial(sim.GHz)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// However a run is cut into calls of runBefore, and whatever handlers do to their
// limits, the same events come in the same order, none at its limit or after.
func TestRunBeforeCutsARunAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []rung
		e := engineOf(t)
		bells(e, 6, func(tag int, now int64) { want = append(want, rung{tag, now}) })
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}

		var got []rung
		limit := int64(0)
		e = engineOf(t)
		lower := rapid.IntRange(1, 20).Draw(t, "a handler in so many lowers the limit")
		bells(e, 6, func(tag int, now int64) {
			if now >= limit {
				t.Fatalf("handled cycle %d, limit %d", now, limit)
			}
			got = append(got, rung{tag, now})
			if len(got)%lower == 0 {
				limit = min(limit, now+1)
				e.stopBefore(now - 3)
			}
		})
		steps := rapid.Custom(func(t *rapid.T) [2]int64 {
			return [2]int64{rapid.Int64Range(-2, 5000).Draw(t, "cycles"), rapid.Int64Range(1, 50).Draw(t, "events")}
		})
		for e.nextCycle() != never {
			step := steps.Draw(t, "step")
			next, before := e.nextCycle(), e.events
			limit = next + step[0]
			if err := e.runBefore(limit, uint64(step[1])); err != nil {
				t.Fatal(err)
			}
			switch n := e.events - before; {
			case step[0] <= 0 && n != 0:
				t.Fatalf("%d events before their cycle", n)
			case n > 0 && e.cycle == e.nextCycle():
				t.Fatalf("left in the middle of cycle %d", e.cycle)
			case n > 0 && n < uint64(step[1]) && e.nextCycle() < limit:
				t.Fatalf("ended before cycle %d with limit %d after %d of %d events", e.nextCycle(), limit, n, step[1])
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-in one run +cut:\n%s", d)
		}
	})
}

func TestRunBeforeEndsWithMostEvents(t *testing.T) {
	e := engineOf(t)
	bells(e, 1, func(int, int64) {})
	for i := range uint64(4) {
		if err := e.runBefore(never, 10); err != nil || e.events != 10*(i+1) {
			t.Errorf("%d events after %d calls, %v", e.events, i+1, err)
		}
	}
	if next := e.nextCycle(); next != never {
		t.Errorf("next cycle is %d without events", next)
	}
}

func TestRunBeforeReturnsWhatEndsIt(t *testing.T) {
	e := engineOf(t)
	calls := 0
	bells(e, 2, func(int, int64) {
		if calls++; calls == 5 {
			e.Stop()
		}
	})
	if err := e.runBefore(never, math.MaxUint64); !errors.Is(err, ErrStopped) || calls != 5 {
		t.Errorf("stopped: %v after %d events", err, calls)
	}
	broken := errors.New("broken")
	e.Schedule(&failing{e.CurrentTime(), broken})
	var at *HandlerError
	if err := e.runBefore(never, math.MaxUint64); !errors.As(err, &at) || !errors.Is(err, broken) || at.Cycle != e.cycle {
		t.Errorf("failed: %v at cycle %d", err, e.cycle)
	}
	if err := e.runBefore(never, math.MaxUint64); err != nil || calls != 80 {
		t.Errorf("at the end: %v after %d events", err, calls)
	}
}

// A stop from another goroutine reaches an engine that never runs out of events.
func TestRunBeforeIsStoppedFromOutside(t *testing.T) {
	e := engineOf(t)
	started := make(chan struct{})
	first := true
	tell := func(int, int64) {
		if first {
			first = false
			close(started)
		}
	}
	port.NewAlarm(port.NewClock(e, sim.GHz), &bell{rng: rand.NewPCG(1, 1), left: math.MaxInt, tell: tell}, 0).Set(0)
	done := make(chan error)
	go func() { done <- e.runBefore(never, math.MaxUint64) }()
	<-started
	e.Stop()
	if err := <-done; !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
}

// failing is an event whose handler fails.
type failing struct {
	time sim.VTimeInSec
	err  error
}

// Time implements sim.Event.
func (f *failing) Time() sim.VTimeInSec { return f.time }

// Handler implements sim.Event.
func (f *failing) Handler() sim.Handler { return f }

// IsSecondary implements sim.Event.
func (f *failing) IsSecondary() bool { return false }

// Handle implements sim.Handler.
func (f *failing) Handle(sim.Event) error { return f.err }
