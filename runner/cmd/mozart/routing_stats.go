package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/runner/report"
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
			"--json adds V itself.\n\n" +
			"Example: mozart routing stats gpt-oss.routing --chiplets 16",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "chiplets", Value: 16, Usage: "chiplets that share the experts"},
			jsonFlag(),
		},
		Action: s.routingStats,
	}
}

// statsSchema is the version of what --json prints.
const statsSchema = "mozart.routing-stats/1"

// traceStats is what `routing stats --json` prints.
type traceStats struct {
	Schema    string       `json:"schema"`
	Model     string       `json:"model"`
	Tokens    int          `json:"tokens"`
	Sequences int          `json:"sequences"`
	Experts   int          `json:"experts"`
	TopK      int          `json:"top_k"`
	Chiplets  int          `json:"chiplets"`
	UniformCT float64      `json:"ct_uniform"`
	Layers    []layerStats `json:"layers"`
}

type layerStats struct {
	Layer              int       `json:"layer"`
	V                  []float64 `json:"v"`
	Gini               float64   `json:"gini"`
	MaxOverMean        float64   `json:"max_over_mean"`
	AdjacentOverlap    float64   `json:"adjacent_overlap"`
	IndependentOverlap float64   `json:"independent_overlap"`
	// CoActivation is the pairs most often chosen together, most often first.
	CoActivation []pairStats `json:"coactivation"`
	ContiguousCT float64     `json:"ct_contiguous"`
}

type pairStats struct {
	Experts [2]int `json:"experts"`
	// Tokens chose both; Lift is that over what independent choices would give.
	Tokens int     `json:"tokens"`
	Lift   float64 `json:"lift"`
}

func (s *session) routingStats(c *cli.Context) error {
	args, err := arguments(c, "FILE")
	if err != nil {
		return err
	}
	t, err := readTrace(args[0])
	if err != nil {
		return err
	}
	chiplets := c.Int("chiplets")
	if !c.IsSet("chiplets") {
		chiplets = min(chiplets, t.Experts)
	}
	if chiplets < 1 || chiplets > t.Experts {
		return usage("--chiplets: found %d, want 1 to %d, the experts of a layer", chiplets, t.Experts)
	}
	stats, err := statsOf(t, chiplets)
	if err != nil {
		return err
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

func statsOf(t *routing.Trace, chiplets int) (traceStats, error) {
	out := traceStats{
		Schema: statsSchema, Model: t.Model, Tokens: t.Tokens, Sequences: len(t.Sequences), Experts: t.Experts, TopK: t.TopK,
		Chiplets: chiplets, UniformCT: routing.UniformCT(t.Experts, chiplets, t.TopK),
	}
	homes := make([]int, t.Experts)
	for e := range homes {
		homes[e] = e * chiplets / t.Experts
	}
	layers, err := routing.Summarize(t.Source())
	if err != nil {
		return out, err
	}
	for l, s := range layers {
		ct, err := t.CopiesPerToken(l, homes, t.All())
		if err != nil {
			return out, err
		}
		out.Layers = append(out.Layers, layerStats{
			Layer: l, V: s.Profile.V, Gini: s.Gini, MaxOverMean: s.MaxOverMean,
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

func (t traceStats) table() report.Table {
	out := report.Table{
		Title: fmt.Sprintf("%s: %d tokens in %d sequences, %d MoE layers of %d experts, top-%d; C_T on %d chiplets, uniform %.3f",
			t.Model, t.Tokens, t.Sequences, len(t.Layers), t.Experts, t.TopK, t.Chiplets, t.UniformCT),
		Header: []string{"layer", "Gini", "max/mean", "shared with token before", "if independent", "top pair", "lift", "C_T contiguous"},
		Align:  "lrrrrrrr",
	}
	line := func(name string, l layerStats, pair, lift string) {
		f := func(v float64) string { return fmt.Sprintf("%.3f", v) }
		out.Rows = append(out.Rows, []string{
			name, f(l.Gini), f(l.MaxOverMean), f(l.AdjacentOverlap), f(l.IndependentOverlap), pair, lift, f(l.ContiguousCT),
		})
	}
	var mean layerStats
	n := float64(len(t.Layers))
	for _, l := range t.Layers {
		pair, lift := "-", "-"
		if len(l.CoActivation) > 0 {
			top := l.CoActivation[0]
			pair, lift = fmt.Sprintf("%d, %d", top.Experts[0], top.Experts[1]), fmt.Sprintf("%.2f", top.Lift)
		}
		line(fmt.Sprint(l.Layer), l, pair, lift)
		mean.Gini += l.Gini / n
		mean.MaxOverMean += l.MaxOverMean / n
		mean.AdjacentOverlap += l.AdjacentOverlap / n
		mean.IndependentOverlap += l.IndependentOverlap / n
		mean.ContiguousCT += l.ContiguousCT / n
	}
	line("mean", mean, "", "")
	return out
}
