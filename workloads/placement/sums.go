package placement

import (
	"math"
	"slices"
)

// sumsNeeded returns, for j from 0 to groups, what the j groups of greatest sum weigh
// at least, whatever the allocation.
func sumsNeeded(load []float64, groups int) []float64 {
	sorted := slices.Sorted(slices.Values(load))
	n, size := len(sorted), len(sorted)/groups
	below := make([]float64, n+1) // below[i] is the load of the i lightest
	for i, x := range sorted {
		below[i+1] = below[i] + x
	}
	total := below[n]
	need := make([]float64, groups+1)
	for j := 1; j < groups; j++ {
		rest := j * (size - 1)
		heavy := total - below[n-j] + below[rest]
		i := groups - j // groups of least sum, which weigh at most:
		light := below[i] + total - below[n-i*(size-1)]
		need[j] = max(heavy, total-light)
	}
	need[groups] = total
	return need
}

// leastSquares is the least sum of squares of numbers s_1, s_2, ... whose first j sum
// to at least need[j], and all of them to the last entry: the slopes of the least
// concave majorant of need.
func leastSquares(need []float64) (squares float64) {
	for at := 0; at < len(need)-1; {
		next, steepest := at+1, math.Inf(-1)
		for j := at + 1; j < len(need); j++ {
			if slope := (need[j] - need[at]) / float64(j-at); slope >= steepest {
				next, steepest = j, slope
			}
		}
		squares += steepest * steepest * float64(next-at)
		at = next
	}
	return squares
}

// leastWholeSquares is leastSquares over whole numbers, as need has. One unit after
// the other goes to the least number that may grow, the first of equals: no sum from
// a number to the last may exceed what need leaves it. Under such nested limits no
// order does better for a convex cost.
func leastWholeSquares(need []float64) (squares float64) {
	groups := len(need) - 1
	sum := make([]int, groups)
	room := make([]int, groups) // room[j] is what is left for numbers j, j+1, ... together
	for j := range room {
		room[j] = int(need[groups] - need[j])
	}
	for left := room[0]; left > 0; left-- {
		best, free := -1, math.MaxInt
		for j := range groups {
			free = min(free, room[j])
			if free > 0 && (best < 0 || sum[j] < sum[best]) {
				best = j
			}
		}
		sum[best]++
		for j := range best + 1 {
			room[j]--
		}
	}
	for _, s := range sum {
		squares += float64(s) * float64(s)
	}
	return squares
}

// Loads are taken for counts over a common total of at most maxCount. Fractions of
// smaller denominators lie further apart than countTolerance, which in turn is far
// above the rounding of sums of shares.
const (
	maxCount       = 1 << 22
	countTolerance = 1e-14
)

// wholeCounts finds loads that are shares of a whole: counts over their sum, as all
// loads that come from counting tokens. It returns the counts, which are whole
// numbers, and the share that one of them is.
func wholeCounts(load []float64) (counts []float64, unit float64, ok bool) {
	total := 1
	for _, x := range load {
		q := denominator(x)
		if q == 0 {
			return nil, 0, false
		}
		if total = total / gcd(total, q) * q; total > maxCount {
			return nil, 0, false
		}
	}
	counts = make([]float64, len(load))
	for i, x := range load {
		counts[i] = math.Round(x * float64(total))
	}
	return counts, 1 / float64(total), true
}

// denominator is the least q up to maxCount for which x is a fraction of q, found by
// its continued fraction; 0 if there is none.
func denominator(x float64) int {
	before, q, rest := 0, 1, x-math.Floor(x)
	for {
		if math.Abs(x-math.Round(x*float64(q))/float64(q)) < countTolerance {
			return q
		}
		if rest <= 0 {
			return 0
		}
		rest = 1 / rest
		digit := math.Floor(rest)
		rest -= digit
		if digit > maxCount {
			return 0
		}
		if before, q = q, before+int(digit)*q; q > maxCount {
			return 0
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
