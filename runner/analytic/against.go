package analytic

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"mozart/runner/config/strict"
	"mozart/workloads/op"
)

// Against is another model's step: seconds by phase.
type Against struct {
	seconds map[string]float64
	step    *float64
}

// idleName is the share of an emulated step in which nothing goes on.
const idleName = "idle"

// ReadAgainst reads lines of "phase,seconds", in any order, each phase at most once;
// a heading of just these words, empty lines and lines that begin with # do not count. Phases are those of a run, and step, the whole; without it the step is the
// sum. Errors, all at once, name file and line.
func ReadAgainst(name string, r io.Reader) (*Against, error) {
	a := &Against{seconds: map[string]float64{}}
	var errs strict.Errors
	lines, seen := bufio.NewScanner(r), map[string]int{}
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") || len(seen) == 0 && strings.ReplaceAll(text, " ", "") == "phase,seconds" {
			continue
		}
		phase, seconds, err := splitLine(text)
		switch {
		case err != nil:
		case seen[phase] > 0:
			err = &strict.Error{Found: fmt.Sprintf("phase %s again", phase), Want: fmt.Sprintf("one line for it, which is line %d", seen[phase])}
		default:
			seen[phase] = n
			a.set(phase, seconds)
		}
		if err != nil {
			err.Position = strict.Position{File: name, Line: n}
			errs = append(errs, *err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(seen) == 0 && len(errs) == 0 {
		errs = append(errs, strict.Error{Position: strict.Position{File: name}, Found: "no line of phase,seconds", Want: "one per phase"})
	}
	return a, errs.Err()
}

func (a *Against) set(phase string, seconds float64) {
	if phase == stepName {
		a.step = &seconds
		return
	}
	a.seconds[phase] = seconds
}

// splitLine reads one line.
func splitLine(text string) (phase string, seconds float64, err *strict.Error) {
	phase, number, ok := strings.Cut(text, ",")
	phase, number = strings.TrimSpace(phase), strings.TrimSpace(number)
	if !ok || strings.Contains(number, ",") {
		return "", 0, &strict.Error{Found: fmt.Sprintf("%q", text), Want: "phase,seconds"}
	}
	if !isPhase(phase) {
		e := strict.Unknown(phase, "a phase of the step", phaseNames())
		return "", 0, &strict.Error{Found: fmt.Sprintf("phase %q", phase), Want: e.Want, Nearest: e.Nearest}
	}
	seconds, wrong := strconv.ParseFloat(number, 64)
	if wrong != nil || math.IsNaN(seconds) || math.IsInf(seconds, 0) || seconds < 0 {
		return "", 0, &strict.Error{Key: phase, Found: fmt.Sprintf("%q", number), Want: "seconds, at least 0"}
	}
	return phase, seconds, nil
}

func isPhase(name string) bool {
	_, ok := op.ParsePhase(name)
	return ok || name == idleName || name == stepName
}

// phaseNames are all that a line may begin with.
func phaseNames() []string {
	names := []string{stepName, idleName}
	for p := range op.NumPhases {
		names = append(names, p.String())
	}
	return names
}
