package report

import (
	"mozart/runner/record"
	"mozart/workloads/op"
)

// MeasureArithmetic sums up the matrix and vector ops of chiplets of one kind.
// of tells which components these are; a cycle takes 1/hertz seconds, and one
// chiplet's arrays do peak operations per cycle at best.
func MeasureArithmetic(rows []record.OpRow, kind string, of func(component string) bool, peak int64, hertz float64) Arithmetic {
	busy := map[string]int64{}
	var gemmCycles, gemmFLOPs, cycles, stalls int64
	for i := range rows {
		r := &rows[i]
		if !of(r.Component) {
			continue
		}
		took := r.EndCycle - r.StartCycle
		switch r.Kind {
		case op.Gemm.String():
			gemmCycles += took
			gemmFLOPs += r.Flops
		case op.Vector.String():
		default:
			took = 0
		}
		busy[r.Component] += took
		cycles += took
		stalls += r.StallCycles
	}
	a := Arithmetic{Chiplets: kind, Count: len(busy), PeakFLOPsPerS: float64(peak) * hertz}
	if gemmCycles > 0 {
		a.AchievedFLOPsPerS = float64(gemmFLOPs) / float64(gemmCycles) * hertz
	}
	if cycles > 0 {
		a.StallShare = float64(stalls) / float64(cycles)
		a.BusyMeanS = float64(cycles) / float64(len(busy)) / hertz
	}
	first := true
	for _, n := range busy {
		s := float64(n) / hertz
		if first {
			a.BusyMinS, first = s, false
		}
		a.BusyMinS, a.BusyMaxS = min(a.BusyMinS, s), max(a.BusyMaxS, s)
	}
	return a
}
