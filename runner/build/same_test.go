package build_test

import (
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
		d := draw(t)
		p := d.program(t)
		want := outcomeOf(run(t, d.hw, p))
		threads := rapid.IntRange(1, 8).Draw(t, "threads")
		for name, s := range map[string]*build.System{
			"parallel":         runParallel(t, d.hw, p, threads, false),
			"parallel, hooked": runParallel(t, d.hw, p, threads, true),
			"hooked":           runHooked(t, d.hw, p),
		} {
			checkDrained(t, s)
			if diff := cmp.Diff(want, outcomeOf(s)); diff != "" {
				t.Errorf("%s, %d threads (-serial +got):\n%s", name, threads, diff)
			}
		}
	})
}

func runParallel(t *rapid.T, hw config.Hardware, p *op.Program, threads int, hooked bool) *build.System {
	graph, err := build.Graph(hw)
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
	if hooked {
		watch(s)
	}
	s.Start()
	if err := e.RunUntil(mostCycles); err != nil {
		t.Fatal(err)
	}
	return s
}

func runHooked(t *rapid.T, hw config.Hardware, p *op.Program) *build.System {
	e, err := engine.NewSerial(sim.Freq(hw.Clock.Hertz()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := build.New(e, hw, p)
	if err != nil {
		t.Fatal(err)
	}
	watch(s)
	s.Start()
	if err := e.RunUntil(mostCycles); err != nil {
		t.Fatal(err)
	}
	return s
}

// watch puts a hook on every link and with that on both of its ports.
func watch(s *build.System) {
	for _, l := range s.Links {
		l.AcceptHook(watcher{})
	}
}

// watcher looks at what it is shown, as a tracer would.
type watcher struct{}

// Func implements sim.Hook.
func (watcher) Func(ctx sim.HookCtx) { _ = ctx.Item.(sim.Msg).Meta().Dst }
