package placement

import "slices"

// Algorithm1Swaps is Algorithm 1 improved by pair swaps: two experts of different
// clusters change places for as long as that lowers C_T, counted on the profile's
// sample of tokens. Pairs are tried in order of expert number, again and again
// until a whole round brings nothing; each swap that helps is made at once.
//
// The last fifth of the sample is held out: swaps are chosen on the first four
// fifths, and of all layouts on the way the one with the fewest copies of held-out
// tokens is returned, the earliest of equals. So swaps that only fit the noise of
// the sample are undone, and the result is never worse than Algorithm 1 there. A
// sample of fewer than minHeldOut tokens is not split.
type Algorithm1Swaps struct{}

// minHeldOut is the least sample, in tokens, that has a held-out part.
const minHeldOut = 320

// Name returns "algorithm1-swaps".
func (Algorithm1Swaps) Name() string { return "algorithm1-swaps" }

// Cluster implements Policy. It fails where Algorithm1 does, and if the profile has
// no sample.
func (Algorithm1Swaps) Cluster(in LayerInput) ([][]int, error) {
	clusters, err := Algorithm1{}.Cluster(in)
	if err != nil {
		return nil, err
	}
	tokens, err := checkSample(in.Profile)
	if err != nil {
		return nil, err
	}
	fitted := tokens
	if tokens >= minHeldOut {
		fitted -= tokens / 5
	}
	fit := newCopyCounter(newTokenSets(in.Profile, 0, fitted), clusters)
	held := newCopyCounter(newTokenSets(in.Profile, fitted, tokens), clusters)
	best, home := held.copies, slices.Clone(held.home)
	for swapped := true; swapped; {
		swapped = false
		for e := range fit.home {
			for f := e + 1; f < len(fit.home); f++ {
				if fit.home[e] == fit.home[f] {
					continue
				}
				gain := fit.swapGain(e, f)
				if gain >= 0 {
					continue
				}
				swapped = true
				fit.swap(e, f, gain)
				held.swap(e, f, held.swapGain(e, f))
				if held.copies < best || fitted == tokens {
					best = held.copies
					copy(home, held.home)
				}
			}
		}
	}
	return membersOf(home, in.Clusters), nil
}
