package energy

import "math"

// Spread divides a count over the columns of a ledger by weights, none negative. The
// parts are whole, in proportion to within one, and add up to the count. Without any
// weight the count is in the last column.
func Spread(count int64, weights []float64) []int64 {
	parts := make([]int64, len(weights))
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if sum <= 0 {
		parts[len(parts)-1] = count
		return parts
	}
	// It is the sum so far that is rounded, so that the errors do not add up; a column of
	// no weight gets nothing.
	last := 0
	for i, w := range weights {
		if w > 0 {
			last = i
		}
	}
	given, below := int64(0), 0.0
	for i, w := range weights {
		below += w
		upTo := count
		if i < last {
			upTo = min(count, int64(math.Round(float64(count)*(below/sum))))
		}
		if w > 0 {
			parts[i] = upTo - given
			given = upTo
		}
	}
	return parts
}
