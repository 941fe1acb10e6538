package engine_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/runner/engine"
)

// step is one event of a drawn program: handling its parent schedules it.
type step struct {
	parent    int // -1: scheduled before the run
	kind      stepKind
	delay     int64 // quarter cycles after the parent
	stopsHere bool
}

type stepKind int

const (
	wakeStep stepKind = iota
	primaryStep
	secondaryStep
)

// when is the time of a step in quarter cycles.
func (s step) when(now int64) int64 {
	t := now + s.delay
	if s.kind == wakeStep {
		t = (t + 3) / 4 * 4
	}
	return t
}

// handled is what both engine and model note about an event.
type handled struct {
	ID    int
	Cycle int64
	Time  sim.VTimeInSec
}

// drawProgram prefers delays around zero and around the reaches of the wheel's
// rings and of their blocks.
func drawProgram(t *rapid.T) []step {
	cycles := rapid.OneOf(
		rapid.Int64Range(0, 2),
		rapid.Int64Range(254, 258),
		rapid.Int64Range(1790, 1794),
		rapid.Int64Range(2046, 2050),
		rapid.Int64Range(0, 200_000),
		rapid.Int64Range(1<<20-258, 1<<20+258),
		rapid.Int64Range(0, 1<<40),
	)
	program := make([]step, rapid.IntRange(1, 60).Draw(t, "steps"))
	for i := range program {
		program[i] = step{
			parent:    rapid.IntRange(-1, i-1).Draw(t, "parent"),
			kind:      stepKind(rapid.IntRange(0, 2).Draw(t, "kind")),
			delay:     4*cycles.Draw(t, "cycles") + rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 3}).Draw(t, "quarters"),
			stopsHere: rapid.IntRange(0, 9).Draw(t, "stop") == 0,
		}
	}
	return program
}

// model runs the program on a list that is searched for its least element.
func model(program []step, freq sim.Freq) []handled {
	type entry struct {
		id   int
		when int64
		seq  int
	}
	var pending []entry
	var log []handled
	seq := 0
	schedule := func(parent int, now int64) {
		for id, s := range program {
			if s.parent == parent {
				pending = append(pending, entry{id, s.when(now), seq})
				seq++
			}
		}
	}
	secondary := func(e entry) bool { return program[e.id].kind == secondaryStep }
	before := func(a, b entry) bool {
		if a.when != b.when {
			return a.when < b.when
		}
		if secondary(a) != secondary(b) {
			return secondary(b)
		}
		return a.seq < b.seq
	}
	schedule(-1, 0)
	for len(pending) > 0 {
		least := 0
		for i := range pending {
			if before(pending[i], pending[least]) {
				least = i
			}
		}
		e := pending[least]
		pending = append(pending[:least], pending[least+1:]...)
		log = append(log, handled{e.id, (e.when + 3) / 4, quarters(e.when, freq)})
		schedule(e.id, e.when)
	}
	return log
}

func quarters(t int64, freq sim.Freq) sim.VTimeInSec {
	return sim.VTimeInSec(float64(t) / 4 / float64(freq))
}

// play runs the program on a Serial, up to one limit after another.
func play(t *rapid.T, program []step, freq sim.Freq, limits []int64) []handled {
	e, err := engine.NewSerial(freq)
	if err != nil {
		t.Fatal(err)
	}
	var log []handled
	var schedule func(parent int, now int64)
	schedule = func(parent int, now int64) {
		for id, s := range program {
			if s.parent != parent {
				continue
			}
			when := s.when(now)
			do := func() error {
				log = append(log, handled{id, e.CurrentCycle(), e.CurrentTime()})
				schedule(id, when)
				if s.stopsHere {
					e.Stop()
				}
				return nil
			}
			if s.kind == wakeStep {
				wakeAt(e, freq, when/4, func(int64) { _ = do() })
			} else {
				e.Schedule(&call{time: quarters(when, freq), secondary: s.kind == secondaryStep, do: do})
			}
		}
	}
	schedule(-1, 0)
	for _, limit := range limits {
		for errors.Is(err, engine.ErrStopped) || err == nil {
			if err = e.RunUntil(limit); err == nil {
				break
			}
		}
		if n := len(log); n > 0 && log[n-1].Cycle > limit {
			t.Fatalf("handled cycle %d beyond limit %d", log[n-1].Cycle, limit)
		}
		if (err == nil) == e.Pending() {
			t.Fatalf("RunUntil says %v, Pending says %v", err, e.Pending())
		}
		err = nil
	}
	for err = e.Run(); errors.Is(err, engine.ErrStopped); {
		err = e.Run()
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Events(); got != uint64(len(program)) {
		t.Fatalf("Events says %d of %d", got, len(program))
	}
	return log
}

func TestAnyProgramRunsInTheOrderOfASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := drawProgram(t)
		freq := rapid.SampledFrom([]sim.Freq{1, 1.6 * sim.GHz, sim.GHz, sim.GHz / 3, 2133 * sim.MHz}).Draw(t, "freq")
		limits := rapid.SliceOfN(rapid.Int64Range(-1, 20_000), 0, 4).Draw(t, "limits")
		// A later limit that is lower must not handle anything, and would trip the
		// check of play; ascending ones are the use.
		for i := 1; i < len(limits); i++ {
			limits[i] = max(limits[i], limits[i-1])
		}
		want := model(program, freq)
		got := play(t, program, freq, limits)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-model +engine:\n%s", d)
		}
	})
}

// Events of one cycle that came to it from every level of the wheel run in the
// order in which they were scheduled. A hopper in between keeps the engine at the
// inner ring, so that only what is due makes the wheel turn.
func TestTiesAcrossTheLevelsOfTheWheel(t *testing.T) {
	t.Run("in one run", func(t *testing.T) { tiesAcrossLevels(t, 0) })
	t.Run("inside the outer ring", func(t *testing.T) { tiesAcrossLevels(t, tiesAt-5000) })
	// Every run looks anew how far it is to the next turn.
	t.Run("in three", func(t *testing.T) { tiesAcrossLevels(t, 0, tiesAt-1<<20+10, tiesAt-2040) })
}

const tiesAt = 3_000_000

// tiesAcrossLevels schedules nothing before cycle first.
func tiesAcrossLevels(t *testing.T, first int64, limits ...int64) {
	const at = tiesAt
	e := newSerial(t, sim.GHz)
	var order, want []string
	plan := []struct {
		cycle int64
		name  string
	}{
		{0, "beyond the outer ring"},
		{at - 1<<20, "at its end"},
		{at - 1<<20 + 300, "in its last block"},
		{at - 5000, "further in"},
		{at - 2048, "its first block"},
		{at - 2047, "a cycle later"},
		{at - 1900, "the last block of the inner ring"},
		{at - 1793, "out of easy reach"},
		{at - 1792, "in easy reach"},
		{at - 1, "the cycle before"},
		{at, "the same cycle"},
	}
	for plan[0].cycle < first {
		plan = plan[1:]
	}
	var hop func(now int64)
	hop = func(now int64) {
		if now == plan[0].cycle {
			name := plan[0].name
			want = append(want, name)
			wakeAt(e, sim.GHz, at, func(int64) { order = append(order, name) })
			plan = plan[1:]
		}
		if len(plan) > 0 {
			wakeAt(e, sim.GHz, min(now+50, plan[0].cycle), hop)
		}
	}
	wakeAt(e, sim.GHz, 0, hop)
	for _, limit := range limits {
		if err := e.RunUntil(limit); !errors.Is(err, engine.ErrLimit) {
			t.Fatal(err)
		}
	}
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, order); d != "" {
		t.Error(d)
	}
}

func TestPrimariesOfACycleComeBeforeItsSecondaries(t *testing.T) {
	e := newSerial(t, sim.GHz)
	var order []string
	note := func(s string) func() error {
		return func() error { order = append(order, s); return nil }
	}
	e.Schedule(&call{time: 1e-9, secondary: true, do: func() error {
		order = append(order, "secondary 1")
		e.Schedule(&call{time: 1e-9, secondary: true, do: note("secondary 3")})
		e.Schedule(&call{time: 1e-9, do: note("late primary")})
		return nil
	}})
	e.Schedule(&call{time: 1e-9, secondary: true, do: note("secondary 2")})
	e.Schedule(&call{time: 1e-9, do: note("primary")})
	wakeAt(e, sim.GHz, 1, func(int64) { order = append(order, "wake") })
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	want := []string{"primary", "wake", "secondary 1", "late primary", "secondary 2", "secondary 3"}
	if d := cmp.Diff(want, order); d != "" {
		t.Error(d)
	}
}

func TestNoiseOfFloatTimesDoesNotMoveAnEventOffItsCycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		freq := rapid.SampledFrom([]sim.Freq{sim.GHz, 1.6 * sim.GHz, sim.GHz / 3}).Draw(t, "freq")
		cycle := rapid.Int64Range(0, 1<<40).Draw(t, "cycle")
		e, err := engine.NewSerial(freq)
		if err != nil {
			t.Fatal(err)
		}
		exact := sim.VTimeInSec(float64(cycle) / float64(freq))
		ran := int64(-1)
		noisy := sim.VTimeInSec(float64(cycle)) * freq.Period()
		e.Schedule(&call{time: noisy, do: func() error {
			ran = e.CurrentCycle()
			// The exact time is the same cycle, hence not in the past.
			e.Schedule(&call{time: exact, do: func() error { return nil }})
			return nil
		}})
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		if ran != cycle {
			t.Fatalf("ran at cycle %d, want %d", ran, cycle)
		}
	})
}

func TestTheGridIsAMillionthOfACycleWide(t *testing.T) {
	for _, tc := range []struct {
		pos  float64 // in cycles
		want int64
	}{
		{7 - 2e-6, 7}, {7 - 0.5e-6, 7}, {7, 7}, {7 + 0.5e-6, 7}, {7 + 2e-6, 8}, {7.5, 8},
	} {
		e := newSerial(t, sim.GHz)
		e.Schedule(&call{time: sim.VTimeInSec(tc.pos * 1e-9), do: func() error {
			if got := e.CurrentCycle(); got != tc.want {
				t.Errorf("position %v ran at cycle %d, want %d", tc.pos, got, tc.want)
			}
			return nil
		}})
		if err := e.Run(); err != nil || e.Events() != 1 {
			t.Errorf("Run = %v after %d events", err, e.Events())
		}
	}
}
