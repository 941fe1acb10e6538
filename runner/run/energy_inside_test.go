package run

import (
	"math"
	"testing"

	"mozart/interconnect/topology"
)

// drained is a system that has run to its end, with its rows and phases.
func drained(t *testing.T, set ...string) (*collector, *Result) {
	t.Helper()
	c := ran(t, set...)
	c.system.Settle()
	return c, c.collect(Done)
}

func total(s series) float64 {
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum
}

// What ops say of a step that is done is what parts counted, chiplet by chiplet: so
// that dividing a counter by it gives each phase its own.
func TestOpsExplainTheCounters(t *testing.T) {
	for _, set := range [][]string{nil, {"policy=baseline"}, {"fidelity.nop=flit"}} {
		c, r := drained(t, set...)
		a := newPhases(r.Summary.Breakdown, c.plan.Experiment.Hardware.Clock.Hertz())
		all, err := flowsOf(c.plan, c.system, a)
		if err != nil {
			t.Fatal(err)
		}
		count := counters(r.Resources)
		for d, chip := range c.system.Chiplets {
			f, name := all[d], chip.Name()
			sums := 0.0
			if d == 0 {
				sums = 0.02 // it also reads the sums that arriving tokens are added to, which no op says
			}
			for _, k := range []struct {
				what    string
				flow    series
				counted int64
				slack   float64
			}{
				{"MACs", f.macs, count[counter{name + ".Tiles", "flops"}] / 2, 0},
				{"vector operations", f.vector, count[counter{name + ".Tiles", "vector_operations"}], 0},
				{"SRAM bytes", f.sram, count[counter{name + ".SRAM", "read_bytes"}] + count[counter{name + ".SRAM", "written_bytes"}], sums},
			} {
				if got := total(k.flow); got > float64(k.counted) || got < float64(k.counted)*(1-k.slack) || got == 0 {
					t.Errorf("%v, %s: ops have %v %s, counted %d", set, name, got, k.what, k.counted)
				}
			}
		}
	}
}

// The bytes that ops send over a link are those that the link carried, for the classes
// and places where every packet is some op's.
func TestOpsExplainTheLinks(t *testing.T) {
	c, r := drained(t)
	a := newPhases(r.Summary.Breakdown, c.plan.Experiment.Hardware.Clock.Hertz())
	all, err := flowsOf(c.plan, c.system, a)
	if err != nil {
		t.Fatal(err)
	}
	tr := newTraffic(c.system.Graph, all)
	nodes := map[string]topology.Node{}
	for _, n := range c.system.Graph.Nodes() {
		nodes[n.Name] = n
	}
	checked := 0
	for _, row := range r.Links {
		stack := row.Level == "stack" || row.Level == "attention-stack"
		if row.Class == "control" || row.Level == "root" || stack && row.Class == "token" {
			continue
		}
		from, to := nodes[nodeOf(row.From)], nodes[nodeOf(row.To)]
		if got := total(tr.over(from, to, row.Class, a.columns())); got != float64(row.Bytes) {
			t.Errorf("%s to %s, %s: ops have %v bytes, the link %d", row.From, row.To, row.Class, got, row.Bytes)
		}
		if row.Bytes > 0 {
			checked++
		}
	}
	if checked < 20 {
		t.Errorf("%d rows with bytes, want the links of four chiplets and three stacks", checked)
	}
}

// A counter that no op explains is energy of the idle column, not lost.
func TestWhatNoOpExplainsIsIdle(t *testing.T) {
	c, r := drained(t)
	for d := range c.plan.Program.Devices {
		_, end := c.system.Chiplets[d].OpTimes()
		for i := range end {
			end[i] = -1
		}
	}
	p := newPhases(r.Summary.Breakdown, c.plan.Experiment.Hardware.Clock.Hertz())
	l, err := c.ledger(r, p)
	if err != nil {
		t.Fatal(err)
	}
	if l.Total() == 0 {
		t.Fatal("no energy")
	}
	for _, e := range l.Entries {
		if e.Cause != "static" && e.Total() != e.Columns[len(e.Columns)-1] {
			t.Errorf("%s, %s: %v, want all of it in the last column", e.Component, e.Cause, e.Columns)
		}
	}
}

// The columns of static power are the step.
func TestPhasesCoverTheStep(t *testing.T) {
	_, r := drained(t)
	p := newPhases(r.Summary.Breakdown, 1e9)
	sum := int64(0)
	for _, n := range p.cycles() {
		sum += n
	}
	if want := r.Summary.Result.StepCycles; sum != want || math.Abs(r.Summary.Result.StepSeconds*1e9-float64(want)) > 0.5 {
		t.Errorf("columns last %d cycles, the step %d", sum, want)
	}
}

// An op's amount is spread over its time, and none of it is lost.
func TestSlotsSplitOps(t *testing.T) {
	s := newSlots(1000, 1e9, 5) // 200 cycles each
	if s.columns() != 5 || s.width != 200 {
		t.Fatalf("%+v, want five slots of 200 cycles", s)
	}
	for _, tc := range []struct {
		start, end int64
		want       []float64
	}{
		{0, 200, []float64{8, 0, 0, 0, 0}},
		{100, 500, []float64{2, 4, 2, 0, 0}},
		{400, 400, []float64{0, 0, 8, 0, 0}},
		{1000, 1000, []float64{0, 0, 0, 0, 8}}, // at the very end
		{900, 1000, []float64{0, 0, 0, 0, 8}},
	} {
		into := make([]float64, 5)
		s.split(into, nil, tc.start, tc.end, 8)
		for i, want := range tc.want {
			if math.Abs(into[i]-want) > 1e-12 {
				t.Errorf("%d to %d: %v, want %v", tc.start, tc.end, into, tc.want)
				break
			}
		}
	}
	sum := int64(0)
	odd := newSlots(1003, 1e9, 5)
	for _, n := range odd.cycles() {
		sum += n
	}
	if sum != 1003 {
		t.Errorf("slots last %d cycles, want 1003", sum)
	}
}
