package main

import (
	"fmt"
	"os"
	"strings"

	"mozart/runner/report"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// placementFor reads a placement of a trace's model; nil if none is named. Its layers
// with experts are those of the trace, in order.
func placementFor(path string, t *routing.Trace) (*placement.Placement, error) {
	if path == "" {
		return nil, nil
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, usage("--placement: %w", err)
	}
	defer in.Close()
	d, err := placement.DecodeDocument(in)
	if err != nil {
		return nil, usage("--placement: %s: %w", path, err)
	}
	last := 0
	for _, l := range d.Layers {
		last = max(last, l.Layer)
	}
	p, err := d.Placement(min(last, routing.MaxLayers) + 1)
	if err != nil {
		return nil, usage("--placement: %s: %w", path, err)
	}
	var moe [][]int
	for _, home := range p.ExpertToChiplet {
		if home != nil {
			moe = append(moe, home)
		}
	}
	p.ExpertToChiplet = moe
	shape := placement.Shape{}
	for range t.Layers {
		shape.LayerExperts = append(shape.LayerExperts, t.Experts)
	}
	if err := p.Validate(shape); err != nil {
		return nil, usage("--placement: %s: %w", path, err)
	}
	return &p, nil
}

// place adds C_T under a placement; of none, nothing.
func (t *traceStats) place(p *placement.Placement, trace *routing.Trace) error {
	if p == nil {
		return nil
	}
	layers, err := placement.Measure(*p, trace)
	if err != nil {
		return err
	}
	for i := range layers {
		t.Layers[i].PlacedCT = &layers[i].CT
	}
	mean := placement.Mean(layers).CT
	t.PlacedCT = &mean
	return nil
}

// table has a line per layer.
func (t traceStats) table() report.Table {
	out := report.Table{
		Title: fmt.Sprintf("%s: %d tokens in %d sequences, %d MoE layers of %d experts, top-%d; C_T on %d chiplets, uniform %.3f",
			t.Model, t.Tokens, t.Sequences, len(t.Layers), t.Experts, t.TopK, t.Chiplets, t.UniformCT),
		Header: []string{"layer", "Gini", "max/mean", "Zipf", "shared with token before", "if independent", "next layer", "blind", "top pair", "lift", "C_T contiguous"},
	}
	if t.PlacedCT != nil {
		out.Header = append(out.Header, "C_T placed")
	}
	out.Align = "l" + strings.Repeat("r", len(out.Header)-1)
	for _, l := range t.Layers {
		pair, lift := "-", "-"
		if len(l.CoActivation) > 0 {
			top := l.CoActivation[0]
			pair, lift = fmt.Sprintf("%d, %d", top.Experts[0], top.Experts[1]), fmt.Sprintf("%.2f", top.Lift)
		}
		out.Rows = append(out.Rows, l.line(fmt.Sprint(l.Layer), pair, lift))
	}
	out.Rows = append(out.Rows, t.mean().line("mean", "", ""))
	return out
}

// line is a line of the table.
func (l layerStats) line(name, pair, lift string) []string {
	f := func(v float64) string { return fmt.Sprintf("%.3f", v) }
	next, blind := "-", "-"
	if l.Next != nil {
		next, blind = f(l.Next.BestGuess), f(l.Next.Blind)
	}
	cells := []string{name, f(l.Gini), f(l.MaxOverMean), f(l.ZipfExponent), f(l.AdjacentOverlap), f(l.IndependentOverlap), next, blind, pair, lift, f(l.ContiguousCT)}
	if l.PlacedCT != nil {
		cells = append(cells, f(*l.PlacedCT))
	}
	return cells
}

// mean averages over layers; affinity over those that have a next one.
func (t traceStats) mean() (mean layerStats) {
	n := float64(len(t.Layers))
	for _, l := range t.Layers {
		mean.Gini += l.Gini / n
		mean.MaxOverMean += l.MaxOverMean / n
		mean.ZipfExponent += l.ZipfExponent / n
		mean.AdjacentOverlap += l.AdjacentOverlap / n
		mean.IndependentOverlap += l.IndependentOverlap / n
		mean.ContiguousCT += l.ContiguousCT / n
		if l.Next != nil {
			if mean.Next == nil {
				mean.Next = &affinityStats{}
			}
			mean.Next.BestGuess += l.Next.BestGuess / (n - 1)
			mean.Next.Blind += l.Next.Blind / (n - 1)
		}
	}
	mean.PlacedCT = t.PlacedCT
	return mean
}
