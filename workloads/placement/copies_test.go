package placement

import (
	"slices"
	"testing"

	"mozart/workloads/routing"
	"pgregory.net/rapid"
)

// drawSample is a profile that holds nothing but a sample of tokens.
func drawSample(t *rapid.T, experts int) routing.Profile {
	p := routing.Profile{V: make([]float64, experts), TopK: rapid.IntRange(1, experts).Draw(t, "top-k")}
	ids := make([]uint16, experts)
	for e := range ids {
		ids[e] = uint16(e)
	}
	for range rapid.IntRange(1, 150).Draw(t, "tokens") {
		p.Sample = append(p.Sample, rapid.Permutation(ids).Draw(t, "token")[:p.TopK]...)
	}
	return p
}

// recount is the copies of all tokens of a sample, counted one by one.
func recount(p routing.Profile, home []int) (copies int) {
	for token := range slices.Chunk(p.Sample, p.TopK) {
		visited := map[int]bool{}
		for _, e := range token {
			visited[home[e]] = true
		}
		copies += len(visited)
	}
	return copies
}

// Whatever changes places, the counter knows the copies before and after, and its
// lists agree.
func TestCopyCounterKeepsCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clusters := rapid.IntRange(2, 4).Draw(t, "clusters")
		experts := clusters * rapid.IntRange(1, 3).Draw(t, "experts per cluster")
		p := drawSample(t, experts)
		layout, err := RoundRobin{}.Cluster(LayerInput{Profile: p, Clusters: clusters})
		if err != nil {
			t.Fatal(err)
		}
		c := newCopyCounter(newTokenSets(p, 0, len(p.Sample)/p.TopK), layout)
		for range rapid.IntRange(0, 5).Draw(t, "swaps") {
			e := rapid.IntRange(0, experts-1).Draw(t, "e")
			f := rapid.IntRange(0, experts-1).Filter(func(f int) bool { return c.home[f] != c.home[e] }).Draw(t, "f")
			c.swap(e, f, c.swapGain(e, f))
			for e, k := range c.home {
				if !slices.Contains(c.clusters[k], e) {
					t.Fatalf("expert %d is in cluster %d, which holds %v", e, k, c.clusters[k])
				}
			}
			if want := recount(p, c.home); c.copies != want {
				t.Fatalf("%d copies, want %d", c.copies, want)
			}
		}
	})
}
