package run

import (
	"math"

	"mozart/runner/floorplan"
	"mozart/runner/report"
	"mozart/workloads/op"
)

// phases has a column for every phase of a breakdown, of which the last is idle time.
type phases struct {
	column  [op.NumPhases]int
	exposed []int64
}

// newPhases takes the phases of a breakdown; hertz is the clock.
func newPhases(rows []report.Phase, hertz float64) *phases {
	p := &phases{exposed: make([]int64, len(rows))}
	for i := range p.column {
		p.column[i] = len(rows) - 1
	}
	for i, r := range rows {
		p.exposed[i] = int64(math.Round(r.ExposedS * hertz))
		if phase, ok := op.ParsePhase(r.Phase); ok {
			p.column[phase] = i
		}
	}
	return p
}

func (p *phases) columns() int { return len(p.exposed) }

func (p *phases) cycles() []int64 { return p.exposed }

func (p *phases) split(into []float64, o *op.Op, _, _ int64, amount float64) {
	into[p.column[o.Phase]] += amount
}

// slots divides time into columns of one length, of which the last may reach beyond the
// end.
type slots struct {
	seconds float64 // of a slot
	width   int64   // in cycles
	total   int64   // cycles
}

// newSlots divides total cycles of a clock of so many hertz into at most count slots.
func newSlots(total int64, hertz float64, count int) slots {
	s := slots{seconds: floorplan.Slot(float64(total)/hertz, count), total: total}
	s.width = max(1, int64(math.Round(s.seconds*hertz)))
	return s
}

func (s slots) columns() int { return int(max(1, (s.total+s.width-1)/s.width)) }

func (s slots) cycles() []int64 {
	lengths := make([]int64, s.columns())
	for i := range lengths {
		lengths[i] = min(s.width, s.total-int64(i)*s.width)
	}
	return lengths
}

// split spreads the amount evenly over the time of the op.
func (s slots) split(into []float64, _ *op.Op, start, end int64, amount float64) {
	last := len(into) - 1
	first := min(int(start/s.width), last)
	if end <= start {
		into[first] += amount
		return
	}
	for i := first; i <= last && int64(i)*s.width < end; i++ {
		from, to := max(start, int64(i)*s.width), min(end, int64(i+1)*s.width)
		into[i] += float64(amount * (float64(to-from) / float64(end-start)))
	}
}
