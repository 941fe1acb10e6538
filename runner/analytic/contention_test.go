package analytic_test

import (
	"strings"
	"testing"

	"mozart/runner/analytic"
)

// Chiplets of a group share a stack link: the more of them, the longer they wait for
// each other, and the counters show it.
func TestExplainNamesTheSharedLink(t *testing.T) {
	plan, p, r := step(t, "tiny", "policy=mozart-c", "hardware.links.stack.wires=8")
	s := measured(r)
	c := analytic.Compare("narrow", p, s, 0.1)
	c.Explain(analytic.Counters{Graph: plan.Graph, Links: r.Links, Resources: r.Resources, Ops: r.Ops}, s)
	found := 0
	for _, x := range c.Contention {
		if x.Error > 0 && x.Resource != "" {
			t.Errorf("%s takes less than the closed form, but %s is blamed", x.Phase, x.Resource)
		}
		if strings.HasPrefix(x.Resource, "stack link") && x.LostS > 0 && strings.Contains(x.Why, "waited for") {
			found++
		}
	}
	if found == 0 {
		t.Errorf("no stack link is blamed: %+v", c.Contention)
	}
}
