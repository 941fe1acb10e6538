package run

import "mozart/runner/report"

// stacks is what the plan puts into each stack.
func (c *collector) stacks() []report.StackUse {
	use := []report.StackUse{}
	for _, s := range c.plan.Stacks() {
		use = append(use, report.StackUse{
			Stack: s.Name, Of: s.Of, Capacity: s.Capacity,
			Weights: s.Weights, Gradients: s.Gradients, Optimizer: s.Optimizer, Activations: s.Activations,
		})
	}
	return use
}
