package routing

import (
	"cmp"
	"slices"
	"testing"

	godiff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The winners are the earliest of all, in order, whoever the favorites are; of
// equal times, which a mean of zero gives, the lower runner comes first.
func TestRaceHasTheEarliest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		means := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1e-9, 1, 2, 1e9}), 1, 80).Draw(t, "means")
		k := rapid.IntRange(1, len(means)).Draw(t, "winners")
		runners := make([]uint16, len(means))
		for i := range runners {
			runners[i] = uint16(i)
		}
		favorites := rapid.Permutation(runners).Draw(t, "order")[:rapid.IntRange(0, len(means)).Draw(t, "favorites")]
		start := pcg{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}

		times := make([]uint64, len(means))
		exponential.draw(start, means, times)
		slices.SortStableFunc(runners, func(a, b uint16) int { return cmp.Compare(times[a], times[b]) })
		winners := make([]uint16, k)
		newRace(len(means), k).run(start, means, favorites, winners)
		if d := godiff.Diff(runners[:k], winners); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
}
