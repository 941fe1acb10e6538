package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/runner/record"
	"mozart/runner/report"
	"mozart/workloads/op"
)

func opRow(kind op.Kind, phase op.Phase, from, to int64) record.OpRow {
	return record.OpRow{Kind: kind.String(), Phase: phase.String(), StartCycle: from, EndCycle: to}
}

func TestBreakdownChargesEveryMomentOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []record.OpRow
		step int64
		want []report.PhaseCycles
	}{
		{"nothing", nil, 7, []report.PhaseCycles{{Phase: report.Idle, Busy: 7, Exposed: 7}}},
		{
			"arithmetic before all-to-all before memory",
			[]record.OpRow{
				opRow(op.Load, op.ForwardWeights, 0, 30),
				opRow(op.Send, op.ForwardDispatch, 5, 15),
				opRow(op.Gemm, op.ForwardAttention, 0, 10),
				opRow(op.Gemm, op.ForwardExpert, 40, 50),
			},
			60,
			[]report.PhaseCycles{
				{Phase: "forward.weights", Busy: 30, Exposed: 15},
				{Phase: "forward.attention", Busy: 10, Exposed: 10},
				{Phase: "forward.dispatch", Busy: 10, Exposed: 5},
				{Phase: "forward.expert", Busy: 10, Exposed: 10},
				{Phase: report.Idle, Busy: 20, Exposed: 20},
			},
		},
		{
			"the earlier phase first among equals",
			[]record.OpRow{opRow(op.Gemm, op.BackwardExpert, 0, 10), opRow(op.Gemm, op.ForwardExpert, 5, 20)},
			20,
			[]report.PhaseCycles{
				{Phase: "forward.expert", Busy: 15, Exposed: 15},
				{Phase: "backward.expert", Busy: 10, Exposed: 5},
				{Phase: report.Idle},
			},
		},
		{
			"chiplets at the same time count once",
			[]record.OpRow{
				opRow(op.Gemm, op.ForwardExpert, 10, 20), opRow(op.Vector, op.ForwardExpert, 0, 5),
				opRow(op.Gemm, op.ForwardExpert, 12, 18), opRow(op.Gemm, op.ForwardExpert, 20, 25),
			},
			25,
			[]report.PhaseCycles{{Phase: "forward.expert", Busy: 20, Exposed: 20}, {Phase: report.Idle, Busy: 5, Exposed: 5}},
		},
		{
			"signals, waits for them, ops not done and ops of no time are no work",
			[]record.OpRow{
				opRow(op.Signal, op.ForwardExpert, 0, 10), opRow(op.Await, op.ForwardAttention, 0, 10),
				opRow(op.Gemm, op.ForwardHead, 3, -1), opRow(op.Gemm, op.ForwardHead, -1, -1), opRow(op.Gemm, op.BackwardHead, 4, 4),
				{Kind: op.Gemm.String(), Phase: "sideways.expert", EndCycle: 10},
			},
			10,
			[]report.PhaseCycles{{Phase: report.Idle, Busy: 10, Exposed: 10}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, report.Breakdown(c.rows, c.step)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// Exposed times add up to the step and agree with going through the cycles one
// by one.
func TestBreakdownAgainstCycles(t *testing.T) {
	kinds := []op.Kind{op.Gemm, op.Vector, op.Load, op.Store, op.Send, op.Receive, op.Signal, op.Await}
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Int64Range(0, 60).Draw(t, "step")
		var rows []record.OpRow
		for range rapid.IntRange(0, 20).Draw(t, "ops") {
			from := rapid.Int64Range(0, step).Draw(t, "from")
			rows = append(rows, opRow(rapid.SampledFrom(kinds).Draw(t, "kind"), op.Phase(rapid.IntRange(0, int(op.NumPhases)-1).Draw(t, "phase")),
				from, rapid.Int64Range(from, step).Draw(t, "to")))
		}
		busy, exposed := map[string]int64{}, map[string]int64{}
		for cycle := range step {
			best, found := op.NumPhases, false
			for p := range op.NumPhases {
				if !anyAt(rows, p, cycle) {
					continue
				}
				busy[p.String()]++
				if !found || p.Activity() < best.Activity() {
					best, found = p, true
				}
			}
			if found {
				exposed[best.String()]++
			} else {
				busy[report.Idle]++
				exposed[report.Idle]++
			}
		}
		sum := int64(0)
		for _, p := range report.Breakdown(rows, step) {
			sum += p.Exposed
			if p.Busy != busy[p.Phase] || p.Exposed != exposed[p.Phase] {
				t.Errorf("%s: busy %d, exposed %d, want %d and %d", p.Phase, p.Busy, p.Exposed, busy[p.Phase], exposed[p.Phase])
			}
			delete(busy, p.Phase)
		}
		if sum != step {
			t.Errorf("exposed times add up to %d of %d", sum, step)
		}
		if len(busy) > 0 {
			t.Errorf("left out: %v", busy)
		}
	})
}

// anyAt tells whether work of a phase goes on at a cycle.
func anyAt(rows []record.OpRow, p op.Phase, cycle int64) bool {
	for _, r := range rows {
		if r.Phase == p.String() && r.StartCycle <= cycle && cycle < r.EndCycle && r.Kind != op.Signal.String() && r.Kind != op.Await.String() {
			return true
		}
	}
	return false
}
