package analytic_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"mozart/runner/analytic"
	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/report"
	"mozart/runner/run"
)

// small draws the overrides of a small system around the built-in tiny.
func small(t *rapid.T) []string {
	pick := func(key string, values ...any) string {
		return fmt.Sprintf("%s=%v", key, rapid.SampledFrom(values).Draw(t, key))
	}
	network := pick("hardware.topology.kind", "nop-tree", "nop-tree", "mesh", "torus", "ring")
	if network == "hardware.topology.kind=nop-tree" {
		network = pick("hardware.topology.levels", "[]", "[]", "[1]", "[2]")
	}
	return []string{
		network, "model.experts=16",
		pick("seed", 1, 2, 3, 4, 5),
		pick("policy", "baseline", "mozart-a", "mozart-b", "mozart-c"),
		pick("hardware.topology.groups", 1, 2, 4),
		pick("hardware.topology.chiplets_per_group", 1, 2),
		pick("hardware.topology.stacks_per_group", 1, 2),
		pick("hardware.topology.attention_stacks", 1, 2),
		pick("hardware.links.root.wires", 1, 3, 16, 200),
		pick("hardware.links.leaf.wires", 1, 7, 64, 500),
		pick("hardware.links.stack.wires", 1, 16, 64, 3000),
		pick("hardware.links.attention_stack.wires", 1, 16, 64, 3000),
		pick("hardware.links.root.latency", "1 ns", "50 ns"),
		pick("hardware.group_stack", "hbm2", "ssd"),
		pick("hardware.expert_chiplet.tile.tiles", 1, 4, 30),
		pick("hardware.expert_chiplet.tile.operand_reuse", 1, 16),
		pick("hardware.attention_chiplet.tile.dataflow", "os", "ws", "is"),
		pick("fidelity.compute", "closed-form", "tile"),
		pick("hardware.chunk", "256 B", "4 KiB"),
		pick("hardware.switch.reduction.entries", 1, 8, 256),
		pick("schedule.dispatch", "per-expert", "per-chiplet", "per-group"),
		pick("schedule.combine", "root", "chiplet", "switch"),
		pick("schedule.all_to_all", "synchronous", "free"),
		pick("schedule.attention_pieces", 1, 3),
		pick("schedule.gradients", "sram", "dram"),
		pick("workload.sequences", 2, 4),
		pick("workload.sequence_length", 3, 16),
		pick("workload.micro_batches", 1, 2),
		pick("routing.synthetic.topic_strength", 0, 4),
	}
}

// No phase is faster than its busiest resource allows, and all times add up.
func TestLowerBoundsHold(t *testing.T) {
	tight := 0.0
	rapid.Check(t, func(t *rapid.T) {
		x, err := config.Load("tiny", small(t))
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Make(x)
		if err != nil {
			t.Fatal(err)
		}
		bounds, err := analytic.LowerBounds(p.Program, x.Hardware)
		if err != nil {
			t.Fatal(err)
		}
		result, err := run.Execute(context.Background(), p, run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		step := result.Summary.Result.StepCycles
		busy := map[string]int64{}
		exposed := int64(0)
		for _, ph := range report.Breakdown(result.Ops, step) {
			busy[ph.Phase] = ph.Busy
			exposed += ph.Exposed
		}
		if exposed != step {
			t.Fatalf("exposed times add up to %d cycles, the step has %d", exposed, step)
		}
		for _, b := range bounds {
			if b.Cycles > busy[b.Phase] {
				t.Errorf("%s took %d cycles, but %s alone needs %d", b.Phase, busy[b.Phase], b.Resource, b.Cycles)
			}
			if busy[b.Phase] > 0 {
				tight = max(tight, float64(b.Cycles)/float64(busy[b.Phase]))
			}
		}
	})
	// A bound that is never near would be no test of the emulation.
	if tight < 0.9 {
		t.Errorf("the tightest bound reached only %.0f%% of its phase", 100*tight)
	}
}
