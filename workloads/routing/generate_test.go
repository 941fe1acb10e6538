package routing_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mozart/workloads/routing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// olmoe draws tokens of all 16 layers from the committed tables.
func olmoe(t testing.TB, tokens int, seed, stream uint64) *routing.Trace {
	t.Helper()
	src := must[*routing.TableSampler](t)(routing.NewTableSampler(wikipedia(t), routing.Draw{
		Model: "OLMoE-1B-7B-0924", Layers: 16, Sequences: []int{tokens}, Seed: seed, Stream: stream,
	}))
	return must[*routing.Trace](t)(routing.Collect(src))
}

// synthetic draws 2,048 tokens of 8 layers from a preset.
func synthetic(t testing.TB, preset string, experts, topK int, seed, stream uint64) *routing.Trace {
	t.Helper()
	spec := must[routing.SyntheticSpec](t)(routing.SyntheticPreset(preset))
	src := must[*routing.Synthetic](t)(routing.NewSynthetic(spec, experts, topK, routing.Draw{
		Model: preset, Layers: 8, Sequences: routing.EqualSequences(8, 256), Seed: seed, Stream: stream,
	}))
	return must[*routing.Trace](t)(routing.Collect(src))
}

// meanCT is C_T of the contiguous layout on 16 chiplets over some layers.
func meanCT(t testing.TB, tr *routing.Trace, layers ...int) float64 {
	t.Helper()
	copies := 0.0
	for _, l := range layers {
		copies += must[float64](t)(tr.CopiesPerToken(l, contiguous(tr.Experts, 16), tr.All()))
	}
	return copies / float64(len(layers))
}

func everyLayer(tr *routing.Trace) []int {
	layers := make([]int, len(tr.Layers))
	for i := range layers {
		layers[i] = i
	}
	return layers
}

func profile(t testing.TB, tr *routing.Trace, layer int) routing.Profile {
	t.Helper()
	return must[routing.Profile](t)(routing.ProfileLayer(tr, layer, tr.All()))
}

func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.4f, want %.4f within %.4f", what, got, want, tolerance)
	}
}

// TestCommittedTables checks the tables against numbers computed from the source
// CSV by other means.
func TestCommittedTables(t *testing.T) {
	tb := wikipedia(t)
	if d := cmp.Diff([]int{0, 7, 15}, tb.Recorded); d != "" {
		t.Error(d)
	}
	if tb.Tokens() != 208896 || len(tb.TokenIDs) != 15684 || tb.TokenIDs[15683] != 50276 {
		t.Errorf("%d tokens of %d ids up to %d", tb.Tokens(), len(tb.TokenIDs), tb.TokenIDs[len(tb.TokenIDs)-1])
	}
	for i, want := range []struct{ gini, most float64 }{{.349, 6.18}, {.451, 6.77}, {.634, 4.67}} {
		p := routing.Profile{V: tb.Shares(tb.Recorded[i])}
		near(t, "Gini", p.Gini(), want.gini, .0005)
		near(t, "max/mean", p.MaxOverMean(), want.most, .005)
	}
	for layer, want := range []int{0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 15, 15, 15, 15} {
		if got := tb.Nearest(layer); got != want {
			t.Errorf("layer %d uses layer %d, want %d", layer, got, want)
		}
	}
}

// TestOLMoECopies compares C_T with independent measurements of these tables:
// 6.85 for the contiguous layout in recorded layers (mean over four domains).
// Other layers see permuted ids, that is a random layout.
func TestOLMoECopies(t *testing.T) {
	tr := olmoe(t, 4096, 1, routing.RunStream)
	if err := tr.Validate(); err != nil {
		t.Fatal(err)
	}
	near(t, "C_T in recorded layers", meanCT(t, tr, 0, 7, 15), 6.85, .07)
	near(t, "C_T in all layers", meanCT(t, tr, everyLayer(tr)...), 6.751, .02*6.751)
}

// TestOLMoELoad compares the drawn load with the counted one. Drawing without
// replacement evens it out a little; the bounds say how much.
func TestOLMoELoad(t *testing.T) {
	tb, tr := wikipedia(t), olmoe(t, 8192, 1, routing.RunStream)
	for _, layer := range tb.Recorded {
		counted, drawn := routing.Profile{V: tb.Shares(layer)}, profile(t, tr, layer)
		if a, b := slices.Index(counted.V, slices.Max(counted.V)), slices.Index(drawn.V, slices.Max(drawn.V)); a != b {
			t.Errorf("layer %d: expert %d is drawn most, %d was counted most", layer, b, a)
		}
		if g, c := drawn.Gini(), counted.Gini(); g > c || g < .9*c {
			t.Errorf("layer %d: Gini %.3f, want at most 10%% below the counted %.3f", layer, g, c)
		}
	}
}

// TestUnrecordedLayersSeePermutedIDs: layer 1 has the load of layer 0, on other
// experts.
func TestUnrecordedLayersSeePermutedIDs(t *testing.T) {
	tr := olmoe(t, 8192, 1, routing.RunStream)
	of := func(layer int) []float64 { return profile(t, tr, layer).V }
	apart := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += math.Abs(a[i]-b[i]) / 2
		}
		return sum
	}
	for _, pair := range [][2]int{{0, 1}, {7, 8}, {15, 14}} {
		a, b := of(pair[0]), of(pair[1])
		if d := apart(a, b); d < .2 {
			t.Errorf("layers %v share the load of each expert: %.3f of it moved", pair, d)
		}
		slices.Sort(a)
		slices.Sort(b)
		if d := apart(a, b); d > .03 {
			t.Errorf("layers %v differ in their sorted loads by %.3f", pair, d)
		}
	}
}

// TestExpertsAreDrawnWithoutReplacement checks the order of two draws from
// counts 3, 2, 1 against the closed form: chance of a first, then b, is
// w[a] * w[b]/(1-w[a]).
func TestExpertsAreDrawnWithoutReplacement(t *testing.T) {
	const tokens = 60000
	tb := must[*routing.Tables](t)(routing.ParseTables(strings.NewReader(
		"layer,token_id,expert,count\n0,7,0,3\n0,7,1,2\n0,7,2,1\n"), tinySpec()))
	src := must[*routing.TableSampler](t)(routing.NewTableSampler(tb, routing.Draw{Layers: 1, Sequences: []int{tokens}}))
	tr := must[*routing.Trace](t)(routing.Collect(src))
	var got [3][3]float64
	for token := range tokens {
		ids := tr.Choices(0, token)
		got[ids[0]][ids[1]] += 1. / tokens
	}
	w := []float64{3. / 6, 2. / 6, 1. / 6}
	for a := range w {
		for b := range w {
			want := 0.0
			if a != b {
				want = w[a] * w[b] / (1 - w[a])
			}
			near(t, "chance", got[a][b], want, 4*math.Sqrt(.25/tokens))
		}
	}
}

func TestTableSamplerRefusesTooFewLayers(t *testing.T) {
	_, err := routing.NewTableSampler(wikipedia(t), routing.Draw{Layers: 15, Sequences: []int{1}})
	if err == nil || !strings.Contains(err.Error(), "found 15 layers, want more as layer 15 is recorded") {
		t.Error(err)
	}
}

// TestPresetCopies: experts are alike before the seed is drawn, so the mean over
// layers of C_T under any fixed layout is the uniform one. (Algorithm 1's C_T,
// which the presets are calibrated on, is the placement's test.)
func TestPresetCopies(t *testing.T) {
	for _, tc := range []struct {
		preset           string
		experts, topK    int
		giniLow, giniHig float64
	}{
		{"qwen3", 128, 8, .15, .25},
		{"olmoe", 64, 8, .30, .50},
		{"deepseek-moe", 64, 6, .20, .40},
		{routing.UniformPreset, 64, 8, 0, .05},
	} {
		tr := synthetic(t, tc.preset, tc.experts, tc.topK, 1, routing.RunStream)
		if err := tr.Validate(); err != nil {
			t.Fatal(err)
		}
		want := routing.UniformCT(tc.experts, 16, tc.topK)
		near(t, tc.preset+" C_T", meanCT(t, tr, everyLayer(tr)...), want, .02*want)
		if g := profile(t, tr, 0).Gini(); g < tc.giniLow || g > tc.giniHig {
			t.Errorf("%s: Gini %.3f, want %v..%v", tc.preset, g, tc.giniLow, tc.giniHig)
		}
	}
}

// TestGeneratorsDependOnSeedAndStreamAlone: a longer draw starts with a shorter
// one, more layers leave the others alone, and other seeds and streams differ.
func TestGeneratorsDependOnSeedAndStreamAlone(t *testing.T) {
	tb := wikipedia(t)
	for name, draw := range map[string]func(routing.Draw) routing.Source{
		"tables": func(d routing.Draw) routing.Source {
			return must[*routing.TableSampler](t)(routing.NewTableSampler(tb, d))
		},
		"synthetic": func(d routing.Draw) routing.Source {
			return must[*routing.Synthetic](t)(routing.NewSynthetic(
				routing.SyntheticSpec{Topics: 9, BiasSigma: 1, TopicStrength: 2, TopicPersistence: .5}, 64, 8, d))
		},
	} {
		collect := func(layers, tokens int, seed, stream uint64) *routing.Trace {
			return must[*routing.Trace](t)(routing.Collect(draw(routing.Draw{
				Layers: layers, Sequences: []int{tokens}, Seed: seed, Stream: stream,
			})))
		}
		base := collect(16, 500, 1, 0)
		for _, other := range []*routing.Trace{collect(16, 1700, 1, 0), collect(19, 500, 1, 0)} {
			for layer := range base.Layers {
				head := other.Layers[layer].IDs[:len(base.Layers[layer].IDs)]
				if !slices.Equal(base.Layers[layer].IDs, head) {
					t.Errorf("%s: layer %d of %d tokens, %d layers differs", name, layer, other.Tokens, len(other.Layers))
				}
			}
		}
		for _, other := range []*routing.Trace{collect(16, 500, 2, 0), collect(16, 500, 1, 1)} {
			if reflect.DeepEqual(base.Layers, other.Layers) {
				t.Errorf("%s: another seed or stream gave the same trace", name)
			}
		}
	}
}

// TestStreamsShareTheModel: a profile of other tokens predicts the load, whereas
// another seed's does not.
func TestStreamsShareTheModel(t *testing.T) {
	load := func(seed, stream uint64) []float64 {
		return profile(t, synthetic(t, "olmoe", 64, 8, seed, stream), 3).V
	}
	apart := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += math.Abs(a[i]-b[i]) / 2
		}
		return sum
	}
	run := load(1, routing.RunStream)
	same, other := apart(run, load(1, routing.ProfileStream)), apart(run, load(2, routing.RunStream))
	if same > .05 || other < .2 {
		t.Errorf("loads differ by %.3f between streams and %.3f between seeds", same, other)
	}
}

func TestTopicPersistenceRaisesAdjacentOverlapOnly(t *testing.T) {
	overlap := func(persistence float64) (adjacent, gini float64) {
		spec := must[routing.SyntheticSpec](t)(routing.SyntheticPreset("olmoe"))
		spec.TopicPersistence = persistence
		src := must[*routing.Synthetic](t)(routing.NewSynthetic(spec, 64, 8,
			routing.Draw{Layers: 1, Sequences: routing.EqualSequences(32, 256), Seed: 1}))
		st := must[[]routing.LayerStats](t)(routing.Summarize(src))[0]
		if persistence == 0 {
			near(t, "adjacent overlap of independent tokens", st.AdjacentOverlap, st.IndependentOverlap, .05)
		}
		return st.AdjacentOverlap, st.Gini
	}
	low, gini := overlap(0)
	high, kept := overlap(.5)
	near(t, "Gini", kept, gini, .03)
	if high < low+.3 {
		t.Errorf("overlap %.2f with persistence, %.2f without", high, low)
	}
}

func TestSyntheticSpecValidate(t *testing.T) {
	spec := routing.SyntheticSpec{Topics: 0, BiasSigma: -1, TopicStrength: math.NaN(), TopicPersistence: 2, LoadMax: .5}
	err := spec.Validate()
	for _, want := range []string{"topics", "bias_sigma", "topic_strength", "topic_persistence"} {
		if err == nil || !strings.Contains(err.Error(), want+" must be in") {
			t.Errorf("%v says nothing of %s", err, want)
		}
	}
	if want := "load_max must be 0 or at least 1, the mean, got 0.5"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v lacks %q", err, want)
	}
	if _, err := routing.SyntheticPreset("gpt"); err == nil || !strings.Contains(err.Error(), `"qwen3"`) {
		t.Errorf("unknown preset: %v", err)
	}
	if _, err := routing.NewSynthetic(routing.SyntheticSpec{Topics: 1}, 4, 5, routing.Draw{Layers: 1, Sequences: []int{1}}); err == nil {
		t.Error("top-5 of 4 experts was accepted")
	}
}

// TestExtremeSpecsKeepTheLaws: rates of exp(±300) still give k distinct experts.
func TestExtremeSpecsKeepTheLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := routing.SyntheticSpec{
			Topics:           rapid.IntRange(1, 5).Draw(t, "topics"),
			BiasSigma:        rapid.SampledFrom([]float64{0, 1, 50}).Draw(t, "bias"),
			TopicStrength:    rapid.SampledFrom([]float64{0, 3, 50}).Draw(t, "strength"),
			TopicPersistence: rapid.SampledFrom([]float64{0, .5, 1}).Draw(t, "persistence"),
		}
		experts := rapid.IntRange(1, 70).Draw(t, "experts")
		src, err := routing.NewSynthetic(spec, experts, rapid.IntRange(1, experts).Draw(t, "top-k"),
			routing.Draw{Layers: 2, Sequences: []int{3, 1, 20}, Seed: rapid.Uint64().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := routing.Collect(src)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTokenIDsAreDrawnByFrequency: id 1 was seen three times and id 2 once, and
// they use different experts.
func TestTokenIDsAreDrawnByFrequency(t *testing.T) {
	const tokens = 40000
	tb := must[*routing.Tables](t)(routing.ParseTables(strings.NewReader(
		"layer,token_id,expert,count\n0,1,0,3\n0,2,1,1\n"),
		routing.TablesSpec{Experts: 2, TopK: 1}))
	src := must[*routing.TableSampler](t)(routing.NewTableSampler(tb, routing.Draw{Layers: 1, Sequences: []int{tokens}}))
	tr := must[*routing.Trace](t)(routing.Collect(src))
	near(t, "share of id 1", profile(t, tr, 0).V[0], .75, 4*math.Sqrt(.75*.25/tokens))
}

// TestSequencesStartWithATopicOfTheirOwn: with persistence 1 and affinities far
// above the noise, the first choice never changes in a sequence, and sequences
// differ.
func TestSequencesStartWithATopicOfTheirOwn(t *testing.T) {
	const sequences, length = 30, 50
	src := must[*routing.Synthetic](t)(routing.NewSynthetic(
		routing.SyntheticSpec{Topics: 64, TopicStrength: 50, TopicPersistence: 1}, 64, 1,
		routing.Draw{Layers: 1, Sequences: routing.EqualSequences(sequences, length), Seed: 1}))
	tr := must[*routing.Trace](t)(routing.Collect(src))
	changes, starts := 0, map[uint16]bool{}
	for token := range tr.Tokens {
		if token%length == 0 {
			starts[tr.Choices(0, token)[0]] = true
		} else if tr.Choices(0, token)[0] != tr.Choices(0, token-1)[0] {
			changes++
		}
	}
	if changes > tr.Tokens/20 || len(starts) < sequences/3 {
		t.Errorf("%d changes in %d tokens, %d topics in %d sequences", changes, tr.Tokens, len(starts), sequences)
	}
}

// Loads that are asked for are the loads that tokens have, whatever the topics; and
// the presets with loads have those of the recordings they stand for, within 10%.
func TestLoadsAreThoseAskedFor(t *testing.T) {
	for _, tc := range []struct {
		preset        string
		experts, topK int
		gini, most    float64
	}{
		{"olmoe-skewed", 64, 8, (.21 + .37 + .38) / 3, (3.2 + 4.5 + 4.1) / 3},
		{"deepseek-moe-skewed", 64, 6, .105, 1.6},
	} {
		spec := must[routing.SyntheticSpec](t)(routing.SyntheticPreset(tc.preset))
		src := must[*routing.Synthetic](t)(routing.NewSynthetic(spec, tc.experts, tc.topK, routing.Draw{Layers: 3, Sequences: []int{6000}, Seed: 3}))
		for layer, s := range must[[]routing.LayerStats](t)(routing.Summarize(src)) {
			if math.Abs(s.Gini/tc.gini-1) > .1 || math.Abs(s.MaxOverMean/tc.most-1) > .1 {
				t.Errorf("%s, layer %d: Gini %.3f, max/mean %.2f, want %.3f and %.2f", tc.preset, layer, s.Gini, s.MaxOverMean, tc.gini, tc.most)
			}
		}
	}
}

// Adjacent tokens of the preset share what those of OLMoE do in layer 0, and first
// choices tell those of layers seven or eight later as often, within 10%.
func TestOLMoESkewedHasTheOverlapAndAffinityOfOLMoE(t *testing.T) {
	spec := must[routing.SyntheticSpec](t)(routing.SyntheticPreset("olmoe-skewed"))
	var overlap, affinity float64
	const seeds = 3
	for seed := range uint64(seeds) {
		src := must[*routing.Synthetic](t)(routing.NewSynthetic(spec, 64, 8, routing.Draw{Layers: 16, Sequences: routing.EqualSequences(20, 500), Seed: seed}))
		tr := must[*routing.Trace](t)(routing.Collect(src))
		overlap += must[float64](t)(tr.AdjacentOverlap(0, tr.All())) / seeds
		affinity += must[routing.Affinity](t)(tr.CrossLayer(0, 7, tr.All())).BestGuess / (2 * seeds)
		affinity += must[routing.Affinity](t)(tr.CrossLayer(7, 15, tr.All())).BestGuess / (2 * seeds)
	}
	near(t, "adjacent overlap", overlap, 1.94, .194)
	near(t, "best guess", affinity, (.13+.24)/2, .0185)
}

// Without drift a token has one topic in all layers, with full drift none tells of
// another; what one layer looks like is the same.
func TestLayerDriftBreaksTheTieOfLayers(t *testing.T) {
	next, gini := map[float64]float64{}, map[float64]float64{}
	for _, drift := range []float64{0, .3, 1} {
		src := must[*routing.Synthetic](t)(routing.NewSynthetic(routing.SyntheticSpec{Topics: 8, TopicStrength: 4, LayerDrift: drift}, 32, 2,
			routing.Draw{Layers: 2, Sequences: []int{8000}, Seed: 1}))
		s := must[[]routing.LayerStats](t)(routing.Summarize(src))
		next[drift], gini[drift] = s[0].Next.BestGuess-s[0].Next.Blind, s[1].Gini
	}
	if !(next[0] > 1.2*next[.3] && next[.3] > 2*next[1] && next[1] < .05) {
		t.Errorf("advantage of knowing the layer before by drift: %v", next)
	}
	near(t, "Gini with drift", gini[1], gini[0], .03)
}
