package run_test

import (
	"context"
	"math"
	"testing"

	"mozart/runner/run"
)

// TestFlitStep runs whole steps at both levels of the network: all conservation checks
// hold, a second run gives the same digest, and the step takes as long within 5%.
func TestFlitStep(t *testing.T) {
	for _, assignments := range [][]string{
		nil,
		{"schedule.dispatch=per-group"},
		{"schedule.combine=root"},
		{"hardware.topology.levels=[2]", "schedule.dispatch=per-group"},
		{"hardware.switch.reduction.entries=2"},
		{"hardware.flit.vc_buffer=2"},
		{"hardware.flit.vcs=2", "hardware.flit.switch_allocator=islip:2", "hardware.flit.input_speedup=2"},
	} {
		packet, err := run.Execute(context.Background(), planOf(t, "tiny", assignments...), run.Options{})
		if err != nil {
			t.Fatalf("%v, packet: %v", assignments, err)
		}
		digest := ""
		for range 2 {
			flit, err := run.Execute(context.Background(), planOf(t, "tiny", append(assignments, "fidelity.nop=flit")...), run.Options{})
			if err != nil {
				t.Fatalf("%v, flit: %v", assignments, err)
			}
			if digest != "" && flit.Summary.Result.Digest != digest {
				t.Errorf("%v: two runs differ", assignments)
			}
			digest = flit.Summary.Result.Digest
			off := float64(flit.Summary.Result.StepCycles)/float64(packet.Summary.Result.StepCycles) - 1
			t.Logf("%v: packet %d cycles, flit %d, %+.2f%%", assignments, packet.Summary.Result.StepCycles, flit.Summary.Result.StepCycles, 100*off)
			if math.Abs(off) > 0.05 {
				t.Errorf("%v: off by %+.2f%%, want at most 5%%", assignments, 100*off)
			}
		}
	}
}
