package run_test

import (
	"os"
	"slices"
	"testing"

	"mozart/runner/plan"
	"mozart/runner/report"
	"mozart/runner/run"
	"mozart/workloads/op"
)

// ran is what a plan comes to.
func ran(t *testing.T, p *plan.Plan, o run.Options) *run.Result {
	t.Helper()
	r, err := run.Execute(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wide are links that are never the limit, so that the stacks are.
var wide = []string{
	"hardware.links.root.wires=100000", "hardware.links.leaf.wires=100000",
	"hardware.links.stack.wires=100000", "hardware.links.attention_stack.wires=100000",
}

// weightCycles is how long the weights of the experts took: from the first cycle of
// their first load to the last of their last, forward and backward.
func weightCycles(r *run.Result) int64 {
	total := int64(0)
	for _, phase := range []op.Phase{op.ForwardWeights, op.BackwardWeights} {
		first, last := int64(-1), int64(0)
		for _, o := range r.Ops {
			if o.Phase != phase.String() || o.Name != "expert-weights" {
				continue
			}
			if first < 0 || o.StartCycle < first {
				first = o.StartCycle
			}
			last = max(last, o.EndCycle)
		}
		total += last - first
	}
	return total
}

// within reports two numbers of the levels and fails if they are further apart than a
// share.
func within(t *testing.T, what string, stream, bank int64, share float64) {
	t.Helper()
	off := float64(stream)/float64(bank) - 1
	t.Logf("%s: %d cycles at stream level, %d at bank level, %+.2f%%", what, stream, bank, 100*off)
	if off < -share || off > share {
		t.Errorf("%s: the levels differ by %+.2f%%, want at most %.0f%%", what, 100*off, 100*share)
	}
}

// The weights of a block stream from the stacks in the same time at both levels, with
// links that are never the limit and with the paper's.
func TestWeightsStreamAlikeAtBothLevels(t *testing.T) {
	for _, tc := range []struct {
		what, experiment string
		deep             bool
		assignments      []string
	}{
		{"a small model, wide links", "tiny", false, slices.Concat([]string{
			"model.hidden=512", "model.expert_width=256", "hardware.chunk=64 KiB", "hardware.buffer=256 KiB",
			"hardware.expert_chiplet.tile.tiles=64", "hardware.attention_chiplet.tile.tiles=64", "workload.sequences=2", "workload.sequence_length=16",
		}, wide)},
		{"one block of OLMoE, wide links", "olmoe-mozart-c", true, slices.Concat(oneBlock, wide)},
		{"one block of OLMoE, wide links, SGD in a pass of its own", "olmoe-mozart-c", true, slices.Concat(oneBlock, wide, []string{"schedule.gradients=dram"})},
		{"one block of OLMoE", "olmoe-mozart-c", true, oneBlock},
	} {
		t.Run(tc.what, func(t *testing.T) {
			if tc.deep && os.Getenv("MOZART_DEEP") == "" {
				t.Skip("takes a minute: MOZART_DEEP=1")
			}
			stream := ran(t, planned(t, tc.experiment, tc.assignments...), run.Options{})
			bank := ran(t, planned(t, tc.experiment, slices.Concat(tc.assignments, []string{"fidelity.hbm=bank"})...), run.Options{})
			within(t, "expert weights", weightCycles(stream), weightCycles(bank), 0.03)
			within(t, "step", stream.Summary.Result.StepCycles, bank.Summary.Result.StepCycles, 0.03)
		})
	}
}

// oneBlock is one block of a model with a short micro-batch.
var oneBlock = []string{
	"model.layers=1", "routing.source=synthetic", "routing.synthetic=olmoe", "routing.profile_tokens=256",
	"workload.sequences=2", "workload.sequence_length=64", "workload.micro_batches=1", "schedule.lm_head=none", "schedule.embedding=none",
}

// A step at bank level is the same for any number of threads, says at which level it
// was run, and counts what the banks did.
func TestBankStep(t *testing.T) {
	p := planned(t, "tiny", "fidelity.hbm=bank")
	r := ran(t, p, run.Options{})
	for _, threads := range []int{1, 2, 3} {
		o := run.Options{Parallel: true, Threads: threads}
		if got, want := ran(t, p, o).Summary.Result.Digest, r.Summary.Result.Digest; got != want {
			t.Errorf("%d threads: digest %s, want %s", threads, got, want)
		}
	}
	if got := r.Summary.Fidelity; got != (report.Fidelity{NoP: "packet", HBM: "bank", Compute: "closed-form"}) {
		t.Errorf("fidelity %+v", got)
	}
	bursts := 0.0
	for _, row := range r.Resources {
		if row.Metric == "read_bursts" || row.Metric == "write_bursts" {
			bursts += row.Value
		}
	}
	// A burst has 32 B; those at the ends of a tensor are not full.
	if bytes := float64(r.Summary.Conservation.StackBytes); bursts*32 < bytes || bursts*32 > 1.01*bytes {
		t.Errorf("%v bursts for %v bytes", bursts, bytes)
	}
	within(t, "step of tiny", ran(t, planned(t, "tiny"), run.Options{}).Summary.Result.StepCycles, r.Summary.Result.StepCycles, 0.01)
}
