package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"mozart/workloads/op"
)

// CompareSchema is the version of what `mozart compare --json` prints.
const CompareSchema = "mozart.compare/1"

// Comparison is runs side by side.
type Comparison struct {
	Schema string `json:"schema"`
	// Runs are in the order asked for; the first is what others are compared with.
	Runs []Compared `json:"runs"`
}

// Named is a run and what the user called it: a folder or an experiment.
type Named struct {
	Name string
	*Summary
}

// Compared is a run and how it stands to the first one.
type Compared struct {
	// Source is the folder or experiment that the user named.
	Source string `json:"source"`
	// Normalised is the step time over that of the first run, Speedup its inverse.
	Normalised float64 `json:"normalised"`
	Speedup    float64 `json:"speedup"`
	*Summary
}

// label tells a run from others of the same experiment.
func (c Compared) label() string {
	if c.Source == c.Experiment {
		return c.Experiment
	}
	return fmt.Sprintf("%s (%s)", c.Experiment, c.Source)
}

// Compare relates finished runs, one at least, to the first of them.
func Compare(runs []Named) Comparison {
	c := Comparison{Schema: CompareSchema}
	first := runs[0].Result.StepSeconds
	for _, s := range runs {
		c.Runs = append(c.Runs, Compared{Source: s.Name, Normalised: s.Result.StepSeconds / first, Speedup: first / s.Result.StepSeconds, Summary: s.Summary})
	}
	return c
}

// Marshal is the JSON text of the comparison, with a final newline.
func (c Comparison) Marshal() ([]byte, error) {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(data, '\n'), nil
}

// Write writes the comparison as two tables.
func (c Comparison) Write(w io.Writer, style Style) error {
	t := Table{
		Title:  "Compared with " + c.Runs[0].label(),
		Header: []string{"experiment", "step", "normalised", "speedup", "C_T", "tokens/s", "energy", "power", "chiplet max/mean", "group max/mean"},
		Align:  "lrrrrrrrrr",
	}
	for _, r := range c.Runs {
		t.Rows = append(t.Rows, []string{
			r.label(), seconds(r.Result.StepSeconds), fmt.Sprintf("%.3f", r.Normalised), fmt.Sprintf("%.2fx", r.Speedup),
			fmt.Sprintf("%.3f", r.Result.CT), count(r.Result.TokensPerS),
			joules(r.Result.EnergyJ), watts(r.Result.AvgPowerW),
			fmt.Sprintf("%.2f", r.Imbalance.Chiplet), fmt.Sprintf("%.2f", r.Imbalance.Group),
		})
	}
	_, err := io.WriteString(w, t.render(style)+"\n"+c.breakdown().render(style))
	return err
}

// breakdown has a row per phase and a column per run: exposed time.
func (c Comparison) breakdown() Table {
	t := Table{Title: "Exposed time by phase", Header: []string{"phase"}, Align: "l"}
	for _, r := range c.Runs {
		t.Header = append(t.Header, r.label())
		t.Align += "r"
	}
	for _, name := range c.phases() {
		row := []string{name}
		for _, r := range c.Runs {
			cell := "-"
			for _, p := range r.Breakdown {
				if p.Phase == name {
					cell = seconds(p.ExposedS)
				}
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// phases are those of any run in the order of the step, idle time last.
func (c Comparison) phases() []string {
	var names []string
	for p := range op.NumPhases {
		names = append(names, p.String())
	}
	return slices.DeleteFunc(append(names, Idle), func(name string) bool {
		return !slices.ContainsFunc(c.Runs, func(r Compared) bool {
			return slices.ContainsFunc(r.Breakdown, func(p Phase) bool { return p.Phase == name && p.BusyS > 0 })
		})
	})
}
