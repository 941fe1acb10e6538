package analytic_test

import (
	"strings"
	"testing"

	"mozart/runner/analytic"
	"mozart/workloads/op"
)

func TestReadAgainstNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown phase":  {"phase,seconds\nforward.atention,1\n", `mine.csv:2: found phase "forward.atention", want a phase of the step (did you mean "forward.attention"?)`},
		"no number":      {"forward.expert,abc\n", `mine.csv:1: forward.expert: found "abc", want seconds, at least 0`},
		"not finite":     {"step,Inf\n", `mine.csv:1: step: found "Inf", want seconds, at least 0`},
		"negative":       {"\n# mine\nstep,-1\n", `mine.csv:3: step: found "-1"`},
		"one column":     {"forward.expert\n", `mine.csv:1: found "forward.expert", want phase,seconds`},
		"three columns":  {"forward.expert,1,2\n", `mine.csv:1: found "forward.expert,1,2", want phase,seconds`},
		"twice":          {"step,1\nstep,2\n", "mine.csv:2: found phase step again, want one line for it, which is line 1"},
		"nothing":        {"phase,seconds\n", "mine.csv: found no line of phase,seconds, want one per phase"},
		"all at once":    {"a,1\nb,1\n", "mine.csv:2: found phase \"b\""},
		"heading at end": {"step,1\nphase,seconds\n", `mine.csv:2: found phase "phase"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := analytic.ReadAgainst("mine.csv", strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %q in it", err, c.want)
			}
		})
	}
}

// A step of two phases, one of which the closed forms miss.
func comparison(tolerance float64) *analytic.Comparison {
	p := &analytic.Prediction{Cycles: 90, Phases: []analytic.Phase{{Phase: op.ForwardExpert, Cycles: 60}, {Phase: op.ForwardDispatch, Cycles: 30}}}
	s := analytic.Step{Cycles: 100, Hertz: 1, Phases: []analytic.Measured{{Phase: "forward.dispatch", Cycles: 39}, {Phase: "forward.expert", Cycles: 60}, {Phase: "idle", Cycles: 1}}}
	return analytic.Compare("x", p, s, tolerance)
}

func TestCompareJudgesByTolerance(t *testing.T) {
	c := comparison(0.05)
	want := []string{"forward.dispatch is off by -23.1%, want at most 5%", "step is off by -10.0%, want at most 5%"}
	if strings.Join(c.Failures, "; ") != strings.Join(want, "; ") {
		t.Errorf("failures %q, want %q: idle has less than 2%% of the step", c.Failures, want)
	}
	if c := comparison(0.25); len(c.Failures) != 0 {
		t.Errorf("failures %q at a tolerance of 25%%", c.Failures)
	}
}

func TestBesideAUsersModel(t *testing.T) {
	a, err := analytic.ReadAgainst("mine.csv", strings.NewReader("phase, seconds\n forward.expert , 6.6e1\nforward.save,4\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := comparison(1)
	c.Beside(a)
	got := map[string]float64{}
	for _, r := range append(c.Phases, c.Step) {
		if r.AgainstS != nil {
			got[r.Phase] = *r.AgainstS
		}
		if r.Phase == "forward.expert" && (*r.AgainstError < 0.0999 || *r.AgainstError > 0.1001) {
			t.Errorf("error %g, want 0.1", *r.AgainstError)
		}
	}
	// What the run does not have is listed all the same, and the step is their sum.
	if len(got) != 3 || got["forward.expert"] != 66 || got["forward.save"] != 4 || got["step"] != 70 {
		t.Errorf("their seconds are %v", got)
	}
}
