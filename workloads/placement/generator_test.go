package placement_test

import (
	"math"
	"strings"
	"testing"

	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// Fitted to what a generator has drawn, another one comes to the same traits, whatever
// keys it has found; on tokens of another seed, within the noise of a small trace.
func TestFitGeneratorReachesTheTraits(t *testing.T) {
	spec := routing.SyntheticSpec{Topics: 8, BiasSigma: .5, TopicStrength: 2.5, TopicPersistence: .6, LayerDrift: .2, LoadMax: 2.5, LoadGini: .3}
	src, err := routing.NewSynthetic(spec, 16, 2, routing.Draw{Layers: 8, Sequences: routing.EqualSequences(6, 500), Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	trace, err := routing.Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	f, err := placement.FitGenerator(trace, 8)
	if err != nil {
		t.Fatal(err)
	}
	if f.Layers != 6 || f.Tokens != 3000 {
		t.Errorf("used %d tokens of %d layers, want 3000 of 6", f.Tokens, f.Layers)
	}
	for _, x := range []struct {
		trait     string
		want, got float64
		within    float64
	}{
		{"Gini", f.Wanted.Gini, f.Reached.Gini, .05},
		{"max/mean", f.Wanted.MaxOverMean, f.Reached.MaxOverMean, .05},
		{"C_T", f.Wanted.CT, f.Reached.CT, .05},
		{"C_T after swaps", f.Wanted.SwapsCT, f.Reached.SwapsCT, .05},
		{"overlap", f.Wanted.Overlap, f.Reached.Overlap, .1},
		{"next layer", f.Wanted.NextLayer, f.Reached.NextLayer, .2},
	} {
		if math.Abs(x.got/x.want-1) > x.within {
			t.Errorf("%s: %.3f, want %.3f", x.trait, x.got, x.want)
		}
	}
}

func TestFitGeneratorErrors(t *testing.T) {
	one := &routing.Trace{Experts: 4, TopK: 1, Tokens: 1, Sequences: []int{1}, Layers: []routing.Layer{{IDs: []uint16{0}}}}
	if _, err := placement.FitGenerator(one, 2); err == nil || !strings.Contains(err.Error(), "found 1 tokens, want 2 or more") {
		t.Errorf("got error %v", err)
	}
	two := &routing.Trace{Experts: 4, TopK: 1, Tokens: 2, Sequences: []int{2}, Layers: []routing.Layer{{IDs: []uint16{0, 1}}}}
	if _, err := placement.FitGenerator(two, 3); err == nil || !strings.Contains(err.Error(), "4 experts do not divide evenly over 3 chiplets") {
		t.Errorf("got error %v", err)
	}
}
