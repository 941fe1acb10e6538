package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// toyTrace is four tokens of two layers, top-1 of four experts.
func toyTrace() *routing.Trace {
	return &routing.Trace{
		Model: "toy", Experts: 4, TopK: 1, Tokens: 4, Sequences: []int{3, 1},
		Layers: []routing.Layer{{IDs: []uint16{0, 1, 2, 3}}, {IDs: []uint16{3, 3, 0, 1}}},
	}
}

func TestPlacementIsNotJudgedByWhatItWasFittedOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toy.routing")
	if err := routing.WriteFile(path, toyTrace().Source()); err != nil {
		t.Fatal(err)
	}
	m, err := modelNamed("tiny")
	if err != nil {
		t.Fatal(err)
	}
	m.Experts, m.TopK = 4, 1
	got, err := halves(path, m)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]uint16{{0, 1}, {3, 3}}, ids(got.profile)); d != "" {
		t.Errorf("profile: -want +got\n%s", d)
	}
	if d := cmp.Diff([][]uint16{{2, 3}, {0, 1}}, ids(got.measured)); d != "" {
		t.Errorf("measured: -want +got\n%s", d)
	}
}

func ids(t *routing.Trace) (out [][]uint16) {
	for _, l := range t.Layers {
		out = append(out, l.IDs)
	}
	return out
}

// What is drawn to fit on is what a run of the same seed would profile.
func TestPlacementIsFittedOnTheProfileStream(t *testing.T) {
	m, err := modelNamed("tiny")
	if err != nil {
		t.Fatal(err)
	}
	const tokens, seed = 40, 5
	got, err := drawTwice("qwen3", m, tokens, seed)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := routing.SyntheticPreset("qwen3")
	if err != nil {
		t.Fatal(err)
	}
	for stream, trace := range map[uint64]*routing.Trace{routing.ProfileStream: got.profile, routing.RunStream: got.measured} {
		src, err := routing.NewSynthetic(spec, m.Experts, m.TopK, routing.Draw{
			Model: m.Name, Layers: m.MoELayers(), Sequences: []int{tokens}, Seed: seed, Stream: stream,
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := routing.Collect(src)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, trace); d != "" {
			t.Errorf("stream %d: -want +got\n%s", stream, d)
		}
	}
}

// C_T of a layer comes from the MoE layer of the trace that stands for it.
func TestMeasureSkipsDenseLayers(t *testing.T) {
	trace := &routing.Trace{
		Model: "toy", Experts: 4, TopK: 2, Tokens: 2, Sequences: []int{2},
		Layers: []routing.Layer{{IDs: []uint16{0, 1, 2, 3}}, {IDs: []uint16{0, 2, 0, 1}}},
	}
	const dense = 3
	profiles, err := routing.ProfileTrace(trace, trace.All())
	if err != nil {
		t.Fatal(err)
	}
	p, fit, err := placement.Fit(placement.Contiguous{}, placement.InOrder{}, append(make([]routing.Profile, dense), profiles...), 2, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := measure(p, fit, trace, dense)
	if err != nil {
		t.Fatal(err)
	}
	type layer struct {
		Layer int
		CT    float64
	}
	var got []layer
	for _, l := range d.Layers {
		got = append(got, layer{l.Layer, l.CT})
	}
	if d := cmp.Diff([]layer{{dense, 1}, {dense + 1, 1.5}}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d.CT != 1.25 {
		t.Errorf("mean C_T %g", d.CT)
	}
}
