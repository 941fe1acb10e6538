package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"mozart/workloads/model"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// allPolicies stands for every policy, one after another.
const allPolicies = "all"

func (s *session) placeCommand() *cli.Command {
	defaults := placement.DefaultOptions()
	return &cli.Command{
		Name:  "place",
		Usage: "place the experts of a model on chiplets and groups",
		Description: "The placement is fitted on profiled tokens, and judged by others: C_T, and the load of the\n" +
			"heaviest chiplet and group over the mean. --routing is a trace file (fitted on its first half,\n" +
			"judged by the second), or routing tables or a synthetic preset, from which --tokens tokens are\n" +
			"drawn for each. --policy all compares the policies, a line each; --test judges by other routing.\n\n" +
			"Example: mozart place --model olmoe --routing olmoe-1b-7b-0924-wikipedia --policy algorithm1 --json",
		Flags: []cli.Flag{
			modelFlag(""),
			&cli.StringFlag{Name: "routing", Usage: "`ROUTING`: a trace file, packed tables (file or built-in name) or a synthetic preset"},
			&cli.StringFlag{Name: "test", Usage: "`ROUTING` to judge by instead: what a placement is worth when the texts have changed"},
			&cli.StringFlag{Name: "policy", Value: "algorithm1", Usage: "`POLICY`: " + oneOf(append(policyNames(), allPolicies))},
			&cli.StringFlag{Name: "allocation", Usage: "`ALLOCATION` of clusters to groups: " + oneOf(allocatorNames()) + " (default balanced for policies that look at the profile, else contiguous)"},
			&cli.Float64Flag{Name: "load-weight", Value: defaults.LoadWeight, Usage: "annealed: copies per token that one mean load of excess on the heaviest chiplet is worth"},
			&cli.IntFlag{Name: "anneal-steps", Value: defaults.AnnealSteps, Usage: "annealed: moves tried per expert and layer"},
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
	policies, err := policiesOf(c)
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
	if test := c.String("test"); test != "" {
		if t, err = t.testedOn(test, m, c.Int("tokens"), c.Uint64("seed")); err != nil {
			return err
		}
	}
	profiles, err := routing.ProfileTrace(t.profile, t.profile.All())
	if err != nil {
		return err
	}
	profiles = slices.Concat(make([]routing.Profile, m.DenseLayers), profiles)
	var placed []placedBy
	for _, p := range policies {
		result, err := placeBy(c, p, profiles, t)
		if err != nil {
			return err
		}
		placed = append(placed, result)
	}
	if c.String("policy") == allPolicies {
		return s.showPolicies(c, m, placed, t.origin)
	}
	if c.Bool("json") {
		return s.printJSON(placed[0].document)
	}
	return s.placeTable(m, placed[0], t.origin)
}

// placing is a policy and the allocator that goes with it.
type placing struct {
	policy    placement.Policy
	allocator placement.Allocator
}

// policiesOf are those that --policy asks for.
func policiesOf(c *cli.Context) ([]placing, error) {
	options := placement.Options{LoadWeight: c.Float64("load-weight"), AnnealSteps: c.Int("anneal-steps")}
	if !(options.LoadWeight >= 0 && options.LoadWeight <= maxLoadWeight) {
		return nil, usage("--load-weight: found %g, want 0 to %d", options.LoadWeight, maxLoadWeight)
	}
	if options.AnnealSteps < 0 || options.AnnealSteps > maxAnnealSteps {
		return nil, usage("--anneal-steps: found %d, want 0 to %d", options.AnnealSteps, maxAnnealSteps)
	}
	names := []string{c.String("policy")}
	if names[0] == allPolicies {
		names = policyNames()
	}
	var out []placing
	for _, name := range names {
		policy, err := placement.NewPolicy(name, options)
		if err != nil {
			return nil, unknown("policy", name, append(policyNames(), allPolicies))
		}
		allocator, err := allocatorFor(policy, c.String("allocation"))
		if err != nil {
			return nil, err
		}
		out = append(out, placing{policy, allocator})
	}
	return out, nil
}

// The bounds of the keys placement.load_weight and placement.anneal_steps.
const (
	maxLoadWeight  = 1000
	maxAnnealSteps = 100_000
)

// allocatorFor is the allocator asked for, or what goes with the policy: policies
// that do not look at the profile leave the groups alone, too.
func allocatorFor(policy placement.Policy, name string) (placement.Allocator, error) {
	if name == "" {
		switch policy.(type) {
		case placement.Contiguous, placement.RoundRobin, placement.Random:
			return placement.InOrder{}, nil
		}
		return placement.Balanced{NodeBudget: placement.DefaultNodeBudget}, nil
	}
	a, err := placement.AllocatorByName(name)
	if err != nil {
		return nil, unknown("allocation", name, allocatorNames())
	}
	return a, nil
}

// placedBy is what a policy comes to.
type placedBy struct {
	placement placement.Placement
	document  placement.Document
	fit       placement.Report
	// tested is judged by tokens that were not profiled.
	tested  placement.Measured
	elapsed time.Duration
}

// placeBy fits and judges one placement.
func placeBy(c *cli.Context, by placing, profiles []routing.Profile, t twice) (out placedBy, err error) {
	start := time.Now()
	out.placement, out.fit, err = placement.Fit(by.policy, by.allocator, profiles, c.Int("chiplets"), c.Int("groups"), c.Uint64("seed"))
	if err != nil {
		return out, usage("%w", err)
	}
	out.elapsed = time.Since(start)
	fitted, err := placement.Measure(out.placement, t.profile)
	if err != nil {
		return out, err
	}
	tested, err := placement.Measure(out.placement, t.measured)
	if err != nil {
		return out, err
	}
	out.tested = placement.Mean(tested)
	out.document, err = placement.NewDocument(out.placement, out.fit, fitted, tested)
	return out, err
}

// uniformCT is what a layout that knows nothing comes to.
func uniformCT(m model.Spec, p placement.Placement) float64 {
	return routing.UniformCT(m.Experts, p.Chiplets, m.TopK)
}

func against(ct, uniform float64) string { return fmt.Sprintf("%+.1f%%", 100*(ct/uniform-1)) }
