package build_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/configs/units"
	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/runner/build"
	"mozart/runner/engine"
)

// drawFlits sizes the routers at flit fidelity. Classes have one virtual channel: chiplets
// want tokens in order.
func drawFlits(t *rapid.T, d *drawn) {
	f := &d.hw.Flit
	f.Size = units.Bytes(rapid.SampledFrom([]int{8, 64}).Draw(t, "flit size"))
	f.VCBuffer = rapid.SampledFrom([]int{1, 2, 32}).Draw(t, "vc buffer")
	f.RouteDelay, f.TraversalDelay = rapid.Int64Range(0, 2).Draw(t, "route delay"), rapid.Int64Range(0, 2).Draw(t, "traversal delay")
	f.CreditDelay = rapid.Int64Range(0, 2).Draw(t, "credit delay")
}

// flitOutcome is everything that a run at flit fidelity leaves.
type flitOutcome struct {
	Metrics    map[string][]port.Metric
	Channels   []flit.ChannelStats
	Start, End [][]int64
}

func flitOutcomeOf(s *build.System) flitOutcome {
	o := flitOutcome{Metrics: map[string][]port.Metric{}, Channels: s.Flits.Channels()}
	for _, p := range s.Parts {
		o.Metrics[p.Name()] = p.Metrics()
	}
	for _, c := range s.Chiplets {
		start, end := c.OpTimes()
		o.Start, o.End = append(o.Start, start), append(o.End, end)
	}
	return o
}

// At flit fidelity every system drains, on one engine and on an engine for each of its
// domains with any number of threads, and comes to the same counters with every op in
// the same cycles.
func TestFlitDomainsDoNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		drawFlits(t, &d)
		p := d.program(t)
		serial, err := engine.NewSerial(sim.Freq(d.hw.Clock.Hertz()))
		if err != nil {
			t.Fatal(err)
		}
		one, err := build.NewFlit(serial, d.hw, p)
		finish(t, serial, one, err)
		if !build.Divisible(one.Graph, d.hw, true) {
			return
		}
		threads := rapid.SampledFrom([]int{1, 2, 3, 8}).Draw(t, "threads")
		parallel, err := engine.NewParallel(sim.Freq(d.hw.Clock.Hertz()), one.Graph.Domains(), threads)
		if err != nil {
			t.Fatal(err)
		}
		cut, err := build.NewParallelFlit(parallel, d.hw, p)
		finish(t, parallel, cut, err)
		if diff := cmp.Diff(flitOutcomeOf(one), flitOutcomeOf(cut)); diff != "" {
			t.Errorf("%d threads (-serial +parallel):\n%s", threads, diff)
		}
	})
}

// finish runs a system that has been built to its end.
func finish(t *rapid.T, e interface{ RunUntil(int64) error }, s *build.System, err error) {
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if err := e.RunUntil(mostCycles); err != nil {
		t.Fatal(err)
	}
	s.Settle()
	checkDrained(t, s)
}
