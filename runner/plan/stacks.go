package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mozart/interconnect/topology"
	"mozart/workloads/op"
)

// StackUse is what has to lie in one stack during a step, in bytes.
type StackUse struct {
	// Name is the stack's, Of whose it is: "the attention chiplet" or "group 2".
	Name, Of string
	Capacity int64
	// Weights are parameters, Gradients those that wait for an update pass, Optimizer
	// what the optimizer keeps from step to step, Activations what the backward pass
	// reads again. SGD, the only optimizer there is (schedule.optimizer), keeps nothing.
	Weights, Gradients, Optimizer, Activations int64
}

// Total is what the stack has to hold.
func (s StackUse) Total() int64 { return s.Weights + s.Gradients + s.Optimizer + s.Activations }

// Fits tells whether the stack holds it.
func (s StackUse) Fits() bool { return s.Total() <= s.Capacity }

// Stacks lists the stacks of the package, the attention chiplet's first, then group by
// group. What a set of stacks holds together is in equal parts in each of them, as
// loads and stores are.
func (p *Plan) Stacks() []StackUse {
	h := p.Experiment.Hardware
	var use []StackUse
	add := func(group int, of string, need op.Need, capacity int64) {
		var set []topology.Node
		for _, n := range p.Graph.OfKind(topology.KindStack) {
			if n.Group == group {
				set = append(set, n)
			}
		}
		for i, n := range set {
			part := func(bytes int64) int64 { return portion(bytes, i, len(set)) }
			use = append(use, StackUse{
				Name: n.Name, Of: of, Capacity: capacity,
				Weights: part(need.Weights), Gradients: part(need.Gradients), Activations: part(need.Activations),
			})
		}
	}
	add(topology.NoGroup, "the attention chiplet", p.Program.StackNeed.Attention, int64(h.AttentionStack.Capacity))
	for g, need := range p.Program.StackNeed.Groups {
		add(g, fmt.Sprintf("group %d", g), need, int64(h.GroupStack.Capacity))
	}
	return use
}

// portion is part i of n equal ones.
func portion(bytes int64, i, n int) int64 {
	q, rest := bytes/int64(n), bytes%int64(n)
	if int64(i) < rest {
		q++
	}
	return q
}

// mostStacks is how many stacks a table lists.
const mostStacks = 32

// StackTable lists what lies in each stack, kind by kind: all of them, or the fullest
// in a large package.
func (p *Plan) StackTable() string {
	use := p.Stacks()
	left := len(use) - mostStacks
	if left > 0 {
		slices.SortStableFunc(use, func(a, b StackUse) int { return cmp.Compare(b.Total(), a.Total()) })
		use = use[:mostStacks]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %-10s %-22s %10s %10s %10s %11s %10s %10s   (MB)\n", "stack", "of", "weights", "gradients", "optimizer", "activations", "need", "capacity")
	for _, s := range use {
		mark := ""
		if !s.Fits() {
			mark = " too small"
		}
		fmt.Fprintf(&b, "  %-10s %-22s %10.2f %10.2f %10.2f %11.2f %10.2f %10.2f%s\n", s.Name, s.Of, megabytes(s.Weights),
			megabytes(s.Gradients), megabytes(s.Optimizer), megabytes(s.Activations), megabytes(s.Total()), megabytes(s.Capacity), mark)
	}
	if left > 0 {
		fmt.Fprintf(&b, "  and %d more that hold no more than these\n", left)
	}
	return b.String()
}
