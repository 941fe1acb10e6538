package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/configs"
	"mozart/runner/report"
	"mozart/workloads/model"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

func (s *session) placeCommand() *cli.Command {
	return &cli.Command{
		Name:  "place",
		Usage: "place the experts of a model on chiplets and groups",
		Description: "The placement is fitted on profiled tokens, C_T is measured on others. --routing is a trace\n" +
			"file (profile: its first half, C_T: the second), or routing tables or a synthetic preset, from\n" +
			"which --tokens tokens are drawn for each.\n\n" +
			"Example: mozart place --model olmoe --routing olmoe-1b-7b-0924-wikipedia --policy algorithm1 --json",
		Flags: []cli.Flag{
			modelFlag(""),
			&cli.StringFlag{Name: "routing", Usage: "`ROUTING`: a trace file, packed tables (file or built-in name) or a synthetic preset"},
			&cli.StringFlag{Name: "policy", Value: "algorithm1", Usage: "`POLICY`: " + oneOf(policyNames())},
			&cli.StringFlag{Name: "allocation", Usage: "`ALLOCATION` of clusters to groups: " + oneOf(allocatorNames()) + " (default balanced for algorithm1, else contiguous)"},
			&cli.IntFlag{Name: "chiplets", Value: 16, Usage: "expert chiplets"},
			&cli.IntFlag{Name: "groups", Value: 4, Usage: "switch groups of equal size"},
			&cli.IntFlag{Name: "tokens", Value: 8192, Usage: "tokens to profile, and as many others to measure C_T; not for a trace file"},
			seedFlag(), jsonFlag(),
		},
		Action: s.place,
	}
}

func policyNames() (names []string) {
	for _, p := range placement.Policies() {
		names = append(names, p.Name())
	}
	return names
}

func allocatorNames() (names []string) {
	for _, a := range placement.Allocators() {
		names = append(names, a.Name())
	}
	return names
}

func (s *session) place(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if err := atLeast(c, 1, "chiplets", "groups", "tokens"); err != nil {
		return err
	}
	policy, err := placement.PolicyByName(c.String("policy"))
	if err != nil {
		return unknown("policy", c.String("policy"), policyNames())
	}
	allocator, err := allocatorFor(policy, c.String("allocation"))
	if err != nil {
		return err
	}
	m, err := modelNamed(c.String("model"))
	if err != nil {
		return err
	}
	t, err := drawTwice(c.String("routing"), m, c.Int("tokens"), c.Uint64("seed"))
	if err != nil {
		return err
	}
	profiles, err := routing.ProfileTrace(t.profile, t.profile.All())
	if err != nil {
		return err
	}
	profiles = slices.Concat(make([]routing.Profile, m.DenseLayers), profiles)
	p, fit, err := placement.Fit(policy, allocator, profiles, c.Int("chiplets"), c.Int("groups"), c.Uint64("seed"))
	if err != nil {
		return usage("%w", err)
	}
	document, err := measure(p, fit, t.measured, m.DenseLayers)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return s.printJSON(document)
	}
	return s.placeTable(m, p, fit, document, t.origin)
}

// allocatorFor is the allocator asked for, or what goes with the policy.
func allocatorFor(policy placement.Policy, name string) (placement.Allocator, error) {
	if name == "" {
		if _, ok := policy.(placement.Algorithm1); ok {
			return placement.Balanced{NodeBudget: placement.DefaultNodeBudget}, nil
		}
		return placement.InOrder{}, nil
	}
	a, err := placement.AllocatorByName(name)
	if err != nil {
		return nil, unknown("allocation", name, allocatorNames())
	}
	return a, nil
}

// twice is routing to fit a placement on, and other routing to judge it by.
type twice struct {
	profile, measured *routing.Trace
	origin            string
}

// drawTwice reads or draws what --routing names; a trace has its own tokens.
func drawTwice(name string, m model.Spec, tokens int, seed uint64) (twice, error) {
	switch {
	case name == "":
		return twice{}, usage("--routing is missing: want a file, %s", oneOf(routingNames()))
	case slices.Contains(routing.SyntheticPresets(), name):
		spec, err := routing.SyntheticPreset(name)
		if err != nil {
			return twice{}, err
		}
		source, err := generate(spec, m)
		if err != nil {
			return twice{}, err
		}
		return source.twice(m, tokens, seed)
	case slices.Contains(configs.TableNames(), name):
		return sampleTwice(name, m, tokens, seed)
	case !isPath(name):
		return twice{}, unknown("routing", name, routingNames())
	}
	tables, err := isGzip(name)
	if err != nil {
		return twice{}, usage("--routing: %w", err)
	}
	if tables {
		return sampleTwice(name, m, tokens, seed)
	}
	return halves(name, m)
}

func sampleTwice(tables string, m model.Spec, tokens int, seed uint64) (twice, error) {
	source, err := sampleTables(tables, m)
	if err != nil {
		return twice{}, err
	}
	return source.twice(m, tokens, seed)
}

// twice draws from two independent streams.
func (t tokenSource) twice(m model.Spec, tokens int, seed uint64) (twice, error) {
	d := routing.Draw{Model: m.Name, Layers: m.MoELayers(), Sequences: []int{tokens}, Seed: seed}
	traces := make([]*routing.Trace, 2)
	for i, stream := range []uint64{routing.ProfileStream, routing.RunStream} {
		d.Stream = stream
		source, err := t.draw(d)
		if err != nil {
			return twice{}, usage("--routing: %w", err)
		}
		if traces[i], err = routing.Collect(source); err != nil {
			return twice{}, err
		}
	}
	origin := fmt.Sprintf("%s, seed %d: fitted on %d tokens, C_T measured on %d others", t.from, seed, tokens, tokens)
	return twice{traces[0], traces[1], origin}, nil
}

// halves splits a trace.
func halves(path string, m model.Spec) (twice, error) {
	all, err := routing.ReadFile(path)
	if err != nil {
		return twice{}, usage("%w", err)
	}
	if all.Experts != m.Experts || all.TopK != m.TopK || len(all.Layers) != m.MoELayers() {
		return twice{}, usage("--routing: %s is of %s with %d MoE layers, %d experts, top-%d; model %s has %d, %d, top-%d",
			path, all.Model, len(all.Layers), all.Experts, all.TopK, m.Name, m.MoELayers(), m.Experts, m.TopK)
	}
	if all.Tokens < 2 {
		return twice{}, usage("--routing: %s has %d tokens, want 2 or more: half to fit, half to measure", path, all.Tokens)
	}
	half := all.Tokens / 2
	profile, err := all.Slice(routing.Range{From: 0, To: half})
	if err != nil {
		return twice{}, err
	}
	measured, err := all.Slice(routing.Range{From: half, To: all.Tokens})
	if err != nil {
		return twice{}, err
	}
	origin := fmt.Sprintf("trace %s: fitted on the first %d tokens, C_T measured on the other %d", path, half, all.Tokens-half)
	return twice{profile, measured, origin}, nil
}

// measure adds each layer's C_T. Layers of the trace are the model's MoE layers,
// which come after its dense ones.
func measure(p placement.Placement, fit placement.Report, trace *routing.Trace, dense int) (placement.Document, error) {
	var ct []float64
	for _, l := range fit.Layers {
		v, err := trace.CopiesPerToken(l.Layer-dense, p.ExpertToChiplet[l.Layer], trace.All())
		if err != nil {
			return placement.Document{}, err
		}
		ct = append(ct, v)
	}
	return placement.NewDocument(p, fit, ct)
}

func (s *session) placeTable(m model.Spec, p placement.Placement, fit placement.Report, d placement.Document, origin string) error {
	uniform := routing.UniformCT(m.Experts, p.Chiplets, m.TopK)
	t := report.Table{
		Title:  fmt.Sprintf("%s: %s, allocation %s, %d chiplets in %d groups", m.Name, d.Policy, d.Allocation, p.Chiplets, p.Groups),
		Header: []string{"layer", "C_T", "against uniform", "chiplet max/mean", "group max/mean", "Eq. 5", "Eq. 5 bound"},
		Align:  "lrrrrrr",
	}
	var chiplets, groups float64
	n := float64(len(d.Layers))
	for i, l := range d.Layers {
		load := placement.Imbalance(fit.Layers[i].ClusterLoad)
		chiplets += load / n
		groups += l.GroupImbalance / n
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(l.Layer), fmt.Sprintf("%.3f", l.CT), fmt.Sprintf("%+.1f%%", 100*(l.CT/uniform-1)),
			fmt.Sprintf("%.3f", load), fmt.Sprintf("%.3f", l.GroupImbalance),
			fmt.Sprintf("%.5f", l.GroupDeviation), fmt.Sprintf("%.5f", l.GroupDeviationBound),
		})
	}
	t.Rows = append(t.Rows, []string{
		"mean", fmt.Sprintf("%.3f", d.CT), fmt.Sprintf("%+.1f%%", 100*(d.CT/uniform-1)),
		fmt.Sprintf("%.3f", chiplets), fmt.Sprintf("%.3f", groups), "", "",
	})
	if err := t.Write(s.stdout, s.style); err != nil {
		return err
	}
	return s.printf("C_T of a uniform layout is %.3f; loads are those of the profile\n%s\n", uniform, origin)
}
