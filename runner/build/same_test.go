package build_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/runner/build"
	"mozart/runner/config"
	"mozart/runner/engine"
	"mozart/workloads/op"
)

// outcome is everything that a run leaves.
type outcome struct {
	Metrics map[string][]port.Metric
	Links   [][]link.Row
	Start   [][]int64
	End     [][]int64
	Stalls  [][]int64
}

func outcomeOf(s *build.System) outcome {
	o := outcome{Metrics: map[string][]port.Metric{}}
	for _, p := range s.Parts {
		o.Metrics[p.Name()] = p.Metrics()
	}
	for _, l := range s.Links {
		o.Links = append(o.Links, l.Stats())
	}
	for _, c := range s.Chiplets {
		start, end := c.OpTimes()
		o.Start, o.End = append(o.Start, start), append(o.End, end)
		o.Stalls = append(o.Stalls, c.OpStalls())
	}
	return o
}

// Engines, threads and hooks change nothing: a system comes to the same counters
// and every op starts and ends in the same cycle on one engine, on an engine per
// domain with any number of threads, and with everybody watched, so that no
// arrival is announced.
func TestOutcomeDependsOnNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTree(t) // only trees run in parallel
		p := d.program(t)
		want := outcomeOf(run(t, d.hw, p))
		threads := rapid.IntRange(1, 8).Draw(t, "threads")
		plain, _ := runParallel(t, d.hw, p, threads, false)
		both, seen := runParallel(t, d.hw, p, threads, true)
		hooked, alone := runHooked(t, d.hw, p)
		if a, b := seen.seen.Load(), alone.seen.Load(); a != b || a == 0 || seen.nameless.Load() > 0 {
			t.Errorf("hooks were called %d times in parallel, %d times serially, %d times without names", a, b, seen.nameless.Load())
		}
		for name, s := range map[string]*build.System{"parallel": plain, "parallel, hooked": both, "hooked": hooked} {
			checkDrained(t, s)
			if diff := cmp.Diff(want, outcomeOf(s)); diff != "" {
				t.Errorf("%s, %d threads (-serial +got):\n%s", name, threads, diff)
			}
		}
	})
}

func runParallel(t *rapid.T, hw config.Hardware, p *op.Program, threads int, hooked bool) (*build.System, *watcher) {
	graph, err := hw.Graph()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.NewParallel(sim.Freq(hw.Clock.Hertz()), graph.Domains(), threads)
	if err != nil {
		t.Fatal(err)
	}
	s, err := build.NewParallel(e, hw, p)
	if err != nil {
		t.Fatal(err)
	}
	var w *watcher
	if hooked {
		w = watch(s)
	}
	s.Start()
	if err := e.RunUntil(mostCycles); err != nil {
		t.Fatal(err)
	}
	return s, w
}

func runHooked(t *rapid.T, hw config.Hardware, p *op.Program) (*build.System, *watcher) {
	e, err := engine.NewSerial(sim.Freq(hw.Clock.Hertz()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := build.New(e, hw, p)
	if err != nil {
		t.Fatal(err)
	}
	w := watch(s)
	s.Start()
	if err := e.RunUntil(mostCycles); err != nil {
		t.Fatal(err)
	}
	return s, w
}

// watch puts a hook on every link, so that no port is told of messages ahead.
func watch(s *build.System) *watcher {
	w := &watcher{}
	for _, l := range s.Links {
		l.AcceptHook(w)
	}
	return w
}

// watcher counts what it is shown, as a tracer would.
type watcher struct{ seen, nameless atomic.Int64 }

// Func implements sim.Hook.
func (w *watcher) Func(ctx sim.HookCtx) {
	w.seen.Add(1)
	if m := ctx.Item.(sim.Msg).Meta(); m.Src == "" || m.Dst == "" {
		w.nameless.Add(1)
	}
}
