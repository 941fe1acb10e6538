package plan

import (
	"errors"
	"fmt"
	"slices"

	"mozart/runner/config"
	"mozart/workloads/op"
)

// About is what a program file has to say of the plan.
func (p *Plan) About() (op.About, error) {
	text, err := p.Experiment.Dump()
	if err != nil {
		return op.About{}, err
	}
	m := p.Experiment.Hardware.Machine(p.Graph)
	return op.About{
		Experiment: string(text), Routing: p.RoutingOrigin,
		CopiesPerToken: p.CopiesPerToken, Uniform: p.Uniform,
		ChipletImbalance: p.ChipletImbalance, GroupImbalance: p.GroupImbalance,
		Groups: m.Groups, Trunks: m.Trunks,
	}, nil
}

// FromProgram is the plan of a program that exists, on an experiment's hardware. The
// placement is only in the program's tables. An error joins what keeps the hardware
// from running it: another number of chiplets, groups or ways than it was made for,
// sums in switches that do not add, or a *CapacityError.
func FromProgram(x *config.Experiment, f op.File) (*Plan, error) {
	p := &Plan{
		Experiment: x, Program: f.Program, RoutingOrigin: f.About.Routing,
		CopiesPerToken: f.About.CopiesPerToken, Uniform: f.About.Uniform,
		ChipletImbalance: f.About.ChipletImbalance, GroupImbalance: f.About.GroupImbalance,
	}
	var err error
	if p.Graph, err = x.Hardware.Graph(); err != nil {
		return nil, err
	}
	m := x.Hardware.Machine(p.Graph)
	var errs []error
	differ := func(what string, program, hardware any) {
		errs = append(errs, &InputError{Key: "hardware.topology", Err: fmt.Errorf("found %v %s, want the %v of the program", hardware, what, program)})
	}
	switch chiplets := len(f.Program.Devices) - 1; {
	case chiplets != m.Chiplets:
		differ("expert chiplets", chiplets, m.Chiplets)
	case f.About.Groups == 0: // made for no machine in particular
	case f.About.Groups != m.Groups:
		differ("groups", f.About.Groups, m.Groups)
	case !slices.Equal(f.About.Trunks, m.Trunks):
		differ("as links of the attention chiplet on the ways to the chiplets", f.About.Trunks, m.Trunks)
	}
	if f.Program.Combine == op.CombineInSwitch && !x.Hardware.Topology.IsTree() {
		errs = append(errs, &InputError{Key: "hardware.topology.kind", Err: fmt.Errorf("found %s, whose routers do not add, want nop-tree as the program does", x.Hardware.Topology.Kind)})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, p.checkCapacity()
}
