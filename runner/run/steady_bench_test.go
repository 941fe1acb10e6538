package run_test

import (
	"errors"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/runner/build"
	"mozart/runner/engine"
	"mozart/runner/plan"
)

// A packet on its way through links, routers and the reduction allocates nothing once
// the tree has carried its load before.
func TestPacketsDoNotAllocate(t *testing.T) {
	if testing.Short() {
		t.Skip("plans sixteen layers, which takes long under the race detector")
	}
	for _, reduce := range []bool{false, true} {
		tree := newMozartTree(t, olmoeLoad(t, 256), reduce)
		tree.round(t)
		if n := testing.AllocsPerRun(3, func() { tree.round(t) }); n > 0 {
			t.Errorf("reduction %v: %v allocations in a round of %d packet-hops", reduce, n, tree.hops())
		}
	}
}

// In a whole system, chiplets and stacks included, nothing allocates per packet once
// every layer has been visited. What is left in the second half of a step are queues
// that still grow to their working size.
func TestSecondHalfOfAStepDoesNotAllocatePerPacket(t *testing.T) {
	p := planOf(t, "tiny", "model.layers=8", "workload.sequences=32")
	whole, _ := started(t, p)
	if err := whole.Run(); err != nil {
		t.Fatal(err)
	}
	e, system := started(t, p)
	if err := e.RunUntil(whole.CurrentCycle() / 2); !errors.Is(err, engine.ErrLimit) {
		t.Fatalf("half a step: %v, want %v", err, engine.ErrLimit)
	}
	hops, before := delivered(system), mallocs()
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	allocations := mallocs() - before
	hops = delivered(system) - hops
	if hops < 10_000 || allocations*1000 > uint64(hops) {
		t.Errorf("%d allocations for %d packet-hops, want fewer than one in a thousand of many", allocations, hops)
	}
}

// started is a system of a plan that is about to run.
func started(tb testing.TB, p *plan.Plan) (*engine.Serial, *build.System) {
	tb.Helper()
	hw := p.Experiment.Hardware
	e, err := engine.NewSerial(sim.Freq(hw.Clock.Hertz()))
	if err != nil {
		tb.Fatal(err)
	}
	s, err := build.New(e, hw, p.Program)
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	return e, s
}

// delivered counts the packet-hops of a system so far.
func delivered(s *build.System) int64 {
	n := int64(0)
	for _, l := range s.Links {
		for _, row := range l.Stats() {
			n += row.Delivered.Messages
		}
	}
	return n
}
