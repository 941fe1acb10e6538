package placement_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
	"pgregory.net/rapid"
)

func cluster(t rapid.TB, p placement.Policy, in placement.LayerInput) [][]int {
	t.Helper()
	clusters, err := p.Cluster(in)
	if err != nil {
		t.Fatal(err)
	}
	return clusters
}

func TestSimplePoliciesByHand(t *testing.T) {
	in := placement.LayerInput{Profile: routing.Profile{V: []float64{.05, .3, .05, .2, .15, .25}}, Clusters: 3}
	for _, tc := range []struct {
		policy placement.Policy
		want   [][]int
	}{
		{placement.RoundRobin{}, [][]int{{0, 3}, {1, 4}, {2, 5}}},
		// Heaviest first: 1, 5 and 3 open the clusters, 4 joins 3 (the lightest), 0
		// joins 5, and 2 what is left.
		{placement.GreedyBalanced{}, [][]int{{1, 2}, {0, 5}, {3, 4}}},
	} {
		if diff := cmp.Diff(tc.want, cluster(t, tc.policy, in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.policy.Name(), diff)
		}
	}
}

// copiesOf counts the copies of the tokens from to to of a profile's sample.
func copiesOf(p routing.Profile, clusters [][]int, from, to int) (copies int) {
	for token := range slices.Chunk(p.Sample[from*p.TopK:to*p.TopK], p.TopK) {
		for _, c := range clusters {
			if slices.ContainsFunc(c, func(e int) bool { return slices.Contains(token, uint16(e)) }) {
				copies++
			}
		}
	}
	return copies
}

// Swaps are judged by tokens they were not chosen on: a layout is never worse than
// Algorithm 1 on the held-out fifth.
func TestSwapsNeverLoseOnHeldOutTokens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const tokens = 500
		in := placement.LayerInput{Profile: drawnProfile(rapid.Uint64().Draw(t, "seed"), tokens, 24, 4), Clusters: rapid.SampledFrom([]int{2, 6, 12}).Draw(t, "clusters")}
		before := copiesOf(in.Profile, cluster(t, placement.Algorithm1{}, in), tokens-tokens/5, tokens)
		after := copiesOf(in.Profile, cluster(t, placement.Algorithm1Swaps{}, in), tokens-tokens/5, tokens)
		if after > before {
			t.Fatalf("%d copies of held-out tokens, %d before the swaps", after, before)
		}
	})
}

// A sample that is too small to be split is followed to the end: no exchange of two
// experts saves a copy any more.
func TestSwapsEndWhereNoSwapHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const tokens = 60
		in := placement.LayerInput{Profile: drawnProfile(rapid.Uint64().Draw(t, "seed"), tokens, 12, 3), Clusters: rapid.SampledFrom([]int{2, 3, 4, 6}).Draw(t, "clusters")}
		layout := cluster(t, placement.Algorithm1Swaps{}, in)
		least := copiesOf(in.Profile, layout, 0, tokens)
		for a := range layout {
			for b := range a {
				for i := range layout[a] {
					for j := range layout[b] {
						layout[a][i], layout[b][j] = layout[b][j], layout[a][i]
						if got := copiesOf(in.Profile, layout, 0, tokens); got < least {
							t.Fatalf("%d copies after a further swap, %d before", got, least)
						}
						layout[a][i], layout[b][j] = layout[b][j], layout[a][i]
					}
				}
			}
		}
	})
}

// objective is J of Annealed, written out again.
func objective(p routing.Profile, clusters [][]int, weight float64) float64 {
	var most float64
	for _, c := range clusters {
		var load float64
		for _, e := range c {
			load += p.V[e]
		}
		most = max(most, load)
	}
	tokens := len(p.Sample) / p.TopK
	return float64(copiesOf(p, clusters, 0, tokens))/float64(tokens) + weight*most*float64(len(clusters))
}

// leastObjective tries every split of the experts into clusters.
func leastObjective(p routing.Profile, clusters int, weight float64) float64 {
	least, split := math.Inf(1), make([][]int, clusters)
	var place func(e int)
	place = func(e int) {
		if e == p.Experts() {
			least = min(least, objective(p, split, weight))
			return
		}
		for k := range split {
			if len(split[k]) == p.Experts()/clusters {
				continue
			}
			split[k] = append(split[k], e)
			place(e + 1)
			split[k] = split[k][:len(split[k])-1]
			if len(split[k]) == 0 {
				return // empty clusters are alike
			}
		}
	}
	place(0)
	return least
}

// With time to spare on a small layer, annealing finds the best layout there is, for
// any weight of the load.
func TestAnnealingFindsTheBestOfSmallLayers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weight := rapid.SampledFrom([]float64{0, .3, 5}).Draw(t, "weight")
		in := placement.LayerInput{
			Profile:  drawnProfile(rapid.Uint64().Draw(t, "profile seed"), 60, 6, 2),
			Clusters: rapid.SampledFrom([]int{2, 3}).Draw(t, "clusters"), Seed: rapid.Uint64().Draw(t, "seed"),
		}
		got := objective(in.Profile, cluster(t, placement.Annealed{LoadWeight: weight, Steps: 1000}, in), weight)
		if want := leastObjective(in.Profile, in.Clusters, weight); got > want+1e-9 {
			t.Fatalf("objective %g, the best is %g", got, want)
		}
	})
}

// The weight trades copies for balance, and annealing never ends above its start.
func TestLoadWeightTradesCopiesForBalance(t *testing.T) {
	in := placement.LayerInput{Profile: drawnProfile(3, 2000, 32, 4), Clusters: 8}
	copies, balance := math.Inf(-1), math.Inf(1)
	for _, weight := range []float64{0, .5, 10} {
		layout := cluster(t, placement.Annealed{LoadWeight: weight, Steps: 300}, in)
		ct := objective(in.Profile, layout, 0)
		imbalance := objective(in.Profile, layout, 1) - ct
		if ct < copies || imbalance > balance {
			t.Errorf("weight %g: C_T %.3f and imbalance %.3f, with less weight %.3f and %.3f", weight, ct, imbalance, copies, balance)
		}
		if start := objective(in.Profile, cluster(t, placement.Algorithm1{}, in), weight); ct+weight*imbalance > start {
			t.Errorf("weight %g: objective %.3f, Algorithm 1 has %.3f", weight, ct+weight*imbalance, start)
		}
		copies, balance = ct, imbalance
	}
}

func TestSearchesWantASample(t *testing.T) {
	whole := drawnProfile(1, 50, 8, 2)
	without, odd, strange := whole, whole, whole
	without.Sample, odd.Sample = nil, whole.Sample[:3]
	strange.Sample = []uint16{0, 8}
	for _, tc := range []struct {
		policy  placement.Policy
		profile routing.Profile
		want    string
	}{
		{placement.Algorithm1Swaps{}, without, "profile has no sample of tokens"},
		{placement.Annealed{}, without, "profile has no sample of tokens"},
		{placement.Algorithm1Swaps{}, odd, "profile has a sample of 3 ids, want a multiple of top-k 2"},
		{placement.Annealed{}, strange, "profile has a sample with expert 8, want 0 to 7"},
		{placement.Annealed{LoadWeight: -1}, whole, "load weight -1 and 0 steps, want finite numbers from 0 on"},
		{placement.Annealed{LoadWeight: math.NaN()}, whole, "load weight NaN and 0 steps, want finite numbers from 0 on"},
	} {
		if _, err := tc.policy.Cluster(placement.LayerInput{Profile: tc.profile, Clusters: 4}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got error %v, want %s", tc.policy.Name(), err, tc.want)
		}
	}
}
