package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"mozart/runner/report"
	"mozart/workloads/model"
	"mozart/workloads/placement"
)

// placeTable prints a placement, a line for each layer.
func (s *session) placeTable(m model.Spec, by placedBy, origin string) error {
	p, d := by.placement, by.document
	uniform := uniformCT(m, p)
	t := report.Table{
		Title:  fmt.Sprintf("%s: %s, allocation %s, %d chiplets in %d groups", m.Name, d.Policy, d.Allocation, p.Chiplets, p.Groups),
		Header: []string{"layer", "C_T", "against uniform", "C_T fitted", "chiplet max/mean", "group max/mean", "Eq. 5", "gap"},
		Align:  "lrrrrrrr",
	}
	for _, l := range d.Layers {
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(l.Layer), fmt.Sprintf("%.3f", l.CT), against(l.CT, uniform), fmt.Sprintf("%.3f", l.CTFitted),
			fmt.Sprintf("%.3f", l.TestedChipletImbalance), fmt.Sprintf("%.3f", l.TestedGroupImbalance),
			fmt.Sprintf("%.5f", l.GroupDeviation), gap(l, p.Groups),
		})
	}
	t.Rows = append(t.Rows, []string{
		"mean", fmt.Sprintf("%.3f", d.CT), against(d.CT, uniform), fmt.Sprintf("%.3f", d.CTFitted),
		fmt.Sprintf("%.3f", by.tested.ChipletImbalance), fmt.Sprintf("%.3f", by.tested.GroupImbalance), "", "",
	})
	if err := t.Write(s.stdout, s.style); err != nil {
		return err
	}
	return s.printf("C_T of a uniform layout is %.3f; Eq. 5 is of the profile, its gap to a proven bound in shares of a group's load; fitted in %s\n%s\n", uniform, rounded(by.elapsed), origin)
}

// gap is how far the allocation to groups may be from the best one.
func gap(l placement.LayerDocument, groups int) string {
	d := (l.GroupDeviation - l.GroupDeviationBound) * float64(groups)
	if d == 0 {
		return "optimal"
	}
	return fmt.Sprintf("%.3f%%", 100*d)
}

// rounded is a time as a person wants it.
func rounded(d time.Duration) string {
	if d < time.Second {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// policiesSchema is the version of what --policy all --json prints.
const policiesSchema = "mozart.placement-policies/1"

// policyLine is the mean over layers of what one policy comes to.
type policyLine struct {
	Policy           string  `json:"policy"`
	Allocation       string  `json:"allocation"`
	CT               float64 `json:"ct"`
	CTFitted         float64 `json:"ct_fitted"`
	ChipletImbalance float64 `json:"tested_chiplet_imbalance"`
	GroupImbalance   float64 `json:"tested_group_imbalance"`
	WallS            float64 `json:"wall_s"`
}

// showPolicies compares policies, a line each.
func (s *session) showPolicies(c *cli.Context, m model.Spec, placed []placedBy, origin string) error {
	p := placed[0].placement
	uniform := uniformCT(m, p)
	lines := []policyLine{}
	for _, by := range placed {
		lines = append(lines, lineOf(by))
	}
	if c.Bool("json") {
		return s.printJSON(struct {
			Schema    string       `json:"schema"`
			Model     string       `json:"model"`
			Chiplets  int          `json:"chiplets"`
			Groups    int          `json:"groups"`
			UniformCT float64      `json:"ct_uniform"`
			Policies  []policyLine `json:"policies"`
		}{policiesSchema, m.Name, p.Chiplets, p.Groups, uniform, lines})
	}
	t := report.Table{
		Title:  fmt.Sprintf("%s: %d chiplets in %d groups, means over layers", m.Name, p.Chiplets, p.Groups),
		Header: []string{"policy", "allocation", "C_T", "against uniform", "C_T fitted", "chiplet max/mean", "group max/mean", "time"},
		Align:  "llrrrrrr",
	}
	for i, l := range lines {
		t.Rows = append(t.Rows, []string{
			l.Policy, l.Allocation, fmt.Sprintf("%.3f", l.CT), against(l.CT, uniform), fmt.Sprintf("%.3f", l.CTFitted),
			fmt.Sprintf("%.3f", l.ChipletImbalance), fmt.Sprintf("%.3f", l.GroupImbalance), rounded(placed[i].elapsed),
		})
	}
	if err := t.Write(s.stdout, s.style); err != nil {
		return err
	}
	return s.printf("C_T of a uniform layout is %.3f\n%s\n", uniform, origin)
}

func lineOf(by placedBy) policyLine {
	return policyLine{
		by.document.Policy, by.document.Allocation, by.document.CT, by.document.CTFitted,
		by.tested.ChipletImbalance, by.tested.GroupImbalance, by.elapsed.Seconds(),
	}
}
