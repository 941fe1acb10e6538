package run_test

import (
	"testing"

	"mozart/runner/run"
)

// At both levels of the tile array a step moves the same work, on any engine; fold by
// fold takes as long as closed form, or longer by what arrays wait. How long
// arrays and lanes are busy does not depend on the level.
func TestComputeLevels(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  []string
		slow bool
	}{
		{"tiny", nil, false},
		{"tiny", []string{"hardware.attention_chiplet.tile.operand_reuse=32", "hardware.expert_chiplet.tile.operand_reuse=32"}, false},
		{"olmoe-mozart-c", []string{"model.layers=1", "routing.source=synthetic", `routing.tables=""`, "workload.sequences=8"}, true},
	} {
		if tc.slow && testing.Short() {
			continue
		}
		set := append([]string{"fidelity.compute=closed-form"}, tc.set...)
		closed, err := run.Execute(t.Context(), planned(t, tc.name, set...), run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		set[0] = "fidelity.compute=tile"
		p := planned(t, tc.name, set...)
		folds, err := run.Execute(t.Context(), p, run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		parallel, err := run.Execute(t.Context(), p, run.Options{Parallel: true, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := parallel.Summary.Result.Digest, folds.Summary.Result.Digest; got != want {
			t.Errorf("%s: the parallel engine gives another digest", tc.name)
		}
		if folds.Summary.Fidelity.Compute != "tile" || !folds.Summary.Conservation.CreditsOK || !folds.Summary.Conservation.PartsIdle {
			t.Errorf("%s: %+v, %+v", tc.name, folds.Summary.Fidelity, folds.Summary.Conservation)
		}
		a, b := sums(closed), sums(folds)
		x, y := closed.Summary.Result.StepCycles, folds.Summary.Result.StepCycles
		t.Logf("%-14s closed form %9d cycles, fold by fold %9d (%+.3f%%); stalls of all chiplets %.0f and %.0f", tc.name, x, y, 100*(float64(y)/float64(x)-1), a["stall_cycles"], b["stall_cycles"])
		for _, metric := range []string{"matrix_cycles", "vector_cycles", "flops", "read_bytes", "written_bytes"} {
			if a[metric] != b[metric] {
				t.Errorf("%s: %s is %v, in closed form %v", tc.name, metric, b[metric], a[metric])
			}
		}
		if causes := b["stall_fill_cycles"] + b["stall_port_cycles"] + b["stall_sram_cycles"]; causes != b["stall_cycles"] {
			t.Errorf("%s: stalls of %v cycles, %v by cause", tc.name, b["stall_cycles"], causes)
		}
		if float64(y) < 0.999*float64(x) || float64(y) > 1.05*float64(x) {
			t.Errorf("%s: a step of %d cycles, %d in closed form", tc.name, y, x)
		}
	}
}

// sums adds each metric up over all parts.
func sums(r *run.Result) map[string]float64 {
	total := map[string]float64{}
	for _, row := range r.Resources {
		total[row.Metric] += row.Value
	}
	return total
}
