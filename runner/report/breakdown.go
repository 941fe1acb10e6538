package report

import (
	"cmp"
	"slices"

	"mozart/runner/record"
	"mozart/workloads/op"
)

// PhaseCycles says how long one phase of the step took.
type PhaseCycles struct {
	Phase string
	// Busy is the time in which at least one op of the phase was under way on
	// any chiplet. Exposed is the part of the step charged to the phase: every
	// moment belongs to one phase, arithmetic before the all-to-all before
	// memory traffic, and within these the earlier phase of the step.
	Busy, Exposed int64
}

// Idle is the name of the share of the step in which no op was under way: the
// chiplets waited for a signal.
const Idle = "idle"

// Breakdown computes the phases of a step of so many cycles. Exposed times,
// Idle's included, add up to the step. Signals and waits for them are no work
// and do not count. Phases without any op are left out.
func Breakdown(rows []record.OpRow, step int64) []PhaseCycles {
	var busy [op.NumPhases][]span
	for i := range rows {
		r := &rows[i]
		phase, ok := op.ParsePhase(r.Phase)
		if !ok || r.StartCycle < 0 || r.EndCycle <= r.StartCycle || !isWork(r.Kind) {
			continue
		}
		busy[phase] = append(busy[phase], span{r.StartCycle, r.EndCycle})
	}
	var out []PhaseCycles
	var order []op.Phase
	for p := range op.NumPhases {
		busy[p] = union(busy[p])
		order = append(order, p)
	}
	slices.SortStableFunc(order, func(a, b op.Phase) int { return cmp.Compare(a.Activity(), b.Activity()) })
	var exposed [op.NumPhases]int64
	var taken []span
	for _, p := range order {
		before := length(taken)
		taken = union(append(slices.Clone(taken), busy[p]...))
		exposed[p] = length(taken) - before
	}
	for p := range op.NumPhases {
		if len(busy[p]) > 0 {
			out = append(out, PhaseCycles{p.String(), length(busy[p]), exposed[p]})
		}
	}
	idle := step - length(taken)
	return append(out, PhaseCycles{Idle, idle, idle})
}

func isWork(kind string) bool { return kind != op.Signal.String() && kind != op.Await.String() }

// span is the cycles from, including, to, excluding.
type span struct{ from, to int64 }

// union sorts spans and joins those that meet.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

func length(spans []span) int64 {
	n := int64(0)
	for _, s := range spans {
		n += s.to - s.from
	}
	return n
}
