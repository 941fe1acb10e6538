package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/workloads/model"
	"mozart/workloads/routing"
)

func (s *session) routingGenCommand() *cli.Command {
	return &cli.Command{
		Name:  "gen",
		Usage: "generate a routing trace from a seed",
		Description: "--routing names a synthetic preset, whose keys the flags override, or routing tables (a\n" +
			"built-in name or a file). The same flags give the same file.\n\n" +
			"Example: mozart routing gen --model qwen3 --routing qwen3 --seed 7 --out qwen3.routing",
		Flags: []cli.Flag{
			modelFlag(""), outFileFlag(),
			&cli.StringFlag{Name: "routing", Value: routing.UniformPreset, Usage: "`ROUTING`: " + oneOf(routingNames()) + ", or a file of packed tables"},
			&cli.IntFlag{Name: "sequences", Value: 32, Usage: "sequences"},
			&cli.IntFlag{Name: "sequence-length", Value: 256, Usage: "tokens of a sequence"},
			&cli.IntFlag{Name: "topics", Usage: "synthetic: number of topics"},
			&cli.Float64Flag{Name: "bias-sigma", Usage: "synthetic: deviation of the popularity of experts, logits"},
			&cli.Float64Flag{Name: "topic-strength", Usage: "synthetic: deviation of the affinity of experts to topics, logits"},
			&cli.Float64Flag{Name: "topic-persistence", Usage: "synthetic: probability that a token keeps the topic of the one before"},
			&cli.Float64Flag{Name: "layer-drift", Usage: "synthetic: probability that a token draws a new topic from one layer to the next"},
			&cli.Float64Flag{Name: "load-max", Usage: "synthetic: load of the heaviest expert over the mean; 0 leaves loads to the logits"},
			&cli.Float64Flag{Name: "load-gini", Usage: "synthetic: Gini coefficient of the load, with --load-max"},
			&cli.BoolFlag{Name: "profile", Usage: "draw the tokens that a placement is profiled on instead of those of a run"},
			seedFlag(), jsonFlag(),
		},
		Action: s.routingGen,
	}
}

func (s *session) routingGen(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if err := atLeast(c, 1, "sequences", "sequence-length"); err != nil {
		return err
	}
	m, err := modelNamed(c.String("model"))
	if err != nil {
		return err
	}
	source, err := sourceOf(c, m)
	if err != nil {
		return err
	}
	d := routing.Draw{
		Model: m.Name, Layers: m.MoELayers(), Seed: c.Uint64("seed"), Stream: routing.RunStream,
		Sequences: routing.EqualSequences(c.Int("sequences"), c.Int("sequence-length")),
	}
	if c.Bool("profile") {
		d.Stream = routing.ProfileStream
	}
	src, err := source.draw(d)
	if err != nil {
		return usage("%w", err)
	}
	f, err := writeTrace(c.String("out"), src)
	if err != nil {
		return err
	}
	return s.showFile(c, f)
}

// syntheticFlags are those that only mean something to the generator.
var syntheticFlags = []string{"topics", "bias-sigma", "topic-strength", "topic-persistence", "layer-drift", "load-max", "load-gini"}

// sourceOf is what --routing names.
func sourceOf(c *cli.Context, m model.Spec) (tokenSource, error) {
	name := c.String("routing")
	if slices.Contains(routing.SyntheticPresets(), name) {
		spec, err := routing.SyntheticPreset(name)
		if err != nil {
			return tokenSource{}, err
		}
		return generate(overridden(spec, c), m)
	}
	if !isPath(name) && !slices.Contains(routingNames(), name) {
		return tokenSource{}, unknown("routing", name, routingNames())
	}
	for _, f := range syntheticFlags {
		if c.IsSet(f) {
			return tokenSource{}, usage("--%s means nothing to routing tables (--routing %s)", f, name)
		}
	}
	return sampleTables(name, m)
}

// overridden is a preset with the keys that were given as flags.
func overridden(spec routing.SyntheticSpec, c *cli.Context) routing.SyntheticSpec {
	if c.IsSet("topics") {
		spec.Topics = c.Int("topics")
	}
	for name, to := range map[string]*float64{
		"bias-sigma": &spec.BiasSigma, "topic-strength": &spec.TopicStrength, "topic-persistence": &spec.TopicPersistence,
		"layer-drift": &spec.LayerDrift, "load-max": &spec.LoadMax, "load-gini": &spec.LoadGini,
	} {
		if c.IsSet(name) {
			*to = c.Float64(name)
		}
	}
	return spec
}
