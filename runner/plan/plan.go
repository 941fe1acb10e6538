package plan

import (
	"fmt"

	"mozart/interconnect/topology"
	"mozart/runner/config"
	"mozart/workloads/op"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
	"mozart/workloads/schedule"
)

// Plan is a workload that is ready to be emulated.
type Plan struct {
	Experiment *config.Experiment
	// Graph is the network of the package.
	Graph     *topology.Graph
	Program   *op.Program
	Placement placement.Placement
	Fit       placement.Report
	// RoutingOrigin says where the routing and the profile come from.
	RoutingOrigin string
	// CopiesPerToken is the mean number of chiplets per token and layer: C_T
	// under one copy per chiplet. Uniform is what a random layout gives.
	CopiesPerToken, Uniform float64
	// ChipletImbalance and GroupImbalance are the largest load over the mean,
	// in (token, expert) pairs of the step, averaged over layers.
	ChipletImbalance, GroupImbalance float64
}

// Make draws the routing, places the experts and builds the program of an
// experiment that config has checked. An *InputError or *CapacityError is the
// input's fault; any other error is a broken invariant.
func Make(x *config.Experiment) (*Plan, error) {
	t, err := draw(x)
	if err != nil {
		return nil, err
	}
	top := x.Hardware.Topology
	p := &Plan{Experiment: x, RoutingOrigin: t.origin, Uniform: routing.UniformCT(x.Model.Experts, top.Chiplets(), x.Model.TopK)}
	if p.Graph, err = x.Hardware.Graph(); err != nil {
		return nil, err
	}
	if err := p.place(t.profiles); err != nil {
		return nil, err
	}
	if err := p.measure(t.run); err != nil {
		return nil, err
	}
	if p.Program, err = schedule.Build(p.input(t.run)); err != nil {
		return nil, err
	}
	p.Program.Policy = x.Policy
	// A program that contradicts itself would show as a deadlock much later.
	if err := p.Program.Check(); err != nil {
		return nil, fmt.Errorf("broken invariant in the schedule: %w", err)
	}
	if err := p.checkCapacity(); err != nil {
		return nil, err
	}
	return p, nil
}

// place fits the placement on the profiles.
func (p *Plan) place(profiles []routing.Profile) error {
	x, top := p.Experiment, p.Experiment.Hardware.Topology
	policy, err := placement.NewPolicy(x.Placement.Policy, x.Placement.Options())
	if err != nil {
		return blame("placement.policy", err)
	}
	allocator, err := placement.AllocatorByName(x.Placement.Allocation)
	if err != nil {
		return blame("placement.allocation", err)
	}
	p.Placement, p.Fit, err = placement.Fit(policy, allocator, profiles, top.Chiplets(), top.GroupCount(), x.Seed)
	return err
}

// input is what the program is made from.
func (p *Plan) input(run *routing.Trace) schedule.Input {
	x := p.Experiment
	in := schedule.Input{
		Model: x.Model, Workload: x.Workload, Policy: p.policy(), Machine: x.Hardware.Machine(p.Graph),
		ExpertToChiplet: p.Placement.ExpertToChiplet, LoadRank: p.loadRanks(),
	}
	for _, l := range run.Layers {
		in.Choices = append(in.Choices, l.IDs)
	}
	return in
}

// policy is the experiment's, as far as the network can follow it: only the switches
// of a tree add on the way up.
func (p *Plan) policy() schedule.Spec {
	policy := p.Experiment.Schedule
	if p.addsTooLittle() {
		policy.Combine = "chiplet"
	}
	return policy
}

// addsTooLittle tells whether the policy asks for sums in switches that cannot add.
func (p *Plan) addsTooLittle() bool {
	return p.Experiment.Schedule.Combine == "switch" && !p.Experiment.Hardware.Topology.IsTree()
}

// loadRanks turns the load order of each group into a rank per chiplet.
func (p *Plan) loadRanks() [][]int {
	ranks := make([][]int, len(p.Placement.ExpertToChiplet))
	for _, layer := range p.Fit.Layers {
		rank := make([]int, p.Placement.Chiplets)
		for _, order := range layer.LoadOrder {
			for i, chiplet := range order {
				rank[chiplet] = i
			}
		}
		ranks[layer.Layer] = rank
	}
	return ranks
}

// measure computes C_T and the imbalance of the placement on the step's tokens.
func (p *Plan) measure(run *routing.Trace) error {
	layers := make([]measured, len(run.Layers))
	routing.Parallel(len(layers), func(l int) { layers[l] = p.measureLayer(run, l) })
	n := float64(len(layers))
	for _, m := range layers {
		if m.err != nil {
			return m.err
		}
		p.CopiesPerToken += m.copies / n
		p.ChipletImbalance += m.chiplets / n
		p.GroupImbalance += m.groups / n
	}
	return nil
}

// measured is C_T and the imbalance of one layer.
type measured struct {
	copies, chiplets, groups float64
	err                      error
}

func (p *Plan) measureLayer(run *routing.Trace, l int) (m measured) {
	if m.copies, m.err = run.CopiesPerToken(l, p.Placement.ExpertToChiplet[l], run.All()); m.err != nil {
		return m
	}
	load := make([]float64, run.Experts)
	for _, e := range run.Layers[l].IDs {
		load[e]++
	}
	chiplets, err := p.Placement.ChipletLoad(l, load)
	if err != nil {
		return measured{err: err}
	}
	groups, err := p.Placement.GroupLoad(l, load)
	m.chiplets, m.groups, m.err = placement.Imbalance(chiplets), placement.Imbalance(groups), err
	return m
}

// Notes are the sentences that a reader of the results has to know.
func (p *Plan) Notes() []string {
	x := p.Experiment
	notes := []string{
		"routing: " + p.RoutingOrigin,
		fmt.Sprintf("placement: %s, allocation %s", x.Placement.Policy, x.Placement.Allocation),
	}
	if p.addsTooLittle() {
		notes = append(notes, fmt.Sprintf("combine: routers of a %s do not add; schedule.combine: switch is run as chiplet", x.Hardware.Topology.Kind))
	}
	if over := p.overflow(); over != "" {
		notes = append(notes, "memory: "+over+" (allowed by allow_overflow)")
	}
	return notes
}
