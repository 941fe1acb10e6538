package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/runner/analytic"
	"mozart/runner/plan"
	"mozart/runner/report"
	"mozart/runner/run"
)

func (s *session) validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "closed forms beside the emulation, phase by phase",
		ArgsUsage: "EXPERIMENT",
		Description: "Emulates a step, without writing a folder, and computes it from closed forms that know\n" +
			"config and program alone (docs/analytic.md). Where contention makes these wrong by more\n" +
			"than 10%, it names the resource. Exit code 1 if the step, or a phase with at least 2% of it,\n" +
			"is off by more than the tolerance. FILE.csv has lines of phase,seconds.\n\n" +
			"Example: mozart validate olmoe-mozart-c --tolerance 5% --against mine.csv",
		Flags: []cli.Flag{
			setFlag(), jsonFlag(), progressFlag(),
			&cli.StringFlag{Name: "tolerance", Value: "10%", Usage: "largest `ERROR`, as 10% or 0.1"},
			&cli.StringFlag{Name: "against", Usage: "a model of your own: `FILE.csv` of phase,seconds"},
		},
		Action:       s.validate,
		BashComplete: completeExperiments,
	}
}

func (s *session) validate(c *cli.Context) error {
	args, err := arguments(c, "EXPERIMENT")
	if err != nil {
		return err
	}
	tolerance, err := parseTolerance(c.String("tolerance"))
	if err != nil {
		return err
	}
	against, err := readAgainst(c.String("against"))
	if err != nil {
		return err
	}
	bar, err := s.progressBar(c.String("progress"))
	if err != nil {
		return err
	}
	ctx, stop := s.interruptible(c.Context)
	defer stop()
	p, err := s.plan(ctx, args[0], c.StringSlice("set"))
	if err != nil {
		return err
	}
	prediction, err := analytic.Predict(p.Experiment, p.Graph, p.Program)
	if err != nil {
		return err
	}
	result, err := s.emulate(ctx, p, bar, run.Options{})
	if err != nil {
		return err
	}
	comparison := compareStep(p, prediction, result, tolerance)
	if against != nil {
		comparison.Beside(against)
	}
	if err := s.showComparison(comparison, against != nil, c.Bool("json")); err != nil {
		return err
	}
	if len(comparison.Failures) > 0 {
		return errors.New("out of tolerance: " + strings.Join(comparison.Failures, "; "))
	}
	return nil
}

// parseTolerance reads "10%" or "0.1".
func parseTolerance(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := strconv.ParseFloat(number, 64)
	if percent {
		value /= 100
	}
	if err == nil && !percent && value > 1 {
		return 0, usage("--tolerance: found %q, want a share such as 10%% or 0.1; is it %s%%?", text, number)
	}
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
		return 0, usage("--tolerance: found %q, want a share such as 10%% or 0.1", text)
	}
	return value, nil
}

// readAgainst reads a user's numbers, if a file is named.
func readAgainst(name string) (*analytic.Against, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("--against: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	against, err := analytic.ReadAgainst(name, f)
	if err != nil {
		return nil, &inputError{err}
	}
	return against, nil
}

// compareStep puts a prediction beside a run.
func compareStep(p *plan.Plan, prediction *analytic.Prediction, r *run.Result, tolerance float64) *analytic.Comparison {
	step := analytic.Step{Cycles: r.Summary.Result.StepCycles, Hertz: p.Experiment.Hardware.Clock.Hertz()}
	for _, b := range report.Breakdown(r.Ops, step.Cycles) {
		step.Phases = append(step.Phases, analytic.Measured{Phase: b.Phase, Cycles: b.Exposed})
	}
	comparison := analytic.Compare(p.Experiment.Name, prediction, step, tolerance)
	comparison.Explain(analytic.Counters{Graph: p.Graph, Links: r.Links, Resources: r.Resources, Ops: r.Ops}, step)
	return comparison
}

func (s *session) showComparison(c *analytic.Comparison, against, asJSON bool) error {
	if asJSON {
		return s.printJSON(c)
	}
	t := report.Table{
		Title:  c.Experiment + ": closed forms beside the emulation",
		Header: []string{"phase", "closed form", "emulated", "error", "share", "bound by"}, Align: "lrrrrl",
	}
	if against {
		t.Header, t.Align = append(t.Header[:5:5], "yours", "error", "bound by"), "lrrrrrrl"
	}
	for _, r := range append(c.Phases, c.Step) {
		row := []string{r.Phase, report.Seconds(r.AnalyticS), report.Seconds(r.EmulatedS), signed(r.Error), fmt.Sprintf("%.1f%%", 100*r.Share)}
		if against {
			theirs := "-"
			if r.AgainstS != nil {
				theirs = report.Seconds(*r.AgainstS)
			}
			row = append(row, theirs, signed(r.AgainstError))
		}
		t.Rows = append(t.Rows, append(row, r.BoundBy))
	}
	if err := t.Write(s.stdout, s.style); err != nil {
		return err
	}
	return s.showContention(c)
}

// showContention prints what makes the closed forms wrong.
func (s *session) showContention(c *analytic.Comparison) error {
	if len(c.Contention) == 0 {
		return s.printf("no phase is off by more than %.0f%% and %g%% of the step\n", 100*analytic.ContentionError, 100*analytic.ContentionShare)
	}
	if err := s.printf("off by more than %.0f%%, and by more than %g%% of the step:\n", 100*analytic.ContentionError, 100*analytic.ContentionShare); err != nil {
		return err
	}
	for _, x := range c.Contention {
		where := x.Why
		if x.Resource != "" {
			where = fmt.Sprintf("%s: %s; %s lost in all", x.Resource, x.Why, report.Seconds(x.LostS))
		}
		if err := s.printf("  %s %s: %s\n", x.Phase, signed(&x.Error), where); err != nil {
			return err
		}
	}
	return nil
}

// signed shows an error, or - for none.
func signed(e *float64) string {
	if e == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f%%", 100**e)
}
