package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

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
