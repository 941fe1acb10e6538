package run_test

import (
	"testing"

	"mozart/runner/record"
	"mozart/runner/run"
	"mozart/workloads/op"
)

// trip is one all-to-all round trip: a layer and micro-batch in one direction.
type trip struct {
	layer, microBatch int32
	backward          bool
}

// When the all-to-all is synchronous, no expert computes while tokens of its
// round trip are on their way down, and no result travels while one computes;
// nor do shared experts. When it is free, chiplets run ahead of each other.
func TestSynchronousAllToAll(t *testing.T) {
	for _, mode := range []string{"synchronous", "free"} {
		t.Run(mode, func(t *testing.T) {
			p := made(t, "schedule.all_to_all="+mode, "model.shared_experts=1", "model.shared_expert_width=64")
			r, err := run.Execute(t.Context(), p, run.Options{})
			if err != nil {
				t.Fatal(err)
			}
			early := 0
			for at, ops := range trips(r.Ops) {
				down, _ := between(ops, op.ForwardDispatch, op.BackwardDispatch)
				computed, from := between(ops, op.ForwardExpert, op.BackwardExpert)
				_, up := between(ops, op.ForwardCombine, op.BackwardCombine)
				if from < down || up < computed {
					early++
					if mode == "synchronous" {
						t.Errorf("%+v: tokens in at %d, experts from %d to %d, results from %d", at, down, from, computed, up)
					}
				}
			}
			if mode == "free" && early == 0 {
				t.Error("no chiplet ran ahead: the barrier makes no difference here")
			}
		})
	}
}

func trips(rows []record.OpRow) map[trip][]record.OpRow {
	out := map[trip][]record.OpRow{}
	for _, r := range rows {
		if r.Layer >= 0 && r.MicroBatch >= 0 && r.Kind != op.Signal.String() && r.Kind != op.Await.String() {
			at := trip{r.Layer, r.MicroBatch, r.Phase[0] == 'b'}
			out[at] = append(out[at], r)
		}
	}
	return out
}

// between is when the last op of the phases ended and the first one started.
func between(rows []record.OpRow, phases ...op.Phase) (last, first int64) {
	first = -1
	for _, r := range rows {
		for _, p := range phases {
			if r.Phase == p.String() {
				last = max(last, r.EndCycle)
				if first < 0 || r.StartCycle < first {
					first = r.StartCycle
				}
			}
		}
	}
	return last, first
}
