package analytic

import (
	"fmt"
	"math"
	"slices"
)

// Schema is the version of the JSON form of a Comparison.
const Schema = "mozart.validate/1"

// JudgedShare is the share of the step from which on a phase has to be within the
// tolerance: smaller ones are mostly what overlap leaves over.
const JudgedShare = 0.02

// Measured is one phase of an emulated step.
type Measured struct {
	Phase string
	// Cycles are those charged to the phase.
	Cycles int64
}

// Step is a step that was emulated: its phases add up to Cycles.
type Step struct {
	Cycles int64
	Phases []Measured
	// Hertz is the clock.
	Hertz float64
}

// Row is one phase, or the step, as closed forms and emulation have it. Errors are
// relative to the emulation, 0.1 being 10% too much, and null if that has nothing.
type Row struct {
	Phase     string   `json:"phase"`
	AnalyticS float64  `json:"analytic_s"`
	EmulatedS float64  `json:"emulated_s"`
	Error     *float64 `json:"error"`
	// Share is that of the emulated step; Judged says whether it is large enough for
	// the tolerance to count.
	Share  float64 `json:"share"`
	Judged bool    `json:"judged"`
	// BoundBy is the resource that needs most of the time, by the closed forms.
	BoundBy string `json:"bound_by"`
	// AgainstS and AgainstError are those of a user's model, null where it says nothing.
	AgainstS     *float64 `json:"against_s"`
	AgainstError *float64 `json:"against_error"`
}

// Comparison is a step by closed forms beside the emulated one.
type Comparison struct {
	Schema     string  `json:"schema"`
	Experiment string  `json:"experiment"`
	Tolerance  float64 `json:"tolerance"`
	Phases     []Row   `json:"phases"`
	Step       Row     `json:"step"`
	// Contention has the phases that the closed forms miss by more than ContentionError.
	Contention []Contention `json:"contention"`
	// Failures are sentences about what is beyond the tolerance.
	Failures []string `json:"failures"`
}

// stepName is the row of the whole step.
const stepName = "step"

// Compare puts a prediction beside an emulated step. A phase that only one of them
// has is 0 in the other.
func Compare(experiment string, p *Prediction, s Step, tolerance float64) *Comparison {
	c := &Comparison{Schema: Schema, Experiment: experiment, Tolerance: tolerance, Contention: []Contention{}, Failures: []string{}}
	step := float64(s.Cycles)
	row := func(name string, analytic, emulated float64, boundBy string) Row {
		r := Row{Phase: name, AnalyticS: analytic / s.Hertz, EmulatedS: emulated / s.Hertz, BoundBy: boundBy}
		r.Error = relative(analytic, emulated)
		if step > 0 {
			r.Share = emulated / step
		}
		r.Judged = r.Share >= JudgedShare
		return r
	}
	left := map[string]Phase{}
	for _, q := range p.Phases {
		left[q.Phase.String()] = q
	}
	for _, m := range s.Phases {
		q := left[m.Phase]
		delete(left, m.Phase)
		c.Phases = append(c.Phases, row(m.Phase, q.Cycles, float64(m.Cycles), q.Resource))
	}
	for _, q := range p.Phases {
		if _, ok := left[q.Phase.String()]; ok {
			c.Phases = append(c.Phases, row(q.Phase.String(), q.Cycles, 0, q.Resource))
		}
	}
	c.Step = row(stepName, p.Cycles, step, "")
	for _, r := range append(c.Phases, c.Step) {
		if r.Judged && math.Abs(*r.Error) > tolerance {
			c.Failures = append(c.Failures, fmt.Sprintf("%s is off by %+.1f%%, want at most %g%%", r.Phase, 100**r.Error, 100*tolerance))
		}
	}
	return c
}

// relative is how much too large a value is; nil if there is nothing to compare with.
func relative(value, reference float64) *float64 {
	if reference <= 0 {
		return nil
	}
	e := value/reference - 1
	return &e
}

// Beside adds a user's numbers to the rows.
func (c *Comparison) Beside(a *Against) {
	sum := 0.0
	for _, seconds := range a.seconds {
		sum += seconds
	}
	for _, name := range phaseNames() {
		i := slices.IndexFunc(c.Phases, func(r Row) bool { return r.Phase == name })
		if _, theirs := a.seconds[name]; theirs && i < 0 {
			c.Phases = append(c.Phases, Row{Phase: name})
			i = len(c.Phases) - 1
		}
		if i >= 0 {
			c.Phases[i].against(a.seconds, name)
		}
	}
	if a.step == nil {
		a = &Against{step: &sum}
	}
	c.Step.against(map[string]float64{stepName: *a.step}, stepName)
}

func (r *Row) against(seconds map[string]float64, name string) {
	s, ok := seconds[name]
	if !ok {
		return
	}
	r.AgainstS = &s
	r.AgainstError = relative(s, r.EmulatedS)
}
