package main

import (
	"cmp"
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/workloads/routing"
)

func (s *session) routingStatsCommand() *cli.Command {
	return &cli.Command{
		Name:      "stats",
		Usage:     "load, skew, co-activation and C_T of a routing trace",
		ArgsUsage: "FILE",
		Description: "Per layer: Gini coefficient and max/mean of the expert load V, experts shared with the token\n" +
			"before (and what independent tokens of this load would share), the pair of experts most often\n" +
			"chosen together (lift: against independence), and C_T of the contiguous layout on --chiplets.\n" +
			"--json adds V itself. Next layer: share of tokens whose first choice there is the most common\n" +
			"one of their first choice here, and what guessing the same for all gets. --placement adds C_T of\n" +
			"a placement (of mozart place --json); --heatmap draws the co-activation of --heatmap-layer, by\n" +
			"chiplet if there is a placement.\n\n" +
			"Example: mozart routing stats gpt-oss.routing --chiplets 16",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "chiplets", Value: 16, Usage: "chiplets that share the experts"},
			&cli.StringFlag{Name: "placement", Usage: "JSON `FILE` of a placement, whose C_T is measured"},
			&cli.StringFlag{Name: "heatmap", Usage: "draw the co-activation of experts into an SVG `FILE`"},
			&cli.IntFlag{Name: "heatmap-layer", Usage: "MoE layer that is drawn"},
			jsonFlag(),
		},
		Action: s.routingStats,
	}
}

// statsSchema is the version of what --json prints.
const statsSchema = "mozart.routing-stats/1"

// traceStats is what `routing stats --json` prints.
type traceStats struct {
	Schema    string  `json:"schema"`
	Model     string  `json:"model"`
	Tokens    int     `json:"tokens"`
	Sequences int     `json:"sequences"`
	Experts   int     `json:"experts"`
	TopK      int     `json:"top_k"`
	Chiplets  int     `json:"chiplets"`
	UniformCT float64 `json:"ct_uniform"`
	// PlacedCT is the mean C_T under the placement given, if one was.
	PlacedCT *float64     `json:"ct_placed,omitempty"`
	Layers   []layerStats `json:"layers"`
}

type layerStats struct {
	Layer              int       `json:"layer"`
	V                  []float64 `json:"v"`
	Gini               float64   `json:"gini"`
	MaxOverMean        float64   `json:"max_over_mean"`
	ZipfExponent       float64   `json:"zipf_exponent"`
	AdjacentOverlap    float64   `json:"adjacent_overlap"`
	IndependentOverlap float64   `json:"independent_overlap"`
	// CoActivation is the pairs most often chosen together, most often first.
	CoActivation []pairStats `json:"coactivation"`
	// Next is missing for the last layer.
	Next         *affinityStats `json:"next_layer,omitempty"`
	ContiguousCT float64        `json:"ct_contiguous"`
	PlacedCT     *float64       `json:"ct_placed,omitempty"`
}

type pairStats struct {
	Experts [2]int `json:"experts"`
	// Tokens chose both; Lift is that over what independent choices would give.
	Tokens int     `json:"tokens"`
	Lift   float64 `json:"lift"`
}

// affinityStats is what first choices tell of those in the next layer.
type affinityStats struct {
	BestGuess float64 `json:"best_guess"`
	Blind     float64 `json:"blind"`
}

func (s *session) routingStats(c *cli.Context) error {
	args, err := arguments(c, "FILE")
	if err != nil {
		return err
	}
	if err := outputFile("heatmap", c.String("heatmap")); err != nil {
		return err
	}
	t, err := readTrace(args[0])
	if err != nil {
		return err
	}
	chiplets := chipletsOf(c, t.Experts)
	if chiplets < 1 || chiplets > t.Experts {
		return usage("--chiplets: found %d, want 1 to %d, the experts of a layer", chiplets, t.Experts)
	}
	layers, err := routing.Summarize(t.Source())
	if err != nil {
		return err
	}
	stats, err := statsOf(t, layers, chiplets)
	if err != nil {
		return err
	}
	p, err := placementFor(c.String("placement"), t)
	if err != nil {
		return err
	}
	if err := stats.place(p, t); err != nil {
		return err
	}
	if c.IsSet("heatmap") {
		if err := drawHeatmap(c, t.Model, layers, p); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return s.printJSON(stats)
	}
	return stats.table().Write(s.stdout, s.style)
}

func readTrace(path string) (*routing.Trace, error) {
	tables, err := isGzip(path)
	if err != nil {
		return nil, usage("%w", err)
	}
	if tables {
		return nil, usage("%s: found a gzip file, want a trace; from tables, mozart routing gen draws one", path)
	}
	t, err := routing.ReadFile(path)
	if err != nil {
		return nil, usage("%w", err)
	}
	return t, nil
}

func statsOf(t *routing.Trace, layers []routing.LayerStats, chiplets int) (traceStats, error) {
	out := traceStats{
		Schema: statsSchema, Model: t.Model, Tokens: t.Tokens, Sequences: len(t.Sequences), Experts: t.Experts, TopK: t.TopK,
		Chiplets: chiplets, UniformCT: routing.UniformCT(t.Experts, chiplets, t.TopK),
	}
	homes := make([]int, t.Experts)
	for e := range homes {
		homes[e] = e * chiplets / t.Experts
	}
	for l, s := range layers {
		ct, err := t.CopiesPerToken(l, homes, t.All())
		if err != nil {
			return out, err
		}
		var next *affinityStats
		if l+1 < len(layers) {
			next = &affinityStats{s.Next.BestGuess, s.Next.Blind}
		}
		out.Layers = append(out.Layers, layerStats{
			Layer: l, V: s.Profile.V, Gini: s.Gini, MaxOverMean: s.MaxOverMean, ZipfExponent: s.ZipfExponent, Next: next,
			AdjacentOverlap: s.AdjacentOverlap, IndependentOverlap: s.IndependentOverlap,
			CoActivation: topPairs(s.Profile, t.TopK), ContiguousCT: ct,
		})
	}
	return out, nil
}

// topPairs are the pairs of experts most often chosen together.
func topPairs(p routing.Profile, topK int) []pairStats {
	const most = 8
	pairs := []pairStats{}
	for i := range p.C {
		for j := i + 1; j < len(p.C); j++ {
			if p.C[i][j] == 0 {
				continue
			}
			// An expert's share of tokens is its share of choices times k.
			k := float64(topK)
			independent := p.V[i] * k * p.V[j] * k * float64(p.Tokens)
			pairs = append(pairs, pairStats{[2]int{i, j}, int(p.C[i][j]), p.C[i][j] / independent})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pairStats) int { return cmp.Compare(b.Tokens, a.Tokens) })
	return pairs[:min(most, len(pairs))]
}
