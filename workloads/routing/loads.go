package routing

import (
	"cmp"
	"math"
	"slices"
)

// targetLoads returns the loads of n experts over their mean, heaviest first: the
// heaviest has most, the others are a lognormal distribution, cut off at most, of
// which the spread is chosen so that the Gini coefficient is gini. If no spread gives
// that, the nearest does.
func targetLoads(n int, gini, most float64) []float64 {
	most = min(most, float64(n))
	loads := make([]float64, n)
	low, high := 0.0, 8.0
	for range 50 {
		spread := (low + high) / 2
		spreadLoads(loads, spread, most)
		if (Profile{V: loads}).Gini() < gini {
			low = spread
		} else {
			high = spread
		}
	}
	return loads
}

// spreadLoads fills in loads of mean 1 of which the first is most and the others
// follow the quantiles of a lognormal distribution.
func spreadLoads(loads []float64, spread, most float64) {
	n := len(loads)
	for r := range loads {
		quantile := 1 - (float64(r)+.5)/float64(n)
		loads[r] = math.Exp(spread * math.Sqrt2 * math.Erfinv(2*quantile-1))
	}
	// Cut off from the heaviest on, until what is left of the total fits below.
	left := float64(n)
	for at := range loads {
		rest := 0.0
		for _, x := range loads[at:] {
			rest += x
		}
		scale := left / rest
		if at > 0 && loads[at]*scale <= most {
			for r := range loads[at:] {
				loads[at+r] *= scale
			}
			return
		}
		loads[at] = min(most, left)
		left -= loads[at]
	}
}

// level shifts the logits of a layer's experts, alike in all topics, so that a token
// chooses each with the chance that its load asks for: load, over the mean, times
// topK/experts. In a race of exponential times an expert of weight w is among the
// winners at time t with chance 1-exp(-tw); t is such that topK win in the mean.
func level(logits [][]float64, loads []float64, topK int) {
	n := len(loads)
	share, clocks := make([]float64, n), make([]float64, len(logits))
	for range levelRounds {
		clear(share)
		for z, l := range logits {
			clocks[z] = clock(l, clocks[z], float64(topK))
			for e, x := range l {
				share[e] -= math.Expm1(-math.Exp(x+clocks[z])) / float64(len(logits))
			}
		}
		for e := range share {
			want := min(loads[e]*float64(topK)/float64(n), mostChosen)
			shift := math.Log(want / max(share[e], 1e-12))
			for _, l := range logits {
				l[e] += shift
			}
		}
	}
}

const (
	levelRounds = 60
	mostChosen  = 0.995 // an expert that every token chooses has no finite logit
)

// clock finds the logarithm of the time at which so many win, from a guess on.
func clock(logits []float64, guess, winners float64) float64 {
	if winners >= float64(len(logits)) {
		return guess - slices.Min(logits) + 5
	}
	t := guess
	for range 100 {
		var sum, slope float64
		for _, x := range logits {
			w := math.Exp(x + t)
			sum -= math.Expm1(-w)
			slope += w * math.Exp(-w)
		}
		step := (winners - sum) / max(slope, 1e-9)
		t += max(-2, min(2, step))
		if math.Abs(step) < 1e-6 {
			break
		}
	}
	return t
}

// byRank gives loads, heaviest first, to experts in the order of a permutation.
func byRank(loads []float64, order []int) []float64 {
	out := make([]float64, len(loads))
	for r, e := range order {
		out[e] = loads[r]
	}
	return out
}

// popularity orders experts by how much all topics like them, the most liked first.
func popularity(logits [][]float64) []int {
	order, sum := make([]int, len(logits[0])), make([]float64, len(logits[0]))
	for e := range order {
		order[e] = e
		for _, l := range logits {
			sum[e] += math.Exp(l[e])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sum[b], sum[a]) })
	return order
}
