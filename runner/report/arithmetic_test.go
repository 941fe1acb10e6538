package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/record"
	"mozart/runner/report"
)

// By hand: chiplet A runs a product of 800 operations in 10 cycles, 4 of them
// stalled, and 2 cycles of vector work; B runs 600 in 20, 16 stalled; loads and
// other chiplets do not count.
func TestMeasureArithmetic(t *testing.T) {
	rows := []record.OpRow{
		{Component: "A", Kind: "gemm", StartCycle: 0, EndCycle: 10, Flops: 800, StallCycles: 4},
		{Component: "A", Kind: "vector", StartCycle: 10, EndCycle: 12, Flops: 50},
		{Component: "B", Kind: "gemm", StartCycle: 5, EndCycle: 25, Flops: 600, StallCycles: 16},
		{Component: "B", Kind: "load", StartCycle: 0, EndCycle: 1000},
		{Component: "Other", Kind: "gemm", StartCycle: 0, EndCycle: 10, Flops: 1},
	}
	got := report.MeasureArithmetic(rows, "expert", func(c string) bool { return c != "Other" }, 100, 2)
	want := report.Arithmetic{
		Chiplets: "expert", Count: 2, PeakFLOPsPerS: 200, AchievedFLOPsPerS: 1400.0 / 30 * 2,
		StallShare: 20.0 / 32, BusyMinS: 6, BusyMeanS: 8, BusyMaxS: 10,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
