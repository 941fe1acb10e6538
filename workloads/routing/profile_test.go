package routing_test

import (
	"math"
	"testing"

	"mozart/workloads/routing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestProfileByHand(t *testing.T) {
	p := profile(t, small(), 0) // {0,1} {1,0} {3,1}
	want := routing.Profile{
		Tokens: 3,
		V:      []float64{2. / 6, 3. / 6, 0, 1. / 6},
		C:      [][]float64{{0, 2, 0, 0}, {2, 0, 0, 1}, {0, 0, 0, 0}, {0, 1, 0, 0}},
		TopK:   2,
		Sample: []uint16{0, 1, 1, 0, 3, 1},
	}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([][]float64{{0, 1, 0, 0}, {1, 0, 0, .5}, {0, 0, 0, 0}, {0, .5, 0, 0}}, p.P()); d != "" {
		t.Error(d)
	}
	near(t, "Gini", p.Gini(), (-3*0+-1*1+1*2+3*3)/(4.*6), 1e-12)
	near(t, "max/mean", p.MaxOverMean(), 2, 1e-12)
	near(t, "independent overlap", p.IndependentOverlap(2), (4+9+1)/9., 1e-12)
	// One pair in the first sequence, which shares both; the second has none.
	near(t, "adjacent overlap", must[float64](t)(small().AdjacentOverlap(0, small().All())), 2, 0)
	near(t, "adjacent overlap", must[float64](t)(small().AdjacentOverlap(1, small().All())), 1, 0)
	near(t, "overlap of no pair", must[float64](t)(small().AdjacentOverlap(0, routing.Range{From: 1, To: 3})), 0, 0)
}

func TestProfileOfTopOneHasNoCoactivation(t *testing.T) {
	tr := &routing.Trace{Experts: 2, TopK: 1, Tokens: 1, Sequences: []int{1}, Layers: []routing.Layer{{IDs: []uint16{1}}}}
	if d := cmp.Diff([][]float64{{0, 0}, {0, 0}}, profile(t, tr, 0).P()); d != "" {
		t.Error(d)
	}
}

func TestProfileLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, err := routing.NewSynthetic(routing.SyntheticSpec{Topics: 2, TopicStrength: 2},
			12, rapid.IntRange(1, 12).Draw(t, "top-k"), routing.Draw{
				Layers: 2, Sequences: []int{1, 30}, Seed: rapid.Uint64().Draw(t, "seed"),
			})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := routing.Collect(src)
		if err != nil {
			t.Fatal(err)
		}
		profiles, err := routing.ProfileTrace(tr, routing.Range{From: 0, To: rapid.IntRange(1, 31).Draw(t, "to")})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range profiles {
			load, pairs := 0.0, 0.0
			for i := range p.V {
				load += p.V[i]
				for j := range p.V {
					pairs += p.C[i][j]
					if p.C[i][j] != p.C[j][i] || p.C[i][i] != 0 {
						t.Fatalf("C[%d][%d]=%v, C[%d][%d]=%v", i, j, p.C[i][j], j, i, p.C[j][i])
					}
				}
			}
			if math.Abs(load-1) > 1e-9 || pairs != float64(p.Tokens*tr.TopK*(tr.TopK-1)) {
				t.Fatalf("sum of V %v, of C %v for %d tokens", load, pairs, p.Tokens)
			}
		}
	})
}

// TestSummarizeAgreesWithTheTrace streams a trace of several blocks.
func TestSummarizeAgreesWithTheTrace(t *testing.T) {
	draw := func() *routing.Synthetic {
		return must[*routing.Synthetic](t)(routing.NewSynthetic(routing.SyntheticSpec{Topics: 3, TopicStrength: 2, TopicPersistence: .3},
			16, 4, routing.Draw{Layers: 2, Sequences: routing.EqualSequences(7, 333), Seed: 5}))
	}
	tr := must[*routing.Trace](t)(routing.Collect(draw()))
	for layer, got := range must[[]routing.LayerStats](t)(routing.Summarize(draw())) {
		p := profile(t, tr, layer)
		want := routing.LayerStats{
			Profile: p, Gini: p.Gini(), MaxOverMean: p.MaxOverMean(), IndependentOverlap: p.IndependentOverlap(4),
			AdjacentOverlap: must[float64](t)(tr.AdjacentOverlap(layer, tr.All())), ZipfExponent: p.ZipfExponent(),
		}
		if layer == 0 {
			want.Next = must[routing.Affinity](t)(tr.CrossLayer(0, 1, tr.All()))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// Loads that fall as 1/rank^1.5 have that exponent, equal ones none.
func TestZipfExponent(t *testing.T) {
	var falling, equal routing.Profile
	for rank := 1.; rank <= 20; rank++ {
		falling.V = append([]float64{math.Pow(rank, -1.5)}, falling.V...)
		equal.V = append(equal.V, .05)
	}
	falling.V = append(falling.V, 0) // never chosen
	near(t, "exponent", falling.ZipfExponent(), 1.5, 1e-12)
	near(t, "of equal loads", equal.ZipfExponent(), 0, 1e-12)
	near(t, "of one expert", routing.Profile{V: []float64{1}}.ZipfExponent(), 0, 0)
}

// Four tokens by first choices: 0 to 1 twice, 0 to 2, 3 to 2.
func TestCrossLayerByHand(t *testing.T) {
	tr := &routing.Trace{Experts: 4, TopK: 1, Tokens: 4, Sequences: []int{4}, Layers: []routing.Layer{
		{IDs: []uint16{0, 0, 0, 3}}, {IDs: []uint16{1, 2, 1, 2}},
	}}
	got := must[routing.Affinity](t)(tr.CrossLayer(0, 1, tr.All()))
	if d := cmp.Diff(routing.Affinity{BestGuess: .75, Blind: .5}, got); d != "" {
		t.Error(d)
	}
	if _, err := tr.CrossLayer(0, 2, tr.All()); err == nil {
		t.Error("a layer that is not there has an affinity")
	}
}

func TestUniformCT(t *testing.T) {
	for _, tc := range []struct {
		experts, chiplets, k int
		want                 float64
	}{ // the paper's three models, and GPT-OSS-20B
		{128, 16, 8, 6.597}, {64, 16, 8, 6.751}, {64, 16, 6, 5.316}, {32, 16, 4, 3.806},
		{64, 1, 8, 1}, {64, 64, 8, 8}, {8, 4, 8, 4},
		{3, 2, 1, 1}, {3, 2, 2, 1 + 2./3}, // {0,1} and {2}: two of the three pairs are split
		{4, 5, 1, 0}, {4, 0, 1, 0}, {4, 2, 5, 0},
	} {
		near(t, "C_T", routing.UniformCT(tc.experts, tc.chiplets, tc.k), tc.want, .0005)
	}
}

func TestCopiesPerToken(t *testing.T) {
	tr := small()
	for _, tc := range []struct {
		layer int
		at    []int
		r     routing.Range
		want  float64
	}{
		{0, []int{0, 0, 1, 1}, tr.All(), 4. / 3},
		{0, []int{0, 0, 1, 1}, routing.Range{From: 0, To: 2}, 1},
		{0, []int{0, 1, 2, 3}, tr.All(), 2},
		{1, []int{5, 5, 5, 5}, tr.All(), 1},
	} {
		near(t, "C_T", must[float64](t)(tr.CopiesPerToken(tc.layer, tc.at, tc.r)), tc.want, 1e-12)
	}
	for _, at := range [][]int{{0, 1, 2}, {0, 0, 0, -1}, {0, 0, 0, 1 << 40}} {
		if _, err := tr.CopiesPerToken(0, at, tr.All()); err == nil {
			t.Errorf("placement %v of 4 experts was accepted", at)
		}
	}
	for _, layer := range []int{-1, 2} {
		if _, err := tr.CopiesPerToken(layer, []int{0, 0, 1, 1}, tr.All()); err == nil {
			t.Errorf("layer %d of 2 was accepted", layer)
		}
	}
}

// TestRandomLayoutsAverageToUniformCT holds for any routing whatever: here the
// strongly skewed one of the OLMoE tables.
func TestRandomLayoutsAverageToUniformCT(t *testing.T) {
	tr := olmoe(t, 512, 3, routing.RunStream)
	const layouts = 40
	mean := 0.0
	for seed := range uint64(layouts) {
		mean += must[float64](t)(tr.CopiesPerToken(15, shuffled(64, 16, seed), tr.All())) / layouts
	}
	near(t, "mean C_T", mean, routing.UniformCT(64, 16, 8), .06)
}
