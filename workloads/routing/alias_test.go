package routing

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// anyWeights draws weights of which some are zero and some far apart; at least one
// is positive.
func anyWeights(t *rapid.T) []float64 {
	weights := rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom([]float64{0, 1e-300, 1e-9, 1, 1, 7, 1e9, 1e299}),
		rapid.Float64Range(0, 3),
	), 0, 80).Draw(t, "weights")
	weights = append(weights, 1e-3)
	at := rapid.IntRange(0, len(weights)-1).Draw(t, "place")
	weights[at], weights[len(weights)-1] = weights[len(weights)-1], weights[at]
	return weights
}

// The cells of an alias table add up to the weights, without any sampling, and what
// has no weight has no part of a cell.
func TestAliasTablesAddUpToTheWeights(t *testing.T) {
	var b aliasBuilder
	rapid.Check(t, func(t *rapid.T) {
		weights := anyWeights(t)
		cells := make([]aliasCell, len(weights))
		b.build(weights, cells)
		chances, total := make([]float64, len(weights)), 0.0
		for e, cell := range cells {
			share := float64(cell>>aliasBits) / aliasShare
			chances[e] += share / float64(len(cells))
			chances[uint16(cell)] += (1 - share) / float64(len(cells))
			total += weights[e]
		}
		for e, w := range weights {
			if math.Abs(chances[e]-w/total) > 1e-13 {
				t.Errorf("chance of %d is %v, want %v", e, chances[e], w/total)
			}
			if w == 0 && chances[e] != 0 {
				t.Errorf("chance of %d is %v without any weight", e, chances[e])
			}
		}
	})
}

// A pick takes the cell from the upper bits and the coin from those after them.
func TestAliasPickSplitsTheNumber(t *testing.T) {
	cells := make([]aliasCell, 4)
	new(aliasBuilder).build([]float64{1, 0, 5.5, 1.5}, cells)
	// Cell 0 is half full, cell 1 empty, cell 3 three quarters full; the rest is of 2.
	for _, tc := range []struct {
		u    uint64
		want uint16
	}{
		{0, 0}, {1<<61 - 1<<16, 0}, {1 << 61, 2}, {1<<62 - 1, 2},
		{1 << 62, 2}, {1<<63 - 1, 2},
		{1 << 63, 2}, {3<<62 - 1, 2},
		{3 << 62, 3}, {15<<60 - 1, 3}, {15 << 60, 2}, {math.MaxUint64, 2},
	} {
		if got := aliasPick(cells, tc.u); got != tc.want {
			t.Errorf("%#x gives %d, want %d", tc.u, got, tc.want)
		}
	}
}
