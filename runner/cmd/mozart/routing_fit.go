package main

import (
	"fmt"
	"math"

	"github.com/urfave/cli/v2"

	"mozart/runner/report"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

func (s *session) routingFitCommand() *cli.Command {
	return &cli.Command{
		Name:      "fit",
		Usage:     "find the keys of the synthetic generator whose tokens are like those of a trace",
		ArgsUsage: "FILE",
		Description: "Prints the keys of routing.synthetic, and what they come to beside the trace: load skew, C_T of\n" +
			"Algorithm 1 and of its pair swaps on tokens they were not fitted on, experts shared with the token\n" +
			"before, and how well first choices tell those of the next layer. Takes up to a minute; of a long\n" +
			"trace it uses the first 16384 tokens in six layers around the middle.\n\n" +
			"Example: mozart routing fit gpt-oss.routing --chiplets 16",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "chiplets", Value: 16, Usage: "chiplets that share the experts"},
			jsonFlag(),
		},
		Action: s.routingFit,
	}
}

// fitSchema is the version of what `routing fit --json` prints.
const fitSchema = "mozart.routing-fit/1"

// fitResult is what `routing fit --json` prints.
type fitResult struct {
	Schema   string        `json:"schema"`
	Model    string        `json:"model"`
	Tokens   int           `json:"tokens"`
	Layers   int           `json:"layers"`
	Chiplets int           `json:"chiplets"`
	Keys     syntheticKeys `json:"synthetic"`
	Wanted   traitValues   `json:"trace"`
	Reached  traitValues   `json:"generated"`
}

// syntheticKeys are named as in a config.
type syntheticKeys struct {
	Topics           int     `json:"topics"`
	BiasSigma        float64 `json:"bias_sigma"`
	TopicStrength    float64 `json:"topic_strength"`
	TopicPersistence float64 `json:"topic_persistence"`
	LayerDrift       float64 `json:"layer_drift"`
	LoadMax          float64 `json:"load_max"`
	LoadGini         float64 `json:"load_gini"`
}

type traitValues struct {
	Gini        float64 `json:"gini"`
	MaxOverMean float64 `json:"max_over_mean"`
	CT          float64 `json:"ct_algorithm1"`
	SwapsCT     float64 `json:"ct_algorithm1_swaps"`
	Overlap     float64 `json:"adjacent_overlap"`
	NextLayer   float64 `json:"next_layer_best_guess"`
}

func (s *session) routingFit(c *cli.Context) error {
	args, err := arguments(c, "FILE")
	if err != nil {
		return err
	}
	t, err := readTrace(args[0])
	if err != nil {
		return err
	}
	chiplets := chipletsOf(c, t.Experts)
	if chiplets < 1 || t.Experts%chiplets != 0 {
		return usage("--chiplets: found %d, want a divisor of %d, the experts of a layer", chiplets, t.Experts)
	}
	f, err := placement.FitGenerator(t, chiplets)
	if err != nil {
		return usage("%s: %w", args[0], err)
	}
	result := fitResult{fitSchema, t.Model, f.Tokens, f.Layers, chiplets, keysOf(f.Spec), traitValues(f.Wanted), traitValues(f.Reached)}
	if c.Bool("json") {
		return s.printJSON(result)
	}
	return s.fitTable(result)
}

// keysOf rounds keys to what their effect can be told from.
func keysOf(s routing.SyntheticSpec) syntheticKeys {
	return syntheticKeys{
		s.Topics, rounded3(s.BiasSigma), rounded3(s.TopicStrength), rounded3(s.TopicPersistence), rounded3(s.LayerDrift), rounded3(s.LoadMax), rounded3(s.LoadGini),
	}
}

func rounded3(x float64) float64 { return math.Round(x*1000) / 1000 }

func (s *session) fitTable(r fitResult) error {
	k := r.Keys
	if err := s.printf("routing:\n  source: synthetic\n  synthetic:\n    topics: %d\n    bias_sigma: %g\n    topic_strength: %g\n    topic_persistence: %g\n    layer_drift: %g\n    load_max: %g\n    load_gini: %g\n\n",
		k.Topics, k.BiasSigma, k.TopicStrength, k.TopicPersistence, k.LayerDrift, k.LoadMax, k.LoadGini); err != nil {
		return err
	}
	t := report.Table{
		Title:  fmt.Sprintf("%s: %d tokens of %d MoE layers, %d chiplets", r.Model, r.Tokens, r.Layers, r.Chiplets),
		Header: []string{"mean over layers", "trace", "generated", "difference"},
		Align:  "lrrr",
	}
	for _, x := range []struct {
		name      string
		want, got float64
	}{
		{"Gini", r.Wanted.Gini, r.Reached.Gini},
		{"max/mean", r.Wanted.MaxOverMean, r.Reached.MaxOverMean},
		{"C_T, algorithm1", r.Wanted.CT, r.Reached.CT},
		{"C_T, algorithm1-swaps", r.Wanted.SwapsCT, r.Reached.SwapsCT},
		{"shared with token before", r.Wanted.Overlap, r.Reached.Overlap},
		{"next layer", r.Wanted.NextLayer, r.Reached.NextLayer},
	} {
		difference := "-"
		if x.want != 0 {
			difference = against(x.got, x.want)
		}
		t.Rows = append(t.Rows, []string{x.name, fmt.Sprintf("%.3f", x.want), fmt.Sprintf("%.3f", x.got), difference})
	}
	return t.Write(s.stdout, s.style)
}
