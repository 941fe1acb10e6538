package run_test

import (
	"testing"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/run"
)

// At the default link widths the size of the packets that weights and
// activations move in changes the step by under 1%. (It does not hold for
// narrow links: docs/fidelity.md.)
func TestChunkSizeHardlyMatters(t *testing.T) {
	step := func(experiment, chunk string) float64 {
		x, err := config.Load(experiment, []string{
			"hardware.chunk=" + chunk, "model.layers=2", "workload.sequences=8", "workload.micro_batches=1", "schedule.lm_head=none",
			"routing.source=synthetic", "routing.synthetic=olmoe",
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Make(x)
		if err != nil {
			t.Fatal(err)
		}
		r, err := run.Execute(t.Context(), p, run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return float64(r.Summary.Result.StepCycles)
	}
	for _, experiment := range []string{"olmoe-baseline", "olmoe-mozart-c"} {
		small, large := step(experiment, "16 KiB"), step(experiment, "64 KiB")
		if change := large/small - 1; change < -0.01 || change > 0.01 {
			t.Errorf("%s: %.0f cycles with 16 KiB, %.0f with 64 KiB: %+.2f%%", experiment, small, large, 100*change)
		}
	}
}
